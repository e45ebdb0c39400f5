// What becomes of the pages that reclaim looks at: shrink_inactive_list and shrink_folio_list of
// mm/vmscan.c, Linux 6.12.
#include <algorithm>
#include <utility>
#include <vector>

#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

/// What one look at a list has done; the time that it takes is spent at its end.
struct Reclaim::Batch {
  explicit Batch(Mm& mm) : receipt(mm.receipt()), scanned(mm.nodes()), freed(mm.nodes()) {}
  Receipt receipt;
  MemmapWork scanned;
  MemmapWork freed;
  std::vector<std::pair<Pfn, PageCount>> demoted;  ///< from where, how many
  std::optional<AllocRequest> waits;               ///< what a demotion has to await (RunMove)
  bool awaits_request = false;  ///< of writeback, for the next page to be written
  bool waited = false;          ///< for that one already
  std::int64_t unmapped = 0;
  std::int64_t written = 0;
  std::int64_t taken = 0;
  std::int64_t dropped = 0;
  std::int64_t moved_down = 0;
};

namespace {

enum class Verdict : std::uint8_t { reclaim, keep, activate };

// folio_check_references.
Verdict check_references(LruRun& run) {
  const bool young = std::exchange(run.young, false);
  const bool referenced = std::exchange(run.referenced, false);
  if (!young) return Verdict::reclaim;
  run.referenced = true;
  return referenced ? Verdict::activate : Verdict::keep;
}

}  // namespace

// One run, of which at most so many pages are reclaimed.
void Reclaim::shrink_run(LruRef ref, PageCount most, ScanControl& sc, Batch& batch) {
  LruRun& run = lru_[ref];
  const PageCount part = std::min(run.pages, most);
  // Out of the way until it is written; kswapd that meets many of them waits for some.
  if (run.writeback) {
    const bool immediate = sc.who == Reclaimer::kswapd && kswapd_[run.node.index()].meets_writeback;
    (immediate ? sc.nr_immediate : sc.nr_writeback) += run.pages.value;
    events_.pgactivate += run.pages.value;
    return keep(ref, is_active(run.list) ? run.list : active_of(run.list), batch);
  }
  const Verdict verdict = check_references(run);
  if (verdict == Verdict::activate) {
    events_.pgactivate += run.pages.value;
    return keep(ref, active_of(run.list), batch);
  }
  if (verdict == Verdict::keep) return keep(ref, run.list, batch);
  if (const NodeId lower = tiers_.demotion_target(run.node); lower.valid()) {
    const Pfn from = run.pfn;
    RunMove done = tiers_.demote(ref, part, lower, sc, batch.receipt);
    batch.demoted.emplace_back(from, done.pages);
    batch.taken += done.pages.value;
    batch.moved_down += done.pages.value;
    batch.waits = std::move(done.waits);
    if (done.pages.value > 0 || batch.waits) return;
  }
  if (!lru_[ref].dirty) return drop(ref, part, sc.cpu, batch);
  batch.awaits_request = sc.may_writepage && !batch.waited && writeback_.must_wait(ref, sc.plug);
  if (batch.awaits_request) return;
  batch.waited = false;
  write_out(ref, sc, batch);
}

void Reclaim::keep(LruRef ref, LruList list, Batch& batch) {
  const LruRun& run = lru_[ref];
  batch.taken += run.pages.value;
  batch.scanned.add(memmap(run.pfn, run.node), run.pages);
  lru_.move_to_head(ref, list);
}

// Dirty file pages wait on the active list until they are written.
void Reclaim::write_out(LruRef ref, ScanControl& sc, Batch& batch) {
  const LruRun& run = lru_[ref];
  if (run.mapped) batch.unmapped += run.pages.value;
  if (sc.may_writepage && writeback_.start(ref, sc.plug)) batch.written += run.pages.value;
  keep(ref, is_file(run.list) ? active_of(run.list) : run.list, batch);
}

void Reclaim::drop(LruRef ref, PageCount pages, CpuId cpu, Batch& batch) {
  const LruRun& run = lru_[ref];
  const MemmapPlace place = memmap(run.pfn, run.node);
  batch.taken += pages.value;
  batch.dropped += pages.value;
  batch.scanned.add(place, pages);
  batch.freed.add(place, pages);
  if (run.mapped) batch.unmapped += pages.value;
  const PfnRange range{run.pfn, run.pfn + pages};
  run.owner->reclaimed(ref, range);
  lru_.shrink(ref, pages);
  mm_.free_page_range(range, batch.receipt, cpu);
}

// A task that reclaims for itself leaves a list alone of which more is isolated than an eighth of
// what is inactive: others work on it, and what they put back is to be reclaimed first.
bool Reclaim::too_many_isolated(NodeId node, bool file, const ScanControl& sc) const {
  if (sc.who == Reclaimer::kswapd) return false;
  const PageCount inactive =
      lru_.size(node, file ? LruList::inactive_file : LruList::inactive_anon);
  return lru_.isolated(node, file).value > inactive.value >> 3;
}

// VMSCAN_THROTTLE_ISOLATED: a process waits 20 ms, once, kernel threads do not; false if the list
// is still to be left alone. A task that is to die is told that it has what it wants.
Task<bool> Reclaim::wait_for_isolated(Host& host, NodeId node, bool file, ScanControl& sc) {
  ++events_.throttled_isolated;
  if (!sc.kthread) co_await sleep_jiffies(host, kHz / 50);
  if (sc.signals != nullptr && sc.signals->pending()) {
    sc.nr_reclaimed += kSwapClusterMax;
    co_return false;
  }
  co_return !too_many_isolated(node, file, sc);
}

Task<void> Reclaim::shrink_inactive_list(Host& host, LruVec vec, LruList list, std::int64_t n,
                                         ScanControl& sc) {
  const NodeId node = vec.node;
  if (too_many_isolated(node, is_file(list), sc) &&
      !co_await wait_for_isolated(host, node, is_file(list), sc))
    co_return;
  Batch batch(mm_);
  while (batch.taken < n) {
    const LruRef ref = lru_.oldest(vec, list, sc.highest);
    if (ref == kNoRun) break;
    shrink_run(ref, PageCount{n - batch.taken}, sc, batch);
    if (const auto waits = std::exchange(batch.waits, std::nullopt))
      co_await mm_.ready(host, *waits, batch.receipt);
    if (std::exchange(batch.awaits_request, false)) {
      co_await batch.receipt.spend(host);
      co_await writeback_.wait_for_request(host);
      sc.plug = {};
      batch.waited = true;
    }
  }
  const std::int64_t reclaimed = batch.dropped + batch.moved_down;
  sc.nr_taken += batch.taken;
  sc.nr_scanned += batch.taken;
  sc.nr_reclaimed += reclaimed;
  account_scan(sc, is_file(list), batch.taken);
  account_steal(sc, is_file(list), batch.dropped);
  note_cost(vec, is_file(list), batch.written, batch.taken - reclaimed);
  co_await batch.receipt.spend(host);
  co_await spend_work(host, Primitive::lru_scan, batch.scanned);
  co_await spend(host, Primitive::page_unmap, batch.unmapped);
  if (!is_file(list))
    co_await spend(host, Primitive::swap_out_page,
                   mm_.geometry().contents(PageCount{batch.written}), node);
  co_await spend_work(host, Primitive::page_reclaim, batch.freed);
  for (const auto& [from, pages] : batch.demoted)
    co_await migration_.spend(host, from, node, pages);
}

}  // namespace mhp::kernel
