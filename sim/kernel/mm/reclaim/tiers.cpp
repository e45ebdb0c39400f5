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

RunMove Tiers::move_to_node(LruRef ref, NodeId node, Receipt& receipt) {
  RunMove done;
  done.pages =
      reclaim_.migration().migrate_run(ref, [&](Pfn from, int order) -> std::optional<Pfn> {
        if (done.waits) return std::nullopt;
        const AllocRequest rq = request(node, order);
        if (mm_.must_wait(rq, receipt)) {
          done.waits = rq;
          return std::nullopt;
        }
        const auto got = mm_.alloc_pages(rq, receipt);
        if (!got) return std::nullopt;
        mm_.free_pages(from, order, receipt);
        return got->pfn;
      });
  return done;
}

// alloc_demote_folio asks the target alone and does not wait; what finds no room is reclaimed.
RunMove Tiers::demote(LruRef ref, PageCount pages, NodeId target, const ScanControl& sc,
                      Receipt& receipt) {
  if (pages < reclaim_.lru()[ref].pages) reclaim_.migration().split_run(ref, pages);
  const RunMove done = move_to_node(ref, target, receipt);
  const std::int64_t moved = done.pages.value;
  VmEvents& events = reclaim_.events();
  (sc.who == Reclaimer::kswapd ? events.pgdemote_kswapd : events.pgdemote_direct) += moved;
  events.pgmigrate_success += moved;
  return done;
}

// A NUMA hint fault: the page follows if its new node stays above `high`; else that node's kswapd
// makes room, up to `promo`.
RunMove Tiers::promote(LruRef ref, NodeId to, Receipt& receipt) {
  VmEvents& events = reclaim_.events();
  PageCount pages = reclaim_.lru()[ref].pages;
  bool room = false;
  for (const Zone& z : mm_.node(to).zones)
    room = room || (z.populated() && z.buddy.free_pages() > z.wmark(Mark::high) + pages);
  RunMove done;
  if (room) done = move_to_node(ref, to, receipt);
  if (done.waits) pages = done.pages;
  if (pages.value > 0) ++events.numa_hint_faults;
  events.pgpromote_candidate += pages.value;
  if (!room) {
    reclaim_.wakeup_kswapd(to, 0, ZoneType::movable);
    return done;
  }
  events.pgpromote_success += done.pages.value;
  events.pgmigrate_success += done.pages.value;
  events.pgmigrate_fail += (pages - done.pages).value;
  return done;
}

bool Tiers::may_promote(LruRef ref, NodeId to) const {
  const LruRun& run = reclaim_.lru()[ref];
  return promotion_ && !run.isolated && !run.writeback && mm_.node(run.node).cpus == 0 &&
         run.node != to;
}

}  // namespace mhp::kernel
