#include "sim/kernel/mm/reclaim/compaction.hpp"

#include <algorithm>
#include <utility>

#include "sim/kernel/mm/fragmentation.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/free_scanner.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

namespace {

/// Fragmentation below this index is no reason to compact (vm.extfrag_threshold).
constexpr std::int64_t kExtfragThreshold = 500;
constexpr int kMaxDeferShift = 6;  // COMPACT_MAX_DEFER_SHIFT
constexpr std::int64_t kMaxCompactRetries = 16;
/// Pageblocks without a page to move whose work is done in one piece.
constexpr int kScansAtOnce = 32;

AllocRequest test_request(int order, ZoneType highest) {
  AllocRequest rq;
  rq.order = order;
  rq.highest = highest;
  return rq;
}

/// A block is there, which somebody else may take: the next compaction is not put off, but those
/// put off before are still counted (compaction_defer_reset without an allocation).
void expect_success(int& order_failed, int order) {
  order_failed = std::max(order_failed, order + 1);
}

bool may_move(const LruRun& run, const Zone& z) {
  return !run.isolated && !run.writeback && run.node == z.node && run.zone == z.type;
}

}  // namespace

Compaction::Compaction(Mm& mm, Reclaim& reclaim)
    : mm_(mm), reclaim_(reclaim), states_(mm.nodes() * kZoneTypes), daemons_(mm.nodes()) {}

bool Compaction::enough_free(const Zone& z, int order, ZoneType highest, PageCount free) const {
  const PageCount mark = z.wmark(order > kCostlyOrder ? Mark::low : Mark::min);
  return Mm::watermark_ok(z, mark + PageCount{compact_gap(order)}, test_request(0, highest), free);
}

bool Compaction::suitable(const Zone& z, int order, ZoneType highest) const {
  if (!enough_free(z, order, highest, z.buddy.free_pages())) return false;
  if (order <= kCostlyOrder) return true;
  const std::int64_t index = fragmentation_index(free_blocks_of(z.buddy), order);
  return index < 0 || index > kExtfragThreshold;
}

bool Compaction::node_suitable(NodeId node, int order, ZoneType highest) const {
  const auto& zones = mm_.node(node).zones;
  return std::any_of(zones.begin(), zones.end(), [&](const Zone& z) {
    return z.populated() && z.type <= highest && suitable(z, order, highest) &&
           !Mm::watermark_ok(z, z.wmark(Mark::min), test_request(order, highest),
                             z.buddy.free_pages());
  });
}

bool Compaction::suitable_after_reclaim(const AllocRequest& rq) const {
  const auto zones = mm_.zones_of(rq);
  return std::any_of(zones.begin(), zones.end(), [&](const ZoneRef ref) {
    const Zone& z = mm_.zone(ref.node, ref.type);
    const PageCount more = reclaim_.reclaimable(z) / std::max(rq.order, 1);
    return enough_free(z, rq.order, rq.highest, z.buddy.free_pages() + more);
  });
}

bool Compaction::deferred(const Zone& z, int order) {
  State& s = state(z);
  if (order < s.order_failed) return false;
  const std::int64_t limit = std::int64_t{1} << s.defer_shift;
  s.considered = std::min(s.considered + 1, limit);
  return s.considered < limit;
}

void Compaction::defer(const Zone& z, int order) {
  State& s = state(z);
  s.considered = 0;
  s.defer_shift = std::min(s.defer_shift + 1, kMaxDeferShift);
  s.order_failed = std::min(s.order_failed, order);
}

void Compaction::reset_defer(const Zone& z, int order) {
  State& s = state(z);
  s.considered = 0;
  s.defer_shift = 0;
  s.order_failed = std::max(s.order_failed, order + 1);
}

bool Compaction::should_retry(const AllocRequest& rq, CompactResult result,
                              CompactPriority& priority, std::int64_t& retries) const {
  if (rq.order == 0) return false;
  const bool costly = rq.order > kCostlyOrder;
  if (result == CompactResult::skipped) return suitable_after_reclaim(rq);
  if (result == CompactResult::success &&
      ++retries <= (costly ? kMaxCompactRetries / 4 : kMaxCompactRetries))
    return true;
  const CompactPriority hardest = costly ? CompactPriority::light : CompactPriority::full;
  if (priority <= hardest) return false;
  priority = static_cast<CompactPriority>(static_cast<int>(priority) - 1);
  retries = 0;
  return true;
}

