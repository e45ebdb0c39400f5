// How generations come and go: try_to_inc_max_seq, inc_max_seq, try_to_inc_min_seq and
// should_run_aging of mm/vmscan.c, Linux 6.12.
#include <algorithm>

#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/mglru.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

// Eviction needs a generation more than MIN_NR_GENS. Where it has just that, pages are to be spread
// evenly: no more than a half in the youngest, no less than a quarter in the oldest.
bool MultiGenLru::should_run_aging(LruVec vec, bool can_swap, std::int64_t& total) const {
  const Lru& lru = reclaim_.lru();
  const GenSequence& seq = lru.sequence(vec);
  const std::int64_t oldest = seq.oldest(can_swap ? GenType::anon : GenType::file);
  total = 0;
  if (oldest + kMinNrGens > seq.max_seq) return true;
  std::int64_t old = 0;
  std::int64_t young = 0;
  for (const GenType type : kGenTypes) {
    if (type == GenType::anon && !can_swap) continue;
    for (std::int64_t s = seq.oldest(type); s <= seq.max_seq; ++s) {
      const std::int64_t size = lru.generation_size(vec, type, GenSequence::slot(s)).value;
      total += size;
      if (s == seq.max_seq) young += size;
      if (s + kMinNrGens == seq.max_seq) old += size;
    }
  }
  if (oldest + kMinNrGens < seq.max_seq) return false;
  return young * kMinNrGens > total || old * (kMinNrGens + 2) < total;
}

// folio_update_gen: its uses through calls are forgotten.
void MultiGenLru::update_gen(LruRef ref, std::uint8_t gen) {
  Lru& lru = reclaim_.lru();
  LruRun& run = lru[ref];
  run.refs = 0;
  run.referenced = false;
  lru.move_to_generation(ref, gen);
}

// The page tables are walked first: what they show as used goes to the youngest generation there
// is, and so is the second youngest when the new one has come. Without swap those of anonymous
// memory are not looked at.
Task<void> MultiGenLru::inc_max_seq(Host& host, LruVec vec, bool can_swap) {
  Lru& lru = reclaim_.lru();
  GenSequence& seq = lru.sequence(vec);
  MemmapWork walked(mm_.nodes());
  for (const GenType type : kGenTypes) {
    if (type == GenType::anon && !can_swap) continue;
    for (LruRef r = lru.first_young(vec, type); r != kNoRun; r = lru.first_young(vec, type)) {
      lru.clear_young(r);
      walked.add(reclaim_.memmap(lru[r].pfn, vec.node), lru[r].pages);
      update_gen(r, GenSequence::slot(seq.max_seq));
    }
  }
  for (const GenType type : kGenTypes)
    if (seq.generations(type) == kMaxNrGens) inc_min_seq(vec, type, can_swap);
  ++seq.max_seq;
  co_await reclaim_.spend_work(host, Primitive::lru_move, walked);
}

// The oldest generation gives up its number, and its pages join the next one. Anonymous memory that
// cannot be swapped stays where it is, and counts as young when its place comes round again.
void MultiGenLru::inc_min_seq(LruVec vec, GenType type, bool can_swap) {
  Lru& lru = reclaim_.lru();
  GenSequence& seq = lru.sequence(vec);
  const std::uint8_t old = GenSequence::slot(seq.oldest(type));
  if (type == GenType::file || can_swap)
    for (std::size_t z = 0; z < kZoneTypes; ++z)
      for (LruRef r = lru.eldest(vec, type, old, static_cast<ZoneType>(z)); r != kNoRun;
           r = lru.eldest(vec, type, old, static_cast<ZoneType>(z)))
        inc_gen(r, true);
  control(vec).reset(type);
  ++seq.min_seq[at(type)];
}

// Generations without pages are given up, down to MIN_NR_GENS; page cache does not overtake
// anonymous memory that could be swapped.
bool MultiGenLru::try_to_inc_min_seq(LruVec vec, bool can_swap) {
  const Lru& lru = reclaim_.lru();
  GenSequence& seq = reclaim_.lru().sequence(vec);
  std::array<std::int64_t, 2> min_seq = seq.min_seq;
  for (const GenType type : kGenTypes) {
    if (type == GenType::anon && !can_swap) continue;
    std::int64_t& min = min_seq[at(type)];
    while (min + kMinNrGens <= seq.max_seq &&
           lru.generation_size(vec, type, GenSequence::slot(min)).value == 0)
      ++min;
  }
  if (can_swap) {
    std::int64_t& anon = min_seq[at(GenType::anon)];
    std::int64_t& file = min_seq[at(GenType::file)];
    anon = std::min(anon, file);
    file = std::max(anon, seq.oldest(GenType::file));
  }
  bool moved = false;
  for (const GenType type : kGenTypes) {
    if (min_seq[at(type)] == seq.oldest(type)) continue;
    control(vec).reset(type);
    seq.min_seq[at(type)] = min_seq[at(type)];
    moved = true;
  }
  return moved;
}

}  // namespace mhp::kernel
