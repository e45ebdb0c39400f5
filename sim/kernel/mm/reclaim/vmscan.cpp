// What reclaim looks at, and how much of it: shrink_node and get_scan_count of mm/vmscan.c, Linux
// 6.12 without multi-generational LRU.
#include <algorithm>

#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

namespace {

constexpr std::array kEvictable{LruList::inactive_anon, LruList::active_anon,
                                LruList::inactive_file, LruList::active_file};
constexpr std::size_t at(LruList l) { return static_cast<std::size_t>(l); }

}  // namespace

Reclaim::Reclaim(Mm& mm, const KernelConfig& config, const KernelProfile& profile)
    : mm_(mm),
      swappiness_(config.swappiness),
      lru_(mm.nodes(), mm.geometry(), lru_gen_enabled(config, profile).value_or(false)),
      writeback_(*this, mm.geometry().pages_of(config.swap), config.writeback_requests),
      migration_(mm, *this),
      tiers_(mm, *this, config),
      compaction_(mm, *this),
      multi_gen_lru_(mm, *this, config.swappiness),
      workingset_(*this),
      shrinkers_(config.vfs_cache_pressure),
      memcgs_(mm, *this),
      kswapd_(mm.nodes()) {}

Task<void> Reclaim::shrink_node(Host& host, NodeId node, ScanControl& sc) {
  if (lru_.generations() && !sc.cgroup_reclaim()) {
    const std::int64_t before = sc.nr_reclaimed;
    co_await multi_gen_lru_.shrink_node(host, node, sc);
    if (sc.may_writepage && !shrinkers_.empty()) co_await shrink_slab(host, node, sc);
    if (sc.nr_reclaimed > before) kswapd_[node.index()].failures = 0;
    co_return;
  }
  for (;;) {
    const std::int64_t before = sc.nr_reclaimed;
    sc.nr_taken = sc.nr_writeback = sc.nr_immediate = 0;
    prepare_scan(node, sc);
    co_await shrink_node_memcgs(host, node, sc);
    if (!shrinkers_.empty() && !sc.cgroup_reclaim()) co_await shrink_slab(host, node, sc);
    if (sc.nr_reclaimed > before) kswapd_[node.index()].failures = 0;
    // Once all that it looks at is being written, kswapd waits where it meets more of it.
    if (sc.who == Reclaimer::kswapd) {
      if (sc.nr_writeback > 0 && sc.nr_writeback == sc.nr_taken)
        kswapd_[node.index()].meets_writeback = true;
      if (sc.nr_immediate > 0) co_await writeback_.throttle(host);
    }
    if (!should_continue_reclaim(node, sc.nr_reclaimed - before, sc)) co_return;
  }
}

// For a request of several pages: go on until compaction has room to work in.
bool Reclaim::should_continue_reclaim(NodeId node, std::int64_t reclaimed,
                                      const ScanControl& sc) const {
  const bool for_compaction =
      sc.order > 0 && (sc.order > kCostlyOrder || sc.priority < kDefPriority - 2);
  if (!for_compaction || reclaimed == 0) return false;
  for (const Zone& z : mm_.node(node).zones) {
    if (z.type > sc.highest || z.managed_pages.value == 0) continue;
    if (compaction_ready(z, sc) || compaction_.suitable(z, sc.order, sc.highest)) return false;
  }
  PageCount inactive = lru_.size(node, LruList::inactive_file);
  if (may_reclaim_anon(node)) inactive += lru_.size(node, LruList::inactive_anon);
  return inactive.value > compact_gap(sc.order);
}

