#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace mhp::kernel {

struct KernelConfig;
struct KernelProfile;

/// Whether reclaim goes by generations (lru_gen_enabled); nothing if they are to be turned on in a
/// kernel that was built without them.
std::optional<bool> lru_gen_enabled(const KernelConfig& config, const KernelProfile& profile);

/// Most and fewest generations that a type of pages has (MAX_NR_GENS, MIN_NR_GENS).
inline constexpr int kMaxNrGens = 4;
inline constexpr int kMinNrGens = 2;
/// Tiers within a generation, by uses through calls (MAX_NR_TIERS).
inline constexpr int kMaxNrTiers = 4;
/// Most uses beyond the first that a page remembers (BIT(LRU_REFS_WIDTH)).
inline constexpr int kMaxLruRefs = 4;
/// Fewest and most pages that eviction takes in one hold of the list's lock (MIN_LRU_BATCH,
/// MAX_LRU_BATCH on 64 bits).
inline constexpr std::int64_t kMinLruBatch = 64;
inline constexpr std::int64_t kMaxLruBatch = kMinLruBatch * 64;
/// In no generation: locked pages, and all where the classic lists are in use.
inline constexpr std::uint8_t kNoGeneration = 0xff;

/// The two kinds of pages that age apart (LRU_GEN_ANON, LRU_GEN_FILE).
enum class GenType : std::uint8_t { anon, file };
inline constexpr std::array kGenTypes{GenType::anon, GenType::file};
constexpr std::size_t at(GenType t) { return static_cast<std::size_t>(t); }
constexpr GenType other(GenType t) { return t == GenType::anon ? GenType::file : GenType::anon; }

/// Sequence numbers of a node's generations: the youngest is shared by both types, the oldest is
/// each one's own (struct lru_gen_folio of include/linux/mmzone.h, Linux 6.12).
struct GenSequence {
  std::int64_t max_seq = kMinNrGens + 1;  ///< lru_gen_init_lruvec
  std::array<std::int64_t, 2> min_seq{};

  std::int64_t oldest(GenType t) const { return min_seq[at(t)]; }
  std::int64_t generations(GenType t) const { return max_seq - oldest(t) + 1; }
  /// Where pages of a sequence number are (lru_gen_from_seq).
  static constexpr std::uint8_t slot(std::int64_t seq) {
    return static_cast<std::uint8_t>(seq % kMaxNrGens);
  }
  /// The two youngest count as active lists (lru_gen_is_active).
  bool is_active(std::uint8_t gen) const {
    return gen == slot(max_seq) || gen == slot(max_seq - 1);
  }
  /// The older of the types that may be evicted.
  std::int64_t oldest_evictable(bool can_swap) const {
    return can_swap ? std::min(min_seq[0], min_seq[1]) : oldest(GenType::file);
  }
};

/// The tier of a page that was used so many times beyond the first (lru_tier_from_refs): the binary
/// logarithm of refs + 1, rounded up.
constexpr int lru_tier(int refs) {
  int tier = 0;
  while ((1 << tier) < refs + 1) ++tier;
  return tier;
}

/// What of evicted pages came back, by type and tier: decides which type gives pages and which
/// tiers are spared. A proportional and an integral term, halved with each generation that ends
/// (struct ctrl_pos, read_ctrl_pos, reset_ctrl_pos, positive_ctrl_err of mm/vmscan.c, Linux 6.12
/// without LRU_GEN_STATS).
class GenControl {
 public:
  void evicted(GenType type, int tier, std::int64_t pages) { of(type, tier).evicted += pages; }
  void spared(GenType type, int tier, std::int64_t pages) { of(type, tier).spared += pages; }
  void refaulted(GenType type, int tier, std::int64_t pages) { of(type, tier).refaulted += pages; }
  /// A generation of the type is gone.
  void reset(GenType type);

  /// The type whose pages refault less for what they weigh; with it the last tier to evict.
  struct Choice {
    GenType type = GenType::file;
    int tier = 0;
  };
  Choice type_to_scan(std::int64_t swappiness) const;
  /// The last tier of a type that is evicted (get_tier_idx).
  int tier_of(GenType type) const;

 private:
  struct Tier {
    std::int64_t refaulted = 0;
    std::int64_t evicted = 0;
    std::int64_t spared = 0;
    std::int64_t avg_refaulted = 0;
    std::int64_t avg_total = 0;
  };
  struct Position {
    std::int64_t refaulted;
    std::int64_t total;
    std::int64_t gain;
  };
  Tier& of(GenType type, int tier) { return tiers_[at(type)][static_cast<std::size_t>(tier)]; }
  Position read(GenType type, int tier, std::int64_t gain) const;
  static bool refaults_no_more(const Position& set_point, const Position& value);

  std::array<std::array<Tier, kMaxNrTiers>, 2> tiers_{};
};

}  // namespace mhp::kernel
