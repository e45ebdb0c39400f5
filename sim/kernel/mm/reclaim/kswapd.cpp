// The thread of each node that reclaims in the background: kswapd of mm/vmscan.c, Linux 6.12.
#include <algorithm>
#include <utility>

#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

void Reclaim::wake_all_kswapds(const AllocRequest& rq) {
  if (waker_ == nullptr || !rq.kswapd) return;
  NodeId last;
  for (const ZoneRef ref : mm_.node(rq.node).zonelist) {
    if (ref.node == last || !mm_.allows(rq, ref)) continue;
    last = ref.node;
    wakeup_kswapd(ref.node, rq.order, rq.highest);
  }
}

void Reclaim::wakeup_kswapd(NodeId node, int order, ZoneType highest) {
  if (waker_ == nullptr) return;
  KswapdState& state = kswapd_[node.index()];
  state.highest = std::max(state.highest.value_or(highest), highest);
  state.order = std::max(state.order, order);
  const bool idle =
      pgdat_balanced(node, order, highest) && watermark_boost(node, highest).value == 0;
  if (!state.asleep || kswapd_hopeless(node) || idle) return;
  state.asleep = false;
  ++events_.kswapd_wakeups;
  wake(Condition::kswapd_wakeup, node);
}

// Some zone that the request may use stands above `high`, with memory tiering above `promo`.
bool Reclaim::pgdat_balanced(NodeId node, int order, ZoneType highest) const {
  AllocRequest rq;
  rq.order = order;
  rq.highest = highest;
  bool any = false;
  for (const Zone& z : mm_.node(node).zones) {
    if (z.type > highest || z.managed_pages.value == 0) continue;
    any = true;
    if (Mm::watermark_ok(z, z.wmark(tiers_.balanced_at()), rq, z.buddy.free_pages())) return true;
  }
  return !any;
}

// It stops at the order at which it finished reclaiming, which is 0 once it has made room enough to
// compact: then what it was asked for while it worked waits until it is asked again.
Task<void> Reclaim::kswapd(Host& host, NodeId node) {
  KswapdState& state = kswapd_[node.index()];
  ZoneType highest = ZoneType::movable;
  int alloc_order = 0;
  int reclaim_order = 0;
  for (;;) {
    if (reclaim_order >= alloc_order) {
      alloc_order = reclaim_order = state.order;
      highest = state.highest.value_or(highest);
    }
    co_await kswapd_try_to_sleep(host, node, alloc_order, reclaim_order, highest);
    alloc_order = std::exchange(state.order, 0);
    highest = std::exchange(state.highest, std::nullopt).value_or(highest);
    reclaim_order = co_await balance_pgdat(host, node, alloc_order, highest);
  }
}

Task<void> Reclaim::kswapd_try_to_sleep(Host& host, NodeId node, int alloc_order, int reclaim_order,
                                        ZoneType highest) {
  KswapdState& state = kswapd_[node.index()];
  // prepare_kswapd_sleep: whoever waits for the reserves goes on.
  wake(Condition::pfmemalloc_wait, node);
  if (!kswapd_hopeless(node)) {
    if (!pgdat_balanced(node, reclaim_order, highest)) co_return;
    state.meets_writeback = false;
  }
  compaction_.wakeup_kcompactd(node, alloc_order, highest);  // there may be room now
  state.asleep = true;
  co_await wait_for(host, Condition::kswapd_wakeup, node);
}

PageCount Reclaim::watermark_boost(NodeId node, ZoneType highest) const {
  PageCount boost;
  for (const Zone& z : mm_.node(node).zones)
    if (z.type <= highest) boost += z.watermark_boost;
  return boost;
}

void Reclaim::set_reclaim_active(NodeId node, ZoneType highest, bool active) {
  for (Zone& z : mm_.node(node).zones)
    if (z.type <= highest && z.managed_pages.value > 0) z.reclaim_active = active;
}

// Returns the order at which it stopped.
Task<int> Reclaim::balance_pgdat(Host& host, NodeId node, int order, ZoneType highest) {
  ++events_.pageoutrun;
  note(host, TaskState::memstall_enter);
  ScanControl sc;
  sc.who = Reclaimer::kswapd;
  sc.cpu = mm_.node(node).kthread_cpu();
  sc.order = order;
  sc.highest = highest;
  auto& zones = mm_.node(node).zones;
  std::array<PageCount, kZoneTypes> boosts{};
  for (std::size_t z = 0; z <= static_cast<std::size_t>(highest); ++z)
    boosts[z] = zones[z].watermark_boost;
  const bool boosted = watermark_boost(node, highest).value > 0;
  set_reclaim_active(node, highest, true);
  const bool done = co_await reclaim_until_balanced(host, node, sc);
  set_reclaim_active(node, highest, false);
  if (!done && sc.nr_reclaimed == 0) ++kswapd_[node.index()].failures;
  // What it set out to free beyond the watermarks it has freed, or will not.
  for (std::size_t z = 0; z < boosts.size(); ++z)
    zones[z].watermark_boost -= std::min(zones[z].watermark_boost, boosts[z]);
  if (boosted) compaction_.wakeup_kcompactd(node, mm_.geometry().pageblock_order(), highest);
  note(host, TaskState::memstall_leave);
  co_return sc.order;
}

// False if it gave up. A boost is reclaimed only while all is well otherwise, without writing or
// swapping anything, and gently.
Task<bool> Reclaim::reclaim_until_balanced(Host& host, NodeId node, ScanControl& sc) {
  std::int64_t boost = watermark_boost(node, sc.highest).value;
  while (sc.priority >= 1) {
    const bool balanced = pgdat_balanced(node, sc.order, sc.highest);
    if (balanced && boost == 0) co_return true;
    if (!balanced && boost > 0) {
      boost = 0;
      sc.priority = kDefPriority;
    }
    sc.may_writepage = sc.may_swap = boost == 0;
    const bool gently = boost > 0 && sc.priority == kDefPriority - 2;
    sc.nr_scanned = 0;
    sc.nr_to_reclaim = 0;
    for (const Zone& z : mm_.node(node).zones)
      if (z.type <= sc.highest && z.managed_pages.value > 0)
        sc.nr_to_reclaim += std::max(z.wmark(Mark::high).value, kSwapClusterMax);
    const std::int64_t before = sc.nr_reclaimed;
    co_await kswapd_age_node(host, node, sc);
    co_await shrink_node(host, node, sc);
    const std::int64_t reclaimed = sc.nr_reclaimed - before;
    // Enough for compaction to take over.
    if (sc.order > 0 && sc.nr_reclaimed >= compact_gap(sc.order)) sc.order = 0;
    if (allow_direct_reclaim(node)) wake(Condition::pfmemalloc_wait, node);
    boost -= std::min(boost, reclaimed);
    if (boost > 0 && reclaimed == 0) co_return false;
    const bool looked_at_enough = sc.nr_scanned >= sc.nr_to_reclaim;
    if ((!looked_at_enough && !gently) || reclaimed == 0) --sc.priority;
  }
  co_return false;
}

}  // namespace mhp::kernel
