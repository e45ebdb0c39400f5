#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "sim/core/host.hpp"
#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/mm/reclaim/memmap_work.hpp"
#include "sim/kernel/mm/zone_type.hpp"

namespace mhp::kernel {

/// Where struct pages lie: looked up once for pages of one section in a row.
class MemmapPlaces {
 public:
  /// The place of the struct page of a page frame on a node.
  using Lookup = std::function<MemmapPlace(Pfn, NodeId)>;
  explicit MemmapPlaces(Lookup lookup) : lookup_(std::move(lookup)) {}

  const MemmapPlace& of(Pfn pfn, NodeId node);
  /// What is known may have changed.
  void forget() { section_ = -1; }

 private:
  Lookup lookup_;
  std::int64_t section_ = -1;
  MemmapPlace place_;
};

/// Struct pages of one node that were visited, by how the processor gets at them.
struct StructPageVisits {
  NodeId node;
  std::int64_t cold = 0;   ///< the first of a row: its line is waited for
  std::int64_t next = 0;   ///< within a page of memmap of the one before: fetched ahead
  std::int64_t walks = 0;  ///< pages of memmap mapped by themselves: a TLB miss each
  bool operator==(const StructPageVisits&) const = default;
};

/// Visits in the order in which they are made.
class VisitLog {
 public:
  /// Consecutive struct pages, from that of `pfn` on.
  void visit(Pfn pfn, PageCount pages, const MemmapPlace& memmap);
  /// Those behind a struct page that was visited just now.
  void follow(Pfn pfn, PageCount pages, const MemmapPlace& memmap);
  const std::vector<StructPageVisits>& by_node() const { return by_node_; }

 private:
  void note(Pfn pfn, PageCount pages, const MemmapPlace& memmap, bool near);
  StructPageVisits& at(NodeId node);

  std::vector<StructPageVisits> by_node_;
  std::int64_t last_ = -1;  ///< page frame of the last one
};

/// The time of such visits. The log must live until it has passed.
Task<void> spend_visits(Host& host, const VisitLog& log);

/// One hold of a zone's lock: blocks that went off its free lists and onto them.
struct ZoneLockHold {
  NodeId node;
  ZoneType zone = ZoneType::dma;
  bool handed_over = false;  ///< another CPU held it last and has the lines that holders write
  std::int64_t taken = 0;
  std::int64_t freed = 0;
  VisitLog visits;  ///< of the blocks' struct pages, under the lock
};

/// What the page allocator has done since it was last asked: its plain functions write it down, and
/// the task that called them takes it and spends it, before anybody else comes.
class AllocatorWork {
 public:
  struct Batch {
    std::int64_t allocations = 0;  ///< calls
    std::int64_t frees = 0;
    std::int64_t tails_freed = 0;  ///< pages of freed blocks besides their first
    VisitLog visits;               ///< outside any lock
    std::vector<ZoneLockHold> holds;
  };

  explicit AllocatorWork(MemmapPlaces::Lookup memmap) : places_(std::move(memmap)) {}

  /// A block was handed out. `tails`: all of its struct pages are visited, the first was before.
  void allocated(Pfn pfn, int order, NodeId node, bool tails);
  void freed(Pfn pfn, int order, NodeId node);
  /// A range was taken or given back as a whole: all of its struct pages are visited.
  void visited(PfnRange range, NodeId node);
  /// A hold begins; what is visited in it follows.
  void hold(NodeId node, ZoneType zone, bool handed_over);
  void taken_in_hold(Pfn pfn, PageCount visited);
  void freed_in_hold(Pfn pfn);

  bool empty() const {
    return batch_.holds.empty() && batch_.allocations == 0 && batch_.frees == 0;
  }
  bool holds() const { return !batch_.holds.empty(); }
  Batch take() {
    places_.forget();
    return std::exchange(batch_, {});
  }

 private:
  void visit_in_hold(Pfn pfn, PageCount pages);

  MemmapPlaces places_;
  Batch batch_;
};

/// The time of such work: each hold queues for its zone's lock.
Task<void> spend(Host& host, AllocatorWork::Batch work);

}  // namespace mhp::kernel
