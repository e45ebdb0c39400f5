// What becomes of the oldest generation: isolate_folios, sort_folio and evict_folios of
// mm/vmscan.c, Linux 6.12. Pages whose writing ends while they are isolated get a second chance
// there; here they are never off the lists, and go to the tail as always.
#include <algorithm>
#include <utility>
#include <vector>

#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/mglru.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

/// What one hold of the list's lock has done; the time that it takes is spent at its end.
struct MultiGenLru::Eviction {
  explicit Eviction(Mm& mm)
      : receipt(mm.receipt()), scanned(mm.nodes()), moved(mm.nodes()), freed(mm.nodes()) {}
  Receipt receipt;
  MemmapWork scanned;
  MemmapWork moved;
  MemmapWork freed;
  std::vector<std::pair<Pfn, PageCount>> demoted;  ///< from where, how many
  std::optional<AllocRequest> waits;               ///< what a demotion has to await (RunMove)
  bool awaits_request = false;  ///< of writeback, for the next page to be written
  bool waited = false;          ///< for that one already
  std::int64_t isolated = 0;
  std::int64_t sorted = 0;
  std::int64_t written = 0;  ///< to swap
  std::int64_t unmapped = 0;
  std::int64_t dropped = 0;
  std::int64_t moved_down = 0;
};

// isolate_folios: the older generation first, then by swappiness and by what came back. Not tried:
// a tier, which is chosen with the type or after it.
GenControl::Choice MultiGenLru::choose(LruVec vec, std::int64_t swappiness) const {
  const GenControl& control = controls_[index(vec)];
  const GenSequence& seq = reclaim_.lru().sequence(vec);
  GenType type = GenType::file;
  if (swappiness == 0)
    type = GenType::file;
  else if (seq.oldest(GenType::anon) < seq.oldest(GenType::file))
    type = GenType::anon;
  else if (swappiness == 1)
    type = GenType::file;
  else if (swappiness == kMaxSwappiness)
    type = GenType::anon;
  else
    return control.type_to_scan(swappiness);
  return {type, control.tier_of(type)};
}

Task<std::int64_t> MultiGenLru::evict_folios(Host& host, LruVec vec, ScanControl& sc,
                                             std::int64_t swappiness) {
  Eviction batch(mm_);
  GenControl::Choice choice = choose(vec, swappiness);
  std::int64_t scanned = 0;
  for (int types = swappiness > 0 ? 2 : 1; types > 0 && scanned == 0; --types) {
    scanned = co_await scan_folios(host, vec, sc, choice.type, choice.tier, batch);
    choice.type = other(choice.type);
    choice.tier = control(vec).tier_of(choice.type);
  }
  if (try_to_inc_min_seq(vec, swappiness > 0)) ++scanned;
  const GenType scarce = swappiness > 0 ? GenType::anon : GenType::file;
  if (reclaim_.lru().sequence(vec).generations(scarce) == kMinNrGens) scanned = 0;
  co_await spend(host, vec.node, batch);
  co_return scanned;
}

// The zone that is wanted first, then those below it, at last those that do not help: their pages
// go to the next generation.
Task<std::int64_t> MultiGenLru::scan_folios(Host& host, LruVec vec, ScanControl& sc, GenType type,
                                            int tier, Eviction& batch) {
  Lru& lru = reclaim_.lru();
  const GenSequence& seq = lru.sequence(vec);
  batch.isolated = batch.sorted = batch.dropped = batch.moved_down = 0;
  std::int64_t remaining = kMaxLruBatch;
  for (std::size_t i = kZoneTypes; i > 0; --i) {
    const auto zone =
        static_cast<ZoneType>((static_cast<std::size_t>(sc.highest) + i) % kZoneTypes);
    while (remaining > 0 && batch.isolated < kMinLruBatch && seq.generations(type) > kMinNrGens) {
      const LruRef ref = lru.eldest(vec, type, GenSequence::slot(seq.oldest(type)), zone);
      if (ref == kNoRun) break;
      const PageCount pages = lru[ref].pages;
      if (sort_folio(ref, sc, type, tier, batch)) {
        remaining -= pages.value;
        continue;
      }
      const std::int64_t before = batch.isolated;
      shrink_folio(ref, std::min(pages, PageCount{kMinLruBatch - before}), sc, batch);
      remaining -= batch.isolated - before;
      if (const auto waits = std::exchange(batch.waits, std::nullopt))
        co_await mm_.ready(host, *waits, batch.receipt);
      if (std::exchange(batch.awaits_request, false)) {
        co_await batch.receipt.spend(host);
        co_await reclaim_.writeback().wait_for_request(host);
        sc.plug = {};
        batch.waited = true;
      }
    }
    if (remaining <= 0 || batch.isolated >= kMinLruBatch) break;
  }
  const bool file = type == GenType::file;
  sc.nr_scanned += batch.isolated;
  sc.nr_reclaimed += batch.dropped + batch.moved_down;
  reclaim_.account_scan(sc, file, batch.isolated);
  reclaim_.account_steal(sc, file, batch.dropped);
  reclaim_.events().pgrefill += batch.sorted;
  co_return batch.isolated > 0 || remaining <= 0 ? batch.isolated + batch.sorted : 0;
}

