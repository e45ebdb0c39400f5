// What reclaim counts and pays for, and the active lists: shrink_active_list of mm/vmscan.c, Linux
// 6.12.
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

// What a memory cgroup's limit has reclaimed is in none of the columns of kswapd and tasks.
void Reclaim::account_scan(const ScanControl& sc, bool file, std::int64_t pages) {
  if (!sc.cgroup_reclaim())
    (sc.who == Reclaimer::kswapd ? events_.pgscan_kswapd : events_.pgscan_direct) += pages;
  (file ? events_.pgscan_file : events_.pgscan_anon) += pages;
}

void Reclaim::account_steal(const ScanControl& sc, bool file, std::int64_t pages) {
  if (!sc.cgroup_reclaim())
    (sc.who == Reclaimer::kswapd ? events_.pgsteal_kswapd : events_.pgsteal_direct) += pages;
  (file ? events_.pgsteal_file : events_.pgsteal_anon) += pages;
}

// lru_note_cost: halves what is old, so that the balance follows the load. The memory cgroup's,
// then that of the node as a whole, which is the root's.
void Reclaim::note_cost(LruVec vec, bool file, std::int64_t written, std::int64_t rotated) {
  const std::int64_t cost = written * kSwapClusterMax + rotated;
  const auto add = [&](std::int64_t& anon_cost, std::int64_t& file_cost, auto where) {
    (file ? file_cost : anon_cost) += cost;
    PageCount all;
    for (const LruList l : {LruList::inactive_anon, LruList::active_anon, LruList::inactive_file,
                            LruList::active_file})
      all += lru_.size(where, l);
    if (file_cost + anon_cost <= all.value / 4) return;
    file_cost /= 2;
    anon_cost /= 2;
  };
  if (!vec.memcg.is_root()) {
    Memcg::Cost& own = memcgs_[vec.memcg].cost[vec.node.index()];
    add(own.anon, own.file, vec);
  }
  KswapdState& state = kswapd_[vec.node.index()];
  add(state.anon_cost, state.file_cost, vec.node);
}

Task<void> Reclaim::spend_work(Host& host, Primitive primitive, const MemmapWork& work) const {
  for (std::size_t n = 0; n < work.by_node().size(); ++n) {
    const NodeId node{static_cast<std::int32_t>(n)};
    if (work.by_node()[n] > 0) co_await spend(host, primitive, work.by_node()[n], node);
    if (work.walks()[n] > 0) co_await spend(host, Primitive::memmap_walk, work.walks()[n], node);
  }
}

// The oldest active pages become the youngest inactive ones, used or not.
Task<void> Reclaim::shrink_active_list(Host& host, LruVec vec, LruList list, std::int64_t n,
                                       ScanControl& sc) {
  MemmapWork moved(mm_.nodes());
  for (std::int64_t taken = 0; taken < n;) {
    const LruRef ref = lru_.oldest(vec, list, sc.highest);
    if (ref == kNoRun) break;
    LruRun& run = lru_[ref];
    run.young = false;
    taken += run.pages.value;
    moved.add(memmap(run.pfn, run.node), run.pages);
    events_.pgrefill += run.pages.value;
    events_.pgdeactivate += run.pages.value;
    lru_.move_to_head(ref, is_file(list) ? LruList::inactive_file : LruList::inactive_anon);
  }
  co_await spend_work(host, Primitive::lru_scan, moved);
  co_await spend_work(host, Primitive::lru_move, moved);
}

}  // namespace mhp::kernel
