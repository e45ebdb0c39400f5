// The thread of each node that reclaims in the background: kswapd of mm/vmscan.c, Linux 6.12.
#include <algorithm>

#include "sim/kernel/hotplug/steps.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

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
  if (!state.asleep || kswapd_hopeless(node) || pgdat_balanced(node, order, highest)) return;
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
    if (Mm::watermark_ok(z, z.watermark.of(tiers_.balanced_at()), rq, z.buddy.free_pages()))
      return true;
  }
  return !any;
}

Task<void> Reclaim::kswapd(Host& host, NodeId node) {
  KswapdState& state = kswapd_[node.index()];
  ZoneType highest = ZoneType::movable;
  int asked = 0;
  for (;;) {
    if (kswapd_hopeless(node) ||
        pgdat_balanced(node, state.order, state.highest.value_or(highest))) {
      // prepare_kswapd_sleep: whoever waits for the reserves goes on; there is room to compact.
      wake(Condition::pfmemalloc_wait, node);
      compaction_.wakeup_kcompactd(node, asked, highest);
      state.order = 0;
      state.highest.reset();
      state.asleep = true;
      co_await wait_for(host, Condition::kswapd_wakeup, node);
    }
    const int order = asked = state.order;
    highest = state.highest.value_or(highest);
    state.order = 0;
    state.highest.reset();
    co_await balance_pgdat(host, node, order, highest);
  }
}

Task<void> Reclaim::balance_pgdat(Host& host, NodeId node, int order, ZoneType highest) {
  ++events_.pageoutrun;
  note(host, TaskState::memstall_enter);
  ScanControl sc;
  sc.who = Reclaimer::kswapd;
  sc.order = order;
  sc.highest = highest;
  std::int64_t all_reclaimed = 0;
  while (sc.priority >= 1 && !pgdat_balanced(node, sc.order, highest)) {
    sc.nr_reclaimed = 0;
    sc.nr_scanned = 0;
    sc.nr_to_reclaim = 0;
    for (const Zone& z : mm_.node(node).zones)
      if (z.type <= highest && z.managed_pages.value > 0)
        sc.nr_to_reclaim += std::max(z.watermark.high.value, kSwapClusterMax);
    co_await age_active_anon(host, node, sc);
    co_await shrink_node(host, node, sc);
    all_reclaimed += sc.nr_reclaimed;
    // Enough for compaction to take over.
    if (sc.order > 0 && sc.nr_reclaimed >= compact_gap(sc.order)) sc.order = 0;
    if (allow_direct_reclaim(node)) wake(Condition::pfmemalloc_wait, node);
    const bool looked_at_enough = sc.nr_scanned >= sc.nr_to_reclaim;
    if (!looked_at_enough || sc.nr_reclaimed == 0) --sc.priority;
  }
  if (all_reclaimed == 0 && sc.priority < 1) ++kswapd_[node.index()].failures;
  note(host, TaskState::memstall_leave);
}

}  // namespace mhp::kernel
