// A task reclaims for itself: try_to_free_pages of mm/vmscan.c, Linux 6.12.
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

namespace {
AllocRequest order0(ZoneType highest) {
  AllocRequest rq;
  rq.highest = highest;
  return rq;
}
}  // namespace

Task<PageCount> Reclaim::try_to_free_pages(Host& host, AllocRequest rq) {
  co_await throttle_direct_reclaim(host, rq);
  ++events_.allocstall;
  ScanControl sc;
  sc.cpu = rq.cpu.valid() ? rq.cpu : mm_.node(rq.node).first_cpu;
  sc.order = rq.order;
  sc.highest = rq.highest;
  sc.kthread = rq.kthread;
  sc.signals = rq.signals;
  co_return co_await do_try_to_free_pages(host, rq, sc);
}

// Looks at ever larger parts of the lists until 32 pages are reclaimed or compaction can go on. If
// nothing came of it: over all memory cgroups, then over active pages, then over protected ones.
Task<PageCount> Reclaim::do_try_to_free_pages(Host& host, const AllocRequest& rq, ScanControl& sc) {
  for (;;) {
    for (sc.priority = kDefPriority; sc.priority >= 0; --sc.priority) {
      co_await shrink_zones(host, rq, sc);
      if (sc.nr_reclaimed >= sc.nr_to_reclaim || sc.compaction_ready) break;
    }
    if (sc.nr_reclaimed > 0) co_return PageCount{sc.nr_reclaimed};
    if (sc.compaction_ready) co_return PageCount{1};
    if (!sc.memcg_full_walk && memcgs_.size() > 1) {
      sc.memcg_full_walk = true;
    } else if (sc.skipped_deactivate) {
      sc.force_deactivate = true;
      sc.skipped_deactivate = false;
    } else if (sc.memcg_low_skipped) {
      sc.force_deactivate = false;
      sc.memcg_low_reclaim = true;
      sc.memcg_low_skipped = false;
    } else {
      co_return PageCount{0};
    }
  }
}

// Each node once, in the order of the zonelist; a costly request leaves out zones that only need
// compaction.
Task<void> Reclaim::shrink_zones(Host& host, const AllocRequest& rq, ScanControl& sc) {
  const std::vector<ZoneRef> zonelist = mm_.zones_of(rq);
  NodeId last;
  for (const ZoneRef ref : zonelist) {
    if (rq.order > kCostlyOrder && compaction_ready(mm_.zone(ref.node, ref.type), sc)) {
      sc.compaction_ready = true;
      continue;
    }
    if (ref.node == last) continue;
    last = ref.node;
    co_await shrink_node(host, ref.node, sc);
  }
  // consider_reclaim_throttle: only while writeback holds most of what could be reclaimed.
  if (!zonelist.empty() && !sc.cgroup_reclaim() && sc.priority == 1 && sc.nr_reclaimed == 0 &&
      mostly_writeback(zonelist.front().node))
    co_await sleep_jiffies(host, 1);
}

bool Reclaim::mostly_writeback(NodeId node) const {
  if (kswapd_hopeless(node)) return false;
  PageCount all;
  for (const Zone& z : mm_.node(node).zones) all += reclaimable(z);
  return writeback_.pages() * 2 > all;
}

// The pages are there, but apart: reclaim would not help.
bool Reclaim::compaction_ready(const Zone& z, const ScanControl& sc) const {
  AllocRequest rq = order0(sc.highest);
  rq.order = sc.order;
  if (Mm::watermark_ok(z, z.wmark(Mark::min), rq, z.buddy.free_pages())) return true;
  if (!compaction_.suitable(z, sc.order, sc.highest)) return false;
  rq.order = 0;
  return Mm::watermark_ok(z, z.wmark(Mark::high) + PageCount{compact_gap(sc.order)}, rq,
                          z.buddy.free_pages());
}

bool Reclaim::allow_direct_reclaim(NodeId node) {
  if (kswapd_hopeless(node)) return true;
  PageCount reserve;
  PageCount free;
  for (const Zone& z : mm_.node(node).zones) {
    if (!is_kernel_zone(z.type) || reclaimable(z).value == 0) continue;
    reserve += z.wmark(Mark::min);
    free += z.buddy.free_pages();
  }
  return reserve.value == 0 || free > reserve / 2;
}

// A user task waits for kswapd while less than half of `min` is left on the node that serves it.
Task<void> Reclaim::throttle_direct_reclaim(Host& host, AllocRequest rq) {
  if (rq.kthread || rq.oom_victim) co_return;
  for (const ZoneRef ref : mm_.zones_of(rq)) {
    if (!is_kernel_zone(ref.type)) continue;
    if (allow_direct_reclaim(ref.node)) co_return;
    wakeup_kswapd(ref.node, 0, ZoneType::normal);
    ++events_.throttled;
    if (waker_ != nullptr) co_await wait_for(host, Condition::pfmemalloc_wait, ref.node);
    co_return;
  }
}

}  // namespace mhp::kernel