Task<std::optional<Allocation>> Compaction::direct(Host& host, AllocRequest rq,
                                                   CompactPriority priority,
                                                   CompactResult& result) {
  result = CompactResult::skipped;
  if (rq.order == 0) co_return std::nullopt;
  note(host, TaskState::memstall_enter);
  result = co_await compact_zones(host, rq, priority);
  note(host, TaskState::memstall_leave);
  if (result == CompactResult::skipped) co_return std::nullopt;
  VmEvents& events = reclaim_.events();
  ++events.compact_stall;
  const auto got = co_await mm_.get_page_from_freelist(host, rq, Mark::min);
  ++(got ? events.compact_success : events.compact_fail);
  if (got) reset_defer(mm_.zone(got->node, got->zone), rq.order);
  co_return got;
}

Task<CompactResult> Compaction::compact_zones(Host& host, AllocRequest rq,
                                              CompactPriority priority) {
  CompactResult best = CompactResult::skipped;
  if (!rq.cpu.valid()) rq.cpu = mm_.node(rq.node).first_cpu;
  for (const ZoneRef ref : mm_.zones_of(rq)) {
    Zone& z = mm_.zone(ref.node, ref.type);
    if (priority != CompactPriority::full && deferred(z, rq.order)) {
      best = std::max(best, CompactResult::deferred);
      continue;
    }
    const CompactResult done = co_await compact_zone(host, z, rq, priority);
    best = std::max(best, done);
    if (done == CompactResult::success) {
      expect_success(state(z).order_failed, rq.order);
      co_return best;
    }
    if (priority != CompactPriority::async && done == CompactResult::complete) defer(z, rq.order);
  }
  co_return best;
}

// Both ends of the pageblock are online in the zone (__pageblock_pfn_to_page): a zone has holes,
// and may lose memory while a compaction waits.
bool Compaction::online_in(const Zone& z, Pfn block) {
  const std::int64_t last = block.value + z.buddy.geometry().pageblock_pages() - 1;
  return z.online.contains(block.value) && z.online.contains(last);
}

// The scanner of pages to move goes up, that of free pages comes down; where they stopped is where
// the next compaction goes on.
Task<CompactResult> Compaction::compact_zone(Host& host, Zone& z, AllocRequest rq,
                                             CompactPriority priority) {
  if (Mm::watermark_ok(z, z.wmark(Mark::min), rq, z.buddy.free_pages()))
    co_return CompactResult::success;
  if (!suitable(z, rq.order, rq.highest)) co_return CompactResult::skipped;
  State& s = state(z);
  const Geometry& g = z.buddy.geometry();
  const Pfn bottom = g.pageblock_start(g.pageblocks_end(z.zone_start_pfn));
  const Pfn top = g.pageblock_start(g.pageblock_of(z.zone_end_pfn()));
  if (s.migrate >= s.free || s.migrate < bottom || s.free > top) {
    s.migrate = bottom;
    s.free = top;
  }
  FreeScanner targets(mm_, z, s.free, rq.cpu);
  CompactResult result = CompactResult::complete;
  Work work(mm_.nodes());
  Receipt receipt = mm_.receipt();
  int unpaid = 0;
  while (s.migrate < targets.position()) {
    const Pfn block = s.migrate;
    s.migrate += PageCount{z.buddy.geometry().pageblock_pages()};
    if (priority == CompactPriority::async && z.buddy.pageblock_type(block) != rq.type) continue;
    targets.stop_above(s.migrate);
    // As many free pages as there are to move, pageblock by pageblock (isolate_freepages).
    while (targets.pages() < to_move(z, block)) {
      co_await receipt.lock(host, z.node, z.type);
      if (!targets.refill(receipt)) break;
    }
    if (!online_in(z, block)) continue;
    const PageCount moved = compact_pageblock(z, block, targets, work, receipt);
    if (moved.value > 0 || ++unpaid == kScansAtOnce) {
      unpaid = 0;
      co_await receipt.spend(host);
      co_await spend_scans(host, work);
      co_await reclaim_.migration().spend(host, block, z.node, moved);
    }
    if (moved.value > 0) co_await drain_local(host, z, rq.cpu, receipt);
    if (z.buddy.meets(rq.order, rq.type)) {
      result = CompactResult::success;
      break;
    }
  }
  s.free = targets.position();
  if (result == CompactResult::complete) s.migrate = s.free = bottom;
  targets.give_back(receipt);
  co_await receipt.spend(host);
  co_await spend_scans(host, work);
  co_return result;
}

