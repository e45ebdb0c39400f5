#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "sim/core/host.hpp"
#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/arch/geometry.hpp"
#include "sim/kernel/mm/page_run.hpp"
#include "sim/kernel/mm/reclaim/memmap_work.hpp"

namespace mhp::kernel {

/// Where struct pages lie: looked up once for pages of one section in a row.
class MemmapPlaces {
 public:
  /// The place of the struct page of a page frame on a node.
  using Lookup = std::function<MemmapPlace(Pfn, NodeId)>;
  MemmapPlaces(Lookup lookup, const Geometry& geometry)
      : lookup_(std::move(lookup)), geometry_(geometry) {}

  const Geometry& geometry() const { return geometry_; }

  const MemmapPlace& of(Pfn pfn, NodeId node);
  /// What is known may have changed.
  void forget() { section_ = -1; }

 private:
  Lookup lookup_;
  Geometry geometry_;
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
  /// Those of single pages in a row.
  void visit(const PageRun& run, const MemmapPlace& memmap);
  /// Those behind a struct page that was visited just now.
  void follow(Pfn pfn, PageCount pages, const MemmapPlace& memmap);
  const std::vector<StructPageVisits>& by_node() const { return by_node_; }

 private:
  void note(const PageRun& run, const MemmapPlace& memmap, bool near);
  StructPageVisits& at(NodeId node);

  std::vector<StructPageVisits> by_node_;
  std::int64_t last_ = -1;  ///< page frame of the last one
};

/// The time of such visits. The log must live until it has passed.
Task<void> spend_visits(Host& host, const VisitLog& log);

}  // namespace mhp::kernel