// prepare_scan_control.
void Reclaim::prepare_scan(NodeId node, ScanControl& sc) const {
  sc.deactivate_anon = sc.force_deactivate || inactive_is_low(node, LruList::inactive_anon, sc);
  sc.deactivate_file = sc.force_deactivate || inactive_is_low(node, LruList::inactive_file, sc);
  sc.cache_trim_mode = (target_size(node, LruList::inactive_file, sc).value >> sc.priority) > 0 &&
                       !sc.deactivate_file;
  sc.file_is_tiny = false;
  if (sc.cgroup_reclaim()) return;
  PageCount free;
  PageCount high;
  for (const Zone& z : mm_.node(node).zones) {
    free += z.buddy.free_pages();
    if (z.managed_pages.value > 0) high += z.wmark(Mark::high);
  }
  const PageCount file =
      lru_.size(node, LruList::inactive_file) + lru_.size(node, LruList::active_file);
  sc.file_is_tiny = file + free <= high && !sc.deactivate_anon &&
                    (lru_.size(node, LruList::inactive_anon).value >> sc.priority) > 0;
}

Reclaim::ScanCounts Reclaim::get_scan_count(LruVec vec, ScanControl& sc) const {
  const Memcg::Cost cost = target_cost(vec.node, sc);
  // Each kind by what it has cost so far: the dearer, the less of it.
  const std::int64_t total = cost.anon + cost.file;
  const std::int64_t anon_cost = total + cost.anon;
  const std::int64_t file_cost = total + cost.file;
  std::int64_t anon = swappiness_ * (anon_cost + file_cost + 1) / (anon_cost + 1);
  std::int64_t file = (200 - swappiness_) * (anon_cost + file_cost + 1) / (file_cost + 1);
  if (!sc.may_swap || !may_reclaim_anon(vec) || swappiness_ == 0) {
    anon = 0;
    file = 1;
  } else if (sc.priority == 0) {
    anon = file = -1;
  } else if (sc.file_is_tiny) {
    anon = 1;
    file = 0;
  } else if (sc.cache_trim_mode) {
    anon = 0;
    file = 1;
  }
  ScanCounts counts{};
  for (const LruList list : kEvictable) {
    const std::int64_t size = unprotected(vec, lru_.size(vec, list, sc.highest).value, sc);
    const std::int64_t scan = size >> sc.priority;
    const std::int64_t share = is_file(list) ? file : anon;
    counts[at(list)] = share < 0 ? scan : scan * share / (anon + file);
  }
  return counts;
}

Task<void> Reclaim::shrink_lruvec(Host& host, LruVec vec, ScanControl& sc) {
  if (lru_.generations()) {
    co_await multi_gen_lru_.shrink_lruvec(host, vec, sc);
    co_return;
  }
  ScanCounts left = get_scan_count(vec, sc);
  const std::int64_t before = sc.nr_reclaimed;
  // Direct reclaim that begins gently looks at all that it planned to.
  const bool proportional =
      sc.who == Reclaimer::direct && !sc.cgroup_reclaim() && sc.priority == kDefPriority;
  while (left[at(LruList::inactive_anon)] > 0 || left[at(LruList::active_file)] > 0 ||
         left[at(LruList::inactive_file)] > 0) {
    for (const LruList list : kEvictable) {
      const std::int64_t n = std::min(left[at(list)], kSwapClusterMax);
      if (n == 0) continue;
      left[at(list)] -= n;
      if (!is_active(list))
        co_await shrink_inactive_list(host, vec, list, n, sc);
      else if (is_file(list) ? sc.deactivate_file : sc.deactivate_anon)
        co_await shrink_active_list(host, vec, list, n, sc);
      else
        sc.skipped_deactivate = true;
    }
    if (sc.nr_reclaimed - before >= sc.nr_to_reclaim && !proportional) break;
  }
  sc.plug = {};
  co_await age_active_anon(host, vec, sc);
}

void Reclaim::mark_page_accessed(LruRef ref) {
  LruRun& run = lru_[ref];
  if (lru_.generations()) return MultiGenLru::inc_refs(run);
  if (!run.referenced) {
    run.referenced = true;
  } else if (!is_active(run.list) && run.list != LruList::unevictable) {
    run.referenced = false;
    events_.pgactivate += run.pages.value;
    lru_.move_to_head(ref, active_of(run.list));
  }
}

void Reclaim::forget(LruRef ref) {
  writeback_.forget(ref);
  lru_.remove(ref);
}

}  // namespace mhp::kernel
