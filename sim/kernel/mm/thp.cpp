#include "sim/kernel/mm/thp.hpp"

#include "sim/kernel/mm/mempolicy.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::kernel {

// GFP_TRANSHUGE_LIGHT, and what each mode adds to it.
AllocRequest ThpPolicy::request(NodeId node, int order, bool madvised) const {
  AllocRequest rq{.node = node,
                  .order = order,
                  .type = MigrateType::movable,
                  .highest = ZoneType::movable,
                  .direct_reclaim = false,
                  .kswapd = false};
  switch (defrag) {
    case ThpDefrag::always:
      rq.direct_reclaim = true;
      if (!madvised) rq.retry = Retry::noretry;
      break;
    case ThpDefrag::defer:
      rq.kswapd = true;
      break;
    case ThpDefrag::defer_madvise:
      (madvised ? rq.direct_reclaim : rq.kswapd) = true;
      break;
    case ThpDefrag::madvise:
      rq.direct_reclaim = madvised;
      break;
    case ThpDefrag::never:
      break;
  }
  return rq;
}

Task<std::optional<Allocation>> alloc_anon_huge_page(Mm& mm, Host& host, NodeId node, bool madvised,
                                                     MemPolicy& policy, Receipt& receipt) {
  const AllocRequest plain = mm.thp().request(node, mm.geometry().pmd_order(), madvised);
  const AllocRequest rq = policy.apply(plain, node, mm);
  const bool local_first = policy.mode() != MemPolicy::Mode::interleave &&
                           (rq.nodemask == nullptr || contains(*rq.nodemask, rq.node));
  std::optional<Allocation> got;
  if (local_first) {
    AllocRequest local = rq;
    local.this_node = true;
    local.retry = Retry::noretry;
    local.nodemask = nullptr;
    got = co_await mm.alloc_pages(host, local, receipt);
  }
  if (!got && (rq.direct_reclaim || !local_first)) got = co_await mm.alloc_pages(host, rq, receipt);
  VmEvents& events = mm.reclaim().events();
  ++(got ? events.thp_fault_alloc : events.thp_fault_fallback);
  co_return got;
}

}  // namespace mhp::kernel
