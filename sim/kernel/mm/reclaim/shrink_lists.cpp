// What becomes of the pages that reclaim looks at: shrink_active_list, shrink_inactive_list and
// shrink_folio_list of mm/vmscan.c, Linux 6.12.
#include <algorithm>
#include <utility>
#include <vector>

#include "sim/kernel/hotplug/steps.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::kernel {

// folio_check_references.
Reclaim::Verdict Reclaim::check_references(LruRun& run) {
  const bool young = std::exchange(run.young, false);
  const bool referenced = std::exchange(run.referenced, false);
  if (!young) return Verdict::reclaim;
  run.referenced = true;
  return referenced ? Verdict::activate : Verdict::keep;
}

// Hands a run to writeback; anonymous memory first gets its place in swap. False if there is none.
bool Reclaim::start_writeback(LruRef ref) {
  LruRun& run = lru_[ref];
  if (!is_file(run.list) && !run.swap_cache) {
    if (swap_free_ < run.pages) return false;
    swap_free_ -= run.pages;
    run.swap_cache = true;
  }
  run.writeback = true;
  writeback_pages_ += run.pages;
  writeback_.push_back(ref);
  events_.nr_vmscan_write += run.pages.value;
  if (waker_ != nullptr) waker_->wake(static_cast<std::uint16_t>(Condition::writeback_wakeup), -1);
  return true;
}

void Reclaim::account_scan(const ScanControl& sc, bool file, std::int64_t pages) {
  (sc.who == Reclaimer::kswapd ? events_.pgscan_kswapd : events_.pgscan_direct) += pages;
  (file ? events_.pgscan_file : events_.pgscan_anon) += pages;
}

void Reclaim::account_steal(const ScanControl& sc, bool file, std::int64_t pages) {
  (sc.who == Reclaimer::kswapd ? events_.pgsteal_kswapd : events_.pgsteal_direct) += pages;
  (file ? events_.pgsteal_file : events_.pgsteal_anon) += pages;
}

// lru_note_cost: halves what is old, so that the balance follows the load.
void Reclaim::note_cost(NodeId node, bool file, std::int64_t written, std::int64_t rotated) {
  KswapdState& state = kswapd_[node.index()];
  (file ? state.file_cost : state.anon_cost) += written * kSwapClusterMax + rotated;
  PageCount all;
  for (const LruList l :
       {LruList::inactive_anon, LruList::active_anon, LruList::inactive_file, LruList::active_file})
    all += lru_.size(node, l);
  if (state.file_cost + state.anon_cost > all.value / 4) {
    state.file_cost /= 2;
    state.anon_cost /= 2;
  }
}

Task<void> Reclaim::spend_work(Host& host, Primitive primitive, const MemmapWork& work) const {
  for (std::size_t n = 0; n < work.by_node().size(); ++n) {
    const NodeId node{static_cast<std::int32_t>(n)};
    if (work.by_node()[n] > 0) co_await spend(host, primitive, work.by_node()[n], node);
    if (work.walks()[n] > 0) co_await spend(host, Primitive::memmap_walk, work.walks()[n], node);
  }
}

Task<void> Reclaim::shrink_inactive_list(Host& host, NodeId node, LruList list, std::int64_t n,
                                         ScanControl& sc) {
  const bool file = is_file(list);
  MemmapWork scanned(mm_.nodes());
  MemmapWork freed(mm_.nodes());
  std::vector<std::pair<Pfn, PageCount>> demoted;
  std::int64_t unmapped = 0;
  std::int64_t written = 0;
  std::int64_t taken = 0;
  std::int64_t reclaimed = 0;
  while (taken < n) {
    const LruRef ref = lru_.oldest(node, list, sc.highest);
    if (ref == kNoRun) break;
    LruRun& run = lru_[ref];
    const MemmapPlace memmap = this->memmap(run.pfn, run.node);
    const PageCount part{std::min(run.pages.value, n - taken)};
    if (run.writeback) {
      taken += run.pages.value;
      sc.nr_writeback += run.pages.value;
      scanned.add(memmap, run.pages);
      lru_.move_to_head(ref, list);
      continue;
    }
    const Verdict verdict = check_references(run);
    if (verdict != Verdict::reclaim) {
      taken += run.pages.value;
      scanned.add(memmap, run.pages);
      if (verdict == Verdict::activate) events_.pgactivate += run.pages.value;
      lru_.move_to_head(ref, verdict == Verdict::activate ? active_of(list) : list);
      continue;
    }
    if (const NodeId lower = demotion_target(node); lower.valid()) {
      const Pfn from = run.pfn;
      const PageCount moved = demote(ref, part, lower, sc);
      demoted.emplace_back(from, moved);
      taken += moved.value;
      reclaimed += moved.value;
      if (moved.value > 0) continue;
    }
    LruRun& here = lru_[ref];  // may lie elsewhere since a failed demotion split it
    if (here.dirty) {
      taken += here.pages.value;
      scanned.add(memmap, here.pages);
      if (here.mapped) unmapped += here.pages.value;
      if (start_writeback(ref)) {
        written += here.pages.value;
        sc.nr_writeback += here.pages.value;
      }
      lru_.move_to_head(ref, file ? active_of(list) : list);
      continue;
    }
    taken += part.value;
    reclaimed += part.value;
    scanned.add(memmap, part);
    freed.add(memmap, part);
    if (here.mapped) unmapped += part.value;
    const PfnRange pages{here.pfn, here.pfn + part};
    here.owner->reclaimed(ref, pages);
    lru_.shrink(ref, part);
    mm_.free_page_range(pages);
  }
  sc.nr_taken += taken;
  sc.nr_scanned += taken;
  sc.nr_reclaimed += reclaimed;
  account_scan(sc, file, taken);
  std::int64_t elsewhere = 0;
  for (const auto& [from, pages] : demoted) elsewhere += pages.value;
  account_steal(sc, file, reclaimed - elsewhere);
  note_cost(node, file, written, taken - reclaimed);
  co_await spend_work(host, Primitive::lru_scan, scanned);
  co_await spend(host, Primitive::page_unmap, unmapped);
  co_await spend_work(host, Primitive::page_reclaim, freed);
  for (const auto& [from, pages] : demoted) co_await spend_migration(host, from, node, pages);
}

// The oldest active pages become the youngest inactive ones, used or not.
Task<void> Reclaim::shrink_active_list(Host& host, NodeId node, LruList list, std::int64_t n,
                                       ScanControl& sc) {
  MemmapWork moved(mm_.nodes());
  for (std::int64_t taken = 0; taken < n;) {
    const LruRef ref = lru_.oldest(node, list, sc.highest);
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
