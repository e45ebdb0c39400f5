// How much multi-generational LRU looks at, and when it stops: lru_gen_shrink_node,
// try_to_shrink_lruvec and get_nr_to_scan of mm/vmscan.c, Linux 6.12.
#include "sim/kernel/mm/reclaim/mglru.hpp"

#include <algorithm>
#include <bit>

#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

namespace {
/// The number of the highest bit that is set, from 1 on (fls_long).
int fls(std::int64_t n) { return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(n))); }
}  // namespace

MultiGenLru::MultiGenLru(Mm& mm, Reclaim& reclaim, std::int64_t swappiness)
    : mm_(mm),
      reclaim_(reclaim),
      swappiness_(swappiness),
      nodes_(mm.nodes()),
      controls_(mm.nodes()),
      memcg_lru_(mm.nodes()) {}

// The second use is PG_workingset, those after it are counted in the flags of the page.
void MultiGenLru::inc_refs(LruRun& run) {
  if (run.list == LruList::unevictable) return;
  if (run.referenced && run.refs < kMaxLruRefs) ++run.refs;
  run.referenced = true;
}

// 0: anonymous memory stays. Swap must have room for a batch.
std::int64_t MultiGenLru::get_swappiness(LruVec vec, const ScanControl& sc) const {
  if (!sc.may_swap) return 0;
  const bool room = reclaim_.swap_room(vec.memcg).value >= kMinLruBatch;
  return room || reclaim_.tiers().demotion_target(vec.node).valid() ? swappiness_ : 0;
}

// Where kswapd begins: (reclaimable >> priority) is about what it is to reclaim.
void MultiGenLru::set_initial_priority(NodeId node, ScanControl& sc) const {
  if (sc.priority != kDefPriority || sc.nr_to_reclaim < kMinLruBatch) return;
  const Lru& lru = reclaim_.lru();
  PageCount reclaimable = lru.size(node, LruList::inactive_file);
  if (reclaim_.may_reclaim_anon(node)) reclaimable += lru.size(node, LruList::inactive_anon);
  const int priority = fls(reclaimable.value) - 1 - fls(sc.nr_to_reclaim - 1);
  sc.priority = std::clamp(priority, kDefPriority / 2, kDefPriority);
}

Task<void> MultiGenLru::shrink_node(Host& host, NodeId node, ScanControl& sc) {
  if (!sc.may_writepage) co_return;
  set_initial_priority(node, sc);
  const bool kswapd = sc.who == Reclaimer::kswapd;
  const std::int64_t before = sc.nr_reclaimed;
  if (kswapd) sc.nr_reclaimed = 0;
  co_await shrink_many(host, node, sc);
  sc.plug = {};
  if (kswapd) sc.nr_reclaimed += before;
}

Task<bool> MultiGenLru::try_to_shrink_lruvec(Host& host, LruVec vec, ScanControl& sc) {
  const std::int64_t swappiness = get_swappiness(vec, sc);
  std::int64_t scanned = 0;
  for (;;) {
    const std::int64_t nr_to_scan = co_await get_nr_to_scan(host, vec, sc, swappiness > 0);
    if (nr_to_scan <= 0) co_return nr_to_scan < 0;
    const std::int64_t delta = co_await evict_folios(host, vec, sc, swappiness);
    scanned += delta;
    if (delta == 0 || scanned >= nr_to_scan || should_abort_scan(vec.node, sc)) co_return false;
  }
}

// At the first priority ageing is left to others; else it is all that this round does.
Task<std::int64_t> MultiGenLru::get_nr_to_scan(Host& host, LruVec vec, ScanControl& sc,
                                               bool can_swap) {
  std::int64_t total = 0;
  const bool ageing = should_run_aging(vec, can_swap, total);
  if (!ageing || sc.priority == kDefPriority) co_return total >> sc.priority;
  co_await inc_max_seq(host, vec, can_swap);
  co_return -1;
}

// Enough is reclaimed, or kswapd works for single pages and all zones have room again. Who reclaims
// from a memory cgroup at its limit does all that it set out to do.
bool MultiGenLru::should_abort_scan(NodeId node, const ScanControl& sc) const {
  if (sc.cgroup_reclaim()) return false;
  if (sc.nr_reclaimed >= std::max(sc.nr_to_reclaim, compact_gap(sc.order))) return true;
  if (sc.who != Reclaimer::kswapd || sc.order > 0) return false;
  AllocRequest rq;
  rq.highest = sc.highest;
  const auto& zones = mm_.node(node).zones;
  return std::all_of(zones.begin(), zones.end(), [&](const Zone& z) {
    if (z.type > sc.highest || z.managed_pages.value == 0) return true;
    const PageCount mark = z.wmark(reclaim_.tiers().balanced_at()) + PageCount{kMinLruBatch};
    return Mm::watermark_ok(z, mark, rq, z.buddy.free_pages());
  });
}

}  // namespace mhp::kernel
