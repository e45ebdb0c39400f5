#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "sim/core/interval_map.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/geometry.hpp"

namespace mhp::kernel {

/// Where the struct pages of each section lie: remembers the page frames behind the vmemmap so that
/// removal can give them back, and the node on which every walk over struct pages touches memory.
/// Held as extents.
class MemmapBacking {
 public:
  /// Called with each page frame and order to give back.
  using Give = std::function<void(Pfn, int order)>;

  bool has(std::int64_t section) const { return node_.contains(section); }
  bool any(std::int64_t first, std::int64_t end) const { return node_.covered(first, end) > 0; }
  NodeId node_of(std::int64_t section) const;
  /// Pages of the sections not among `but` that came from the page allocator and were not given
  /// back.
  PageCount allocated(const IntervalSet& but) const;
  /// True if a section's memmap fell back to base pages.
  bool base_pages(std::int64_t section) const { return base_pages_.contains(section); }
  /// A page of a section's memmap (from 0); nothing if it lies in a head, in a reservation or was
  /// there at boot.
  std::optional<Pfn> pfn_of(std::int64_t section, std::int64_t page = 0) const;
  /// Calls f(node, sections) for the parts of a range of sections, in ascending order.
  void for_each_node(std::int64_t first, std::int64_t end,
                     const std::function<void(NodeId, std::int64_t, std::int64_t)>& f) const;

  /// Boot memory: its memmap lies on its own node and is never given back.
  void add_boot(std::int64_t first, std::int64_t end, NodeId node) {
    node_.assign(first, end, node.value);
  }
  /// A section whose memmap is one order-9 block from the page allocator.
  void add_order9(std::int64_t section, Pfn pfn, NodeId node);
  /// A section whose memmap is single pages.
  void add_base_pages(std::int64_t section, std::vector<Pfn> pages, NodeId node);
  /// Sections whose memmap lies where nobody has to give it back: in a head, or a reservation.
  void add_given(std::int64_t first, std::int64_t end, NodeId node) {
    node_.assign(first, end, node.value);
  }

  /// From now on another page is mapped there, in a section of single pages.
  void replace(std::int64_t section, std::int64_t page, Pfn by) {
    base_pages_.at(section)[static_cast<std::size_t>(page)] = by;
  }

  void release(std::int64_t section, const Give& give);

 private:
  struct Extent {
    std::int64_t sections;
    std::int64_t pfn;  // of the first section; each further one follows 512 pages later
  };
  IntervalMap<std::int32_t> node_;
  std::map<std::int64_t, Extent> order9_;
  std::map<std::int64_t, std::vector<Pfn>> base_pages_;
};

}  // namespace mhp::kernel
