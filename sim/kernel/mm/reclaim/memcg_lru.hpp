#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/kernel/mm/reclaim/lruvec.hpp"

namespace mhp::kernel {

/// What a look at a memory cgroup does to its place in a node's order (MEMCG_LRU_*).
enum class MemcgOp : std::uint8_t {
  stay,
  tail,   ///< to the end of its generation: it is looked at once more in this walk
  young,  ///< to the next generation: not again before all others
};

/// In which order multi-generational LRU looks at the memory cgroups of a node: those of the oldest
/// generation, from its head (struct lru_gen_memcg of include/linux/mmzone.h, Linux 6.12). Each
/// generation is one list, and a walk begins where the last one stopped; the kernel spreads it over
/// eight lists and draws with which a walk begins.
class MemcgLru {
 public:
  MemcgLru() { add({}); }

  /// A new memory cgroup, at the end of the oldest generation.
  void add(MemcgId memcg);
  void rotate(MemcgId memcg, MemcgOp op);
  /// A walk stops here: the next one has it last.
  void begin_after(MemcgId memcg);

  std::size_t oldest() const { return static_cast<std::size_t>(seq_) % kGenerations; }
  const std::vector<MemcgId>& of(std::size_t generation) const { return fifo_[generation]; }
  /// It has been put to the end of its generation since it came there.
  bool at_tail(MemcgId memcg) const { return places_[memcg.index()].at_tail; }

 private:
  static constexpr std::size_t kGenerations = 3;  ///< MEMCG_NR_GENS
  struct Place {
    std::size_t generation = 0;
    bool at_tail = false;
  };

  std::int64_t seq_ = 0;
  std::array<std::vector<MemcgId>, kGenerations> fifo_;
  std::vector<Place> places_;  ///< by memory cgroup
};

}  // namespace mhp::kernel
