// Generations as lists: lru_gen_add_folio and lru_gen_is_active of include/linux/mm_inline.h, Linux
// 6.12, and the runs that page tables show as used.
#include "sim/kernel/mm/reclaim/lru.hpp"

namespace mhp::kernel {

// Hot pages begin in the youngest generation; what cannot be evicted at once in the second
// youngest; what is to go first in the oldest, and other page cache in the next.
std::uint8_t Lru::generation_for(const LruRun& run, bool active, bool reclaiming) const {
  const GenSequence& seq = sequence(run.lruvec());
  const GenType type = gen_type(run.list);
  if (active) return GenSequence::slot(seq.max_seq);
  if ((type == GenType::anon && !run.swap_cache) || run.writeback)
    return GenSequence::slot(seq.max_seq - 1);
  const std::int64_t oldest = seq.oldest(type);
  const bool first = reclaiming || oldest + kMinNrGens >= seq.max_seq;
  return GenSequence::slot(first ? oldest : oldest + 1);
}

void Lru::enter_generation(LruRef ref, bool active) {
  LruRun& run = links_[ref].run;
  if (!generations() || run.list == LruList::unevictable) return;
  run.list = inactive_of(run.list);
  run.gen = generation_for(run, active, false);
  if (run.young) enter_young(ref);
}

void Lru::move_to_generation(LruRef ref, std::uint8_t gen, bool old_end) {
  unlink(ref);
  links_[ref].run.gen = gen;
  old_end ? link_old(ref) : link_young(ref);
}

PageCount Lru::generation_size(LruVec vec, GenType type, std::uint8_t gen) const {
  PageCount n;
  for (const List& zone : lists_[index(vec)][slot_of(type, gen)]) n += PageCount{zone.pages};
  return n;
}

PageCount Lru::generations_size(LruVec vec, ZoneType zone, LruList list) const {
  const GenSequence& seq = sequence(vec);
  const auto& slots = lists_[index(vec)];
  PageCount n;
  for (std::uint8_t gen = 0; gen < kMaxNrGens; ++gen)
    if (seq.is_active(gen) == is_active(list))
      n += PageCount{slots[slot_of(gen_type(list), gen)][static_cast<std::size_t>(zone)].pages};
  return n;
}

void Lru::set_young(LruRef ref) {
  LruRun& run = links_[ref].run;
  if (run.young) return;
  run.young = true;
  enter_young(ref);
}

void Lru::clear_young(LruRef ref) {
  leave_young(ref);
  links_[ref].run.young = false;
}

void Lru::enter_young(LruRef ref) {
  Link& link = links_[ref];
  if (link.run.gen == kNoGeneration) return;
  YoungRuns& young = young_[index(link.run.lruvec())][at(gen_type(link.run.list))];
  link.before = young.last;
  link.after = kNoRun;
  (young.last == kNoRun ? young.first : links_[young.last].after) = ref;
  young.last = ref;
}

void Lru::leave_young(LruRef ref) {
  Link& link = links_[ref];
  if (link.run.gen == kNoGeneration || !link.run.young) return;
  YoungRuns& young = young_[index(link.run.lruvec())][at(gen_type(link.run.list))];
  (link.before == kNoRun ? young.first : links_[link.before].after) = link.after;
  (link.after == kNoRun ? young.last : links_[link.after].before) = link.before;
  link.before = link.after = kNoRun;
}

}  // namespace mhp::kernel
