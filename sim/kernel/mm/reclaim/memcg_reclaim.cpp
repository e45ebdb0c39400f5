// Reclaim over memory cgroups with the classic lists: shrink_node_memcgs, the protection in
// get_scan_count, and try_to_free_mem_cgroup_pages of mm/vmscan.c, Linux 6.12.
#include <algorithm>

#include "sim/kernel/mm/int_sqrt.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::kernel {

// Of the lists that reclaim looks at as a whole: those of a memory cgroup at its limit, or of all.
PageCount Reclaim::target_size(NodeId node, LruList list, const ScanControl& sc) const {
  if (sc.cgroup_reclaim()) return lru_.size(LruVec{node, sc.target}, list);
  return lru_.size(node, list);
}

Memcg::Cost Reclaim::target_cost(NodeId node, const ScanControl& sc) const {
  if (sc.cgroup_reclaim()) return memcgs_[sc.target].cost[node.index()];
  const KswapdState& state = kswapd_[node.index()];
  return {state.anon_cost, state.file_cost};
}

// The inactive list is to be at least 1/sqrt(10 * GiB) of the active one.
bool Reclaim::inactive_is_low(PageCount inactive, PageCount active) const {
  const std::int64_t gib = mm_.geometry().bytes_of(inactive + active).value / kGiB;
  const std::int64_t ratio = gib > 0 ? int_sqrt(10 * gib) : 1;
  return inactive.value * ratio < active.value;
}

bool Reclaim::inactive_is_low(LruVec vec, LruList inactive, ZoneType highest) const {
  return inactive_is_low(lru_.size(vec, inactive, highest),
                         lru_.size(vec, active_of(inactive), highest));
}

bool Reclaim::inactive_is_low(NodeId node, LruList inactive, const ScanControl& sc) const {
  if (sc.cgroup_reclaim()) return inactive_is_low({node, sc.target}, inactive, sc.highest);
  return inactive_is_low(lru_.size(node, inactive, sc.highest),
                         lru_.size(node, active_of(inactive), sc.highest));
}

// memory.low takes its share of the memory cgroup off what is looked at, but for a batch. Once it
// is not heeded any more, all of it is looked at.
std::int64_t Reclaim::unprotected(LruVec vec, std::int64_t pages, ScanControl& sc) const {
  std::int64_t low = memcgs_.protection(sc.target, vec.memcg).value;
  if (low == 0) return pages;
  if (sc.memcg_low_reclaim)
    low = 0;
  else
    sc.memcg_low_skipped = true;
  const std::int64_t usage = std::max(memcgs_[vec.memcg].usage.value, low);
  return std::max(pages - pages * low / (usage + 1), kSwapClusterMax);
}

// A task stops once it has enough, and the next one goes on with the memory cgroup after that;
// kswapd takes some from all. What is within memory.low comes last, and for tasks alone.
Task<void> Reclaim::shrink_node_memcgs(Host& host, NodeId node, ScanControl& sc) {
  MemcgWalk walk{sc.target, node, sc.who == Reclaimer::direct && !sc.memcg_full_walk};
  while (const auto memcg = memcgs_.next(walk)) {
    if (memcgs_.below_low(sc.target, *memcg)) {
      if (!sc.memcg_low_reclaim) {
        sc.memcg_low_skipped = true;
        continue;
      }
      ++memcgs_[*memcg].events.low;
    }
    co_await shrink_lruvec(host, {node, *memcg}, sc);
    if (walk.partial && sc.nr_reclaimed >= sc.nr_to_reclaim) co_return;
  }
}

Task<void> Reclaim::age_active_anon(Host& host, LruVec vec, ScanControl& sc) {
  if (may_reclaim_anon(vec.node) && inactive_is_low(vec, LruList::inactive_anon, sc.highest))
    co_await shrink_active_list(host, vec, LruList::active_anon, kSwapClusterMax, sc);
}

// Whether anonymous memory must age is asked of the node as a whole; it then does in each memory
// cgroup.
Task<void> Reclaim::kswapd_age_node(Host& host, NodeId node, ScanControl& sc) {
  if (lru_.generations() || !may_reclaim_anon(node) ||
      !inactive_is_low(node, LruList::inactive_anon, sc))
    co_return;
  MemcgWalk walk{{}, node};
  while (const auto memcg = memcgs_.next(walk))
    co_await shrink_active_list(host, {node, *memcg}, LruList::active_anon, kSwapClusterMax, sc);
}

Task<PageCount> Reclaim::try_to_free_mem_cgroup_pages(Host& host, MemcgId memcg, NodeId node,
                                                      PageCount pages) {
  AllocRequest rq;
  rq.node = node;
  rq.highest = ZoneType::movable;
  ScanControl sc;
  sc.cpu = mm_.node(node).first_cpu;
  sc.target = memcg;
  sc.highest = rq.highest;
  sc.nr_to_reclaim = std::max(pages.value, kSwapClusterMax);
  co_return co_await do_try_to_free_pages(host, rq, sc);
}

bool Reclaim::oom_kill(PageCount total, Receipt& receipt, OomScope scope) {
  const OomTask* victim = oom_killer_.kill(total, receipt, scope);
  if (victim == nullptr) return false;
  ++events_.oom_kill;
  if (scope.nodes != nullptr) ++events_.oom_kill_memory_policy;
  ++memcgs_[victim->memcg()].events.oom_kill;
  return true;
}

}  // namespace mhp::kernel
