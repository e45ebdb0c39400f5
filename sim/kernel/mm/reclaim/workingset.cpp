#include "sim/kernel/mm/reclaim/workingset.hpp"

#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::kernel {

Shadow Workingset::eviction(const LruRun& run, PageCount pages) {
  Shadow shadow;
  shadow.node = static_cast<std::uint16_t>(run.node.index());
  const Lru& lru = reclaim_.lru();
  if (!lru.generations()) return shadow;
  const GenType type = gen_type(run.list);
  shadow.min_seq = static_cast<std::uint32_t>(lru.sequence(run.lruvec()).oldest(type));
  shadow.refs = run.refs;
  reclaim_.multi_gen_lru().control(run.lruvec()).evicted(type, lru_tier(run.refs), pages.value);
  return shadow;
}

// A refault counts against its tier while the generation that it was evicted from is the oldest
// still. Pages that are faulted in, and those that were used often enough, are not to go so soon
// again.
void Workingset::refault(LruRun& run, const Shadow& shadow, PageCount pages) {
  if (shadow.node != run.node.index()) return;
  VmEvents& events = reclaim_.events();
  const bool file = is_file(run.list);
  (file ? events.workingset_refault_file : events.workingset_refault_anon) += pages.value;
  const Lru& lru = reclaim_.lru();
  if (!lru.generations()) return;
  const GenType type = gen_type(run.list);
  const LruVec vec = run.lruvec();
  if (shadow.min_seq != static_cast<std::uint32_t>(lru.sequence(vec).oldest(type))) return;
  reclaim_.multi_gen_lru().control(vec).refaulted(type, lru_tier(shadow.refs), pages.value);
  (file ? events.workingset_activate_file : events.workingset_activate_anon) += pages.value;
  if (!run.mapped && shadow.refs < kMaxLruRefs - 1) return;
  run.refs = kMaxLruRefs;
  (file ? events.workingset_restore_file : events.workingset_restore_anon) += pages.value;
}

}  // namespace mhp::kernel