// What it has freed lies on the lists of its CPU: in the buddy it can merge
// (lru_add_drain_cpu_zone).
Task<void> Compaction::drain_local(Host& host, Zone& z, CpuId cpu, Receipt& receipt) {
  if (z.pcp(cpu).count().value == 0) co_return;
  co_await receipt.lock(host, z.node, z.type);
  z.pcp(cpu).drain(z.pcp_zone(receipt));
  co_await receipt.spend(host);
}

PageCount Compaction::to_move(const Zone& z, Pfn block) const {
  const Lru& lru = reclaim_.lru();
  PageCount pages;
  for (LruRef r = lru.first_in_pageblock(block); r != kNoRun; r = lru.next_in_pageblock(r))
    if (may_move(lru[r], z)) pages += lru[r].pages;
  return pages;
}

// Looks at every page frame of the pageblock and moves what it can.
PageCount Compaction::compact_pageblock(Zone& z, Pfn block, FreeScanner& targets, Work& work,
                                        Receipt& receipt) {
  VmEvents& events = reclaim_.events();
  const Lru& lru = reclaim_.lru();
  const PfnRange range{block, block + PageCount{z.buddy.geometry().pageblock_pages()}};
  const std::int64_t scanned =
      z.buddy.geometry().pageblock_pages() -
      std::min(z.buddy.free_in(range).value, z.buddy.geometry().pageblock_pages() - 1);
  PageCount pages;
  PageCount moved;
  for (LruRef r = lru.first_in_pageblock(block); r != kNoRun;) {
    const LruRef next = lru.next_in_pageblock(r);
    if (may_move(lru[r], z)) {
      pages += lru[r].pages;
      moved += reclaim_.migration().migrate_run(
          r, [&](Pfn from, int order) { return targets.replace(from, order, receipt); });
    }
    r = next;
  }
  const std::int64_t free_scanned = targets.take_scanned();
  events.compact_migrate_scanned += scanned;
  events.compact_free_scanned += free_scanned;
  events.compact_isolated += pages.value;
  events.pgmigrate_success += moved.value;
  events.pgmigrate_fail += (pages - moved).value;
  const MemmapPlace memmap = reclaim_.memmap(block, z.node);
  work.scanned.add(memmap, PageCount{scanned + free_scanned});
  if (!z.contiguous) work.looked_up.add(memmap, PageCount{1});
  return moved;
}

// Where the zone has holes, each pageblock is looked up first (pageblock_pfn_to_page).
Task<void> Compaction::spend_scans(Host& host, Work& work) {
  const Work done = std::exchange(work, Work(mm_.nodes()));
  co_await reclaim_.spend_work(host, Primitive::contiguity_check, done.looked_up);
  co_await reclaim_.spend_work(host, Primitive::compact_scan, done.scanned);
}

Task<void> Compaction::kcompactd(Host& host, NodeId node) {
  Daemon& daemon = daemons_[node.index()];
  for (;;) {
    while (daemon.order == 0) {
      daemon.asleep = true;
      co_await wait_for(host, Condition::kcompactd_wakeup, node);
      daemon.asleep = false;
    }
    AllocRequest rq = test_request(daemon.order, daemon.highest);
    rq.cpu = mm_.node(node).kthread_cpu();
    daemon.order = 0;
    daemon.highest = ZoneType::dma;
    for (Zone& z : mm_.node(node).zones) {
      if (z.type > rq.highest || !z.populated() || deferred(z, rq.order)) continue;
      if (Mm::watermark_ok(z, z.wmark(Mark::min), rq, z.buddy.free_pages()) ||
          !suitable(z, rq.order, z.type))
        continue;
      const CompactResult done = co_await compact_zone(host, z, rq, CompactPriority::light);
      if (done == CompactResult::success) expect_success(state(z).order_failed, rq.order);
      if (done != CompactResult::complete) continue;
      // What lies on CPUs' lists could merge (drain_all_pages).
      Receipt receipt = mm_.receipt();
      for (std::size_t i = 0; i < z.pcps.size(); ++i)
        co_await drain_local(host, z, z.pcps[i].cpu(), receipt);
      defer(z, rq.order);
    }
  }
}

void Compaction::wakeup_kcompactd(NodeId node, int order, ZoneType highest) {
  Daemon& daemon = daemons_[node.index()];
  if (order == 0) return;
  daemon.order = std::max(daemon.order, order);
  daemon.highest = std::max(daemon.highest, highest);
  if (!daemon.asleep || !node_suitable(node, daemon.order, daemon.highest)) return;
  ++reclaim_.events().compact_daemon_wake;
  reclaim_.wake(Condition::kcompactd_wakeup, node);
}

}  // namespace mhp::kernel
