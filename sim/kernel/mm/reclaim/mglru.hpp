#pragma once

#include <cstdint>
#include <vector>

#include "sim/core/host.hpp"
#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/mm/reclaim/lru.hpp"
#include "sim/kernel/mm/reclaim/lru_gen.hpp"
#include "sim/kernel/mm/reclaim/memcg_lru.hpp"
#include "sim/kernel/mm/reclaim/scan_control.hpp"

namespace mhp::kernel {

class Mm;
class Reclaim;

/// Multi-generational LRU: when generations are made, and which pages of the oldest go. Takes the
/// place of the active and inactive lists where the kernel has it on (mm/vmscan.c of Linux 6.12,
/// what is between CONFIG_LRU_GEN). Where pages stand is Lru's business; what becomes of a page
/// that is evicted is that of the classic lists.
class MultiGenLru {
 public:
  MultiGenLru(Mm& mm, Reclaim& reclaim, std::int64_t swappiness);

  /// Reclaims from a node, once for a round of kswapd or of a task (lru_gen_shrink_node): no more
  /// rounds for the sake of compaction, and nothing while nothing may be written.
  Task<void> shrink_node(Host& host, NodeId node, ScanControl& sc);
  /// Reclaims from a memory cgroup at its limit (lru_gen_shrink_lruvec).
  Task<void> shrink_lruvec(Host& host, LruVec vec, ScanControl& sc);
  /// One more memory cgroup (lru_gen_online_memcg).
  void add_memcg();

  /// A use through a call: counted, and no more (folio_inc_refs).
  static void inc_refs(LruRun& run);
  GenControl& control(LruVec vec) { return controls_[index(vec)]; }

 private:
  struct Eviction;

  std::size_t index(LruVec vec) const { return vec.memcg.index() * nodes_ + vec.node.index(); }
  // mglru.cpp
  std::int64_t get_swappiness(LruVec vec, const ScanControl& sc) const;
  void set_initial_priority(NodeId node, ScanControl& sc) const;
  bool should_abort_scan(NodeId node, const ScanControl& sc) const;
  /// Whether it was out of pages to evict, and made a generation instead.
  Task<bool> try_to_shrink_lruvec(Host& host, LruVec vec, ScanControl& sc);
  Task<std::int64_t> get_nr_to_scan(Host& host, LruVec vec, ScanControl& sc, bool can_swap);
  // mglru_memcg.cpp
  bool is_sizable(LruVec vec, const ScanControl& sc) const;
  Task<MemcgOp> shrink_one(Host& host, LruVec vec, ScanControl& sc);
  Task<void> shrink_many(Host& host, NodeId node, ScanControl& sc);
  // mglru_age.cpp
  bool should_run_aging(LruVec vec, bool can_swap, std::int64_t& total) const;
  Task<void> inc_max_seq(Host& host, LruVec vec, bool can_swap);
  void inc_min_seq(LruVec vec, GenType type, bool can_swap);
  bool try_to_inc_min_seq(LruVec vec, bool can_swap);
  void update_gen(LruRef ref, std::uint8_t gen);
  // mglru_evict.cpp
  Task<std::int64_t> evict_folios(Host& host, LruVec vec, ScanControl& sc, std::int64_t swappiness);
  GenControl::Choice choose(LruVec vec, std::int64_t swappiness) const;
  Task<std::int64_t> scan_folios(Host& host, LruVec vec, ScanControl& sc, GenType type, int tier,
                                 Eviction& batch);
  bool sort_folio(LruRef ref, ScanControl& sc, GenType type, int tier, Eviction& batch);
  void inc_gen(LruRef ref, bool oldest_first);
  void shrink_folio(LruRef ref, PageCount part, ScanControl& sc, Eviction& batch);
  bool demote(LruRef ref, PageCount part, ScanControl& sc, Eviction& batch);
  void write_out(LruRef ref, ScanControl& sc, Eviction& batch);
  void reject(LruRef ref, Eviction& batch);
  void drop(LruRef ref, PageCount pages, CpuId cpu, Eviction& batch);
  Task<void> spend(Host& host, NodeId node, Eviction& batch) const;

  Mm& mm_;
  Reclaim& reclaim_;
  const std::int64_t swappiness_;
  const std::size_t nodes_;
  std::vector<GenControl> controls_;  ///< by lruvec
  std::vector<MemcgLru> memcg_lru_;   ///< by node
};

}  // namespace mhp::kernel