// Pages that are not evicted now: of a tier that is spared, of a zone that does not help, or not
// written yet. Dirty page cache is written by the flusher threads: here by the one that writes.
bool MultiGenLru::sort_folio(LruRef ref, ScanControl& sc, GenType type, int tier, Eviction& batch) {
  const LruRun& run = reclaim_.lru()[ref];
  const int own = lru_tier(run.refs);
  const bool spared = own > tier || run.refs == kMaxLruRefs;
  const bool helps = run.zone <= sc.highest;
  const bool unwritten = run.writeback || (type == GenType::file && run.dirty);
  if (!spared && helps && !unwritten) return false;
  batch.sorted += run.pages.value;
  batch.moved.add(reclaim_.memmap(run.pfn, run.node), run.pages);
  if (spared)
    control(run.lruvec()).spared(type, own, run.pages.value);
  else if (helps && !run.writeback)
    reclaim_.writeback().start(ref, sc.plug);
  inc_gen(ref, spared || !helps);
  return true;
}

// folio_inc_gen: `oldest_first` pages are the next to go there.
void MultiGenLru::inc_gen(LruRef ref, bool oldest_first) {
  Lru& lru = reclaim_.lru();
  LruRun& run = lru[ref];
  const GenType type = gen_type(run.list);
  run.refs = 0;
  run.referenced = false;
  lru.move_to_generation(ref, GenSequence::slot(lru.sequence(run.lruvec()).oldest(type) + 1),
                         oldest_first);
}

// shrink_folio_list, of the first pages of a run. Page cache that was used through calls goes all
// the same if it is clean (FOLIOREF_RECLAIM_CLEAN); what page tables show as used does not.
void MultiGenLru::shrink_folio(LruRef ref, PageCount part, ScanControl& sc, Eviction& batch) {
  LruRun& run = reclaim_.lru()[ref];
  // isolate_folio.
  if (!run.referenced) run.refs = std::min<std::uint8_t>(run.refs, 1);
  if (run.mapped && run.young) {
    batch.isolated += part.value;
    return reject(ref, batch);
  }
  if (demote(ref, part, sc, batch)) return;
  if (reclaim_.lru()[ref].dirty) {
    if (part < reclaim_.lru()[ref].pages) reclaim_.migration().split_run(ref, part);
    batch.awaits_request = !batch.waited && reclaim_.writeback().must_wait(ref, sc.plug);
    if (batch.awaits_request) return;
    batch.waited = false;
    batch.isolated += part.value;
    return write_out(ref, sc, batch);
  }
  batch.isolated += part.value;
  drop(ref, part, sc.cpu, batch);
}

// False if there is no lower tier or it has no room.
bool MultiGenLru::demote(LruRef ref, PageCount part, ScanControl& sc, Eviction& batch) {
  const NodeId lower = reclaim_.tiers().demotion_target(reclaim_.lru()[ref].node);
  if (!lower.valid()) return false;
  const Pfn from = reclaim_.lru()[ref].pfn;
  RunMove done = reclaim_.tiers().demote(ref, part, lower, sc, batch.receipt);
  batch.demoted.emplace_back(from, done.pages);
  batch.isolated += done.pages.value;
  batch.moved_down += done.pages.value;
  batch.waits = std::move(done.waits);
  return done.pages.value > 0 || batch.waits;
}

// Anonymous memory on its way to swap waits in the second youngest generation, for its writing to
// end; without room in swap it is kept.
void MultiGenLru::write_out(LruRef ref, ScanControl& sc, Eviction& batch) {
  Lru& lru = reclaim_.lru();
  LruRun& run = lru[ref];
  if (run.mapped) batch.unmapped += run.pages.value;
  if (!reclaim_.writeback().start(ref, sc.plug)) return reject(ref, batch);
  batch.written += run.pages.value;
  batch.scanned.add(reclaim_.memmap(run.pfn, run.node), run.pages);
  run.referenced = run.refs > 0;
  lru.move_to_generation(ref, GenSequence::slot(lru.sequence(run.lruvec()).max_seq - 1));
}

// Not to the oldest generation again: to the youngest. Neighbours in the page table that were used
// go with it (lru_gen_look_around): the run is one of them.
void MultiGenLru::reject(LruRef ref, Eviction& batch) {
  Lru& lru = reclaim_.lru();
  const LruRun& run = lru[ref];
  batch.scanned.add(reclaim_.memmap(run.pfn, run.node), run.pages);
  lru.clear_young(ref);
  update_gen(ref, GenSequence::slot(lru.sequence(run.lruvec()).max_seq));
}

void MultiGenLru::drop(LruRef ref, PageCount pages, CpuId cpu, Eviction& batch) {
  Lru& lru = reclaim_.lru();
  const LruRun& run = lru[ref];
  const MemmapPlace place = reclaim_.memmap(run.pfn, run.node);
  batch.dropped += pages.value;
  batch.scanned.add(place, pages);
  batch.freed.add(place, pages);
  if (run.mapped) batch.unmapped += pages.value;
  const PfnRange range{run.pfn, run.pfn + pages};
  run.owner->reclaimed(ref, range);
  lru.shrink(ref, pages);
  mm_.free_page_range(range, batch.receipt, cpu);
}

Task<void> MultiGenLru::spend(Host& host, NodeId node, Eviction& batch) const {
  co_await batch.receipt.spend(host);
  co_await reclaim_.spend_work(host, Primitive::lru_scan, batch.scanned);
  co_await reclaim_.spend_work(host, Primitive::lru_scan, batch.moved);
  co_await reclaim_.spend_work(host, Primitive::lru_move, batch.moved);
  co_await kernel::spend(host, Primitive::page_unmap, batch.unmapped);
  co_await kernel::spend(host, Primitive::swap_out_page,
                         mm_.geometry().contents(PageCount{batch.written}), node);
  co_await reclaim_.spend_work(host, Primitive::page_reclaim, batch.freed);
  for (const auto& [from, pages] : batch.demoted)
    co_await reclaim_.migration().spend(host, from, node, pages);
}

}  // namespace mhp::kernel
