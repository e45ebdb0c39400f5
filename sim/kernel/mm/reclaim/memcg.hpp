#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/host.hpp"
#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/mm/reclaim/lruvec.hpp"
#include "sim/kernel/mm/reclaim/memcg_config.hpp"

namespace mhp::kernel {

class Mm;
class Receipt;
class Reclaim;
class Memcgs;
struct ScanControl;

/// Pages that a task charges ahead when its stock is empty (MEMCG_CHARGE_BATCH).
inline constexpr std::int64_t kMemcgChargeBatch = 64;
/// Scale of the sleep above memory.high (MEMCG_DELAY_PRECISION_SHIFT, MEMCG_DELAY_SCALING_SHIFT of
/// mm/memcontrol.c, Linux 6.12), and the longest one in seconds (MEMCG_MAX_HIGH_DELAY_JIFFIES).
inline constexpr int kMemcgDelayPrecisionShift = 20;
inline constexpr int kMemcgDelayScalingShift = 14;
inline constexpr std::int64_t kMemcgMaxHighDelaySeconds = 2;

/// The counters of memory.events, and pages that reclaim has taken.
struct MemcgEvents {
  std::int64_t low = 0;   ///< reclaims from it although it was within memory.low
  std::int64_t high = 0;  ///< reclaims because it was above memory.high
  std::int64_t max = 0;   ///< reclaims because a charge would have gone beyond memory.max
  std::int64_t oom = 0;   ///< times that these did not help
  std::int64_t oom_kill = 0;
  PageCount reclaimed;
  std::int64_t high_delay = 0;  ///< jiffies that its tasks slept above memory.high
};

/// One memory cgroup: a child of the root, without children (struct mem_cgroup).
struct Memcg {
  /// What reclaim of either kind has cost so far, on one node.
  struct Cost {
    std::int64_t anon = 0;
    std::int64_t file = 0;
  };
  static constexpr PageCount kUnlimited{std::numeric_limits<std::int64_t>::max()};

  std::string name;
  PageCount max = kUnlimited;
  PageCount high = kUnlimited;
  PageCount low;
  PageCount swap_max = kUnlimited;
  PageCount usage;  ///< memory.current: what is charged, and what tasks have charged ahead
  PageCount peak;   ///< memory.peak
  PageCount swap;   ///< memory.swap.current
  MemcgEvents events;
  std::vector<Cost> cost;  ///< by node

  PageCount margin() const { return max > usage ? max - usage : PageCount{0}; }
};

/// A task as its memory cgroup sees it: what it has charged ahead (struct memcg_stock_pcp: each
/// task has a processor of its own), and what it has charged above memory.high since it last
/// answered for it (memcg_nr_pages_over_high).
class MemcgTask {
 public:
  /// `node`: on whose processors it runs.
  MemcgTask(Memcgs& all, MemcgId memcg, NodeId node);
  MemcgTask(const MemcgTask&) = delete;
  MemcgTask& operator=(const MemcgTask&) = delete;
  ~MemcgTask();

  MemcgId memcg() const { return memcg_; }
  PageCount stock() const { return stock_; }

 private:
  friend class Memcgs;
  Memcgs& all_;
  const MemcgId memcg_;
  const NodeId node_;
  PageCount stock_;
  PageCount over_high_;
};

/// How far a charge goes (the GFP flags of the page that is charged).
struct ChargeRule {
  bool may_wait = true;  ///< else it fails where reclaim would be needed
  bool noretry = false;  ///< __GFP_NORETRY: one reclaim
};

/// How a walk over memory cgroups goes: the whole tree, or on from where the last one of the node
/// stopped (struct mem_cgroup_reclaim_cookie).
struct MemcgWalk {
  MemcgId target;
  NodeId node;
  bool partial = false;
  std::optional<MemcgId> last = {};  ///< that it has come to
  std::int64_t generation = 0;
};

/// The memory cgroups of version 2: whose pages are whose, how many each may have, and what happens
/// at its limits (mm/memcontrol.c, Linux 6.12). All are children of the root and have none. Charged
/// are the pages of populations and what a workload's processes have the kernel take for them; the
/// memmap, slab and all else is the root's, which has no limits and counts nothing.
class Memcgs {
 public:
  Memcgs(Mm& mm, Reclaim& reclaim);

  /// Before anything is charged or reclaimed.
  MemcgId create(const MemcgConfig& config);
  std::size_t size() const { return all_.size(); }
  Memcg& operator[](MemcgId id) { return all_[id.index()]; }
  const Memcg& operator[](MemcgId id) const { return all_[id.index()]; }
  std::optional<MemcgId> find(std::string_view name) const;

  // memcg_charge.cpp
  /// Charges base pages that the task has just got, each for itself, or a huge page as one. At
  /// memory.max it reclaims from the memory cgroup and at last kills in it; above memory.high the
  /// task reclaims and sleeps. False if there is no room: then nothing is charged.
  Task<bool> charge(Host& host, MemcgTask& task, PageCount pages, Receipt& receipt);
  Task<bool> charge_huge(Host& host, MemcgTask& task, PageCount pages, ChargeRule rule,
                         Receipt& receipt);
  /// Pages are freed, or those that were charged have not been used.
  void uncharge(MemcgId id, PageCount pages);
  /// Reclaim has taken pages.
  void reclaimed(MemcgId id, PageCount pages);

  /// Pages go to swap: false if memory.swap.max does not allow it. And come back.
  bool charge_swap(MemcgId id, PageCount pages);
  void uncharge_swap(MemcgId id, PageCount pages);
  /// How many more pages of a memory cgroup may go to swap, as far as its limit goes.
  PageCount swap_margin(MemcgId id) const;

  /// memory.low as it counts in a reclaim from `target`: not in one of the memory cgroup itself
  /// (mem_cgroup_protection).
  PageCount protection(MemcgId target, MemcgId id) const;
  /// Within it (mem_cgroup_below_low).
  bool below_low(MemcgId target, MemcgId id) const;
  /// The next memory cgroup of a walk; nothing at its end (mem_cgroup_iter).
  std::optional<MemcgId> next(MemcgWalk& walk);

  /// Jiffies that a task sleeps which has charged so many pages above memory.high
  /// (calculate_high_delay).
  static std::int64_t high_delay(PageCount usage, PageCount high, PageCount pages);

  /// What is charged adds up: memory on the lists, stocks, and what was charged and is not used yet
  /// are not less than what is on the lists.
  void validate() const;

 private:
  friend class MemcgTask;
  /// Where walks of a node are (struct mem_cgroup_reclaim_iter).
  struct Iter {
    std::optional<MemcgId> position;
    std::int64_t generation = 0;
  };

  Task<bool> try_charge(Host& host, MemcgTask& task, PageCount pages, ChargeRule rule,
                        Receipt& receipt);
  Task<PageCount> reclaim_for(Host& host, const MemcgTask& task, PageCount pages);
  Task<bool> out_of_memory(Host& host, MemcgTask& task, PageCount pages);
  Task<void> handle_over_high(Host& host, MemcgTask& task, Receipt& receipt);
  void drain_stock(MemcgTask& task);
  void drain_all_stock(MemcgId id);
  std::optional<MemcgId> after(std::optional<MemcgId> last) const;

  Mm& mm_;
  Reclaim& reclaim_;
  std::vector<Memcg> all_;
  std::vector<Iter> iters_;  ///< by node
  std::vector<MemcgTask*> tasks_;
};

}  // namespace mhp::kernel
