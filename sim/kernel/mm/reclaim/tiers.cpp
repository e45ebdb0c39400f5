#include "sim/kernel/mm/reclaim/tiers.hpp"

#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::kernel {

NodeId Tiers::demotion_target(NodeId from) const {
  NodeId best;
  if (!demotion_ || mm_.node(from).cpus == 0) return best;
  for (std::size_t n = 0; n < mm_.nodes(); ++n) {
    const NodeId other{static_cast<std::int32_t>(n)};
    if (mm_.node(other).cpus > 0 || !mm_.node(other).has_memory) continue;
    if (!best.valid() || mm_.distance(from, other) < mm_.distance(from, best)) best = other;
  }
  return best;
}

AllocRequest Tiers::request(NodeId node, int order) {
  return {.node = node,
          .order = order,
          .type = MigrateType::movable,
          .highest = ZoneType::movable,
          .this_node = true,
          .direct_reclaim = false};
}

MaybeTask<> Tiers::ready(Host& host, NodeId node, Receipt& receipt) const {
  return mm_.ready(host, request(node, 0), Mark::low, receipt);
}

PageCount Tiers::move_to_node(LruRef ref, NodeId node, Receipt& receipt) {
  const PageOwner::Move move = [&](Pfn from, int order) -> std::optional<Pfn> {
    const auto got = mm_.alloc_pages(request(node, order), receipt);
    if (!got) return std::nullopt;
    mm_.free_pages(from, order, receipt);
    return got->pfn;
  };
  return reclaim_.migration().migrate_run(ref, move);
}

// alloc_demote_folio asks the target alone and does not wait; what finds no room is reclaimed.
PageCount Tiers::demote(LruRef ref, PageCount pages, NodeId target, const ScanControl& sc,
                        Receipt& receipt) {
  if (pages < reclaim_.lru()[ref].pages) reclaim_.migration().split_run(ref, pages);
  const PageCount moved = move_to_node(ref, target, receipt);
  VmEvents& events = reclaim_.events();
  (sc.who == Reclaimer::kswapd ? events.pgdemote_kswapd : events.pgdemote_direct) += moved.value;
  events.pgmigrate_success += moved.value;
  return moved;
}

// A NUMA hint fault: the page follows if its new node stays above `high`; else that node's kswapd
// makes room, up to `promo`.
PageCount Tiers::promote(LruRef ref, NodeId to, Receipt& receipt) {
  VmEvents& events = reclaim_.events();
  const PageCount pages = reclaim_.lru()[ref].pages;
  ++events.numa_hint_faults;
  events.pgpromote_candidate += pages.value;
  bool room = false;
  for (const Zone& z : mm_.node(to).zones)
    room = room || (z.populated() && z.buddy.free_pages() > z.wmark(Mark::high) + pages);
  if (!room) {
    reclaim_.wakeup_kswapd(to, 0, ZoneType::movable);
    return PageCount{0};
  }
  const PageCount moved = move_to_node(ref, to, receipt);
  events.pgpromote_success += moved.value;
  events.pgmigrate_success += moved.value;
  events.pgmigrate_fail += (pages - moved).value;
  return moved;
}

bool Tiers::may_promote(LruRef ref, NodeId to) const {
  const LruRun& run = reclaim_.lru()[ref];
  return promotion_ && !run.writeback && mm_.node(run.node).cpus == 0 && run.node != to;
}

}  // namespace mhp::kernel
