#include "sim/kernel/mm/thp.hpp"

#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::kernel {

ThpPolicy ThpPolicy::of(const KernelConfig& config) {
  ThpPolicy policy;
  const std::string& enabled = config.transparent_hugepage;
  policy.enabled = enabled == "always"    ? Enabled::always
                   : enabled == "madvise" ? Enabled::madvise
                                          : Enabled::never;
  const std::string& defrag = config.transparent_hugepage_defrag;
  policy.defrag = defrag == "always"          ? Defrag::always
                  : defrag == "defer"         ? Defrag::defer
                  : defrag == "defer+madvise" ? Defrag::defer_madvise
                  : defrag == "madvise"       ? Defrag::madvise
                                              : Defrag::never;
  return policy;
}

// GFP_TRANSHUGE_LIGHT, and what each mode adds to it.
AllocRequest ThpPolicy::request(NodeId node, bool madvised) const {
  AllocRequest rq{.node = node,
                  .order = kPageblockOrder,
                  .type = MigrateType::movable,
                  .highest = ZoneType::movable,
                  .direct_reclaim = false,
                  .kswapd = false};
  switch (defrag) {
    case Defrag::always:
      rq.direct_reclaim = true;
      if (!madvised) rq.retry = Retry::noretry;
      break;
    case Defrag::defer:
      rq.kswapd = true;
      break;
    case Defrag::defer_madvise:
      (madvised ? rq.direct_reclaim : rq.kswapd) = true;
      break;
    case Defrag::madvise:
      rq.direct_reclaim = madvised;
      break;
    case Defrag::never:
      break;
  }
  return rq;
}

Task<std::optional<Allocation>> alloc_anon_huge_page(Mm& mm, Host& host, NodeId node,
                                                     bool madvised) {
  AllocRequest rq = mm.thp().request(node, madvised);
  AllocRequest local = rq;
  local.this_node = true;
  local.retry = Retry::noretry;
  auto got = co_await mm.alloc_pages(host, local);
  if (!got && rq.direct_reclaim) got = co_await mm.alloc_pages(host, rq);
  VmEvents& events = mm.reclaim().events();
  ++(got ? events.thp_fault_alloc : events.thp_fault_fallback);
  co_return got;
}

}  // namespace mhp::kernel
