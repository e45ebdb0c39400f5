#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "sim/core/interval_map.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/vmemmap.hpp"

namespace mhp::kernel {

/// Where the struct pages of each section lie: remembers the page frames behind the leaves of the
/// vmemmap so that removal can give them back, and the node on which every walk over struct pages
/// touches memory. A leaf that sections share stays until the last of them goes
/// (vmemmap_pmd_is_unused, arch/x86/mm/init_64.c, since 5.13). Held as extents.
class MemmapBacking {
 public:
  /// Called with each page frame and order to give back.
  using Give = std::function<void(Pfn, int order)>;
  /// Of a page of the map behind which nothing is known to lie.
  static constexpr Pfn kNone{-1};

  explicit MemmapBacking(Vmemmap vmemmap = Vmemmap{}) : vmemmap_(vmemmap) {}

  bool has(std::int64_t section) const { return node_.contains(section); }
  bool any(std::int64_t first, std::int64_t end) const { return node_.covered(first, end) > 0; }
  NodeId node_of(std::int64_t section) const;
  /// Whether a leaf maps something: struct pages of a section that is there.
  bool mapped(std::int64_t leaf) const;
  /// The node of the memory behind it, then.
  NodeId node_of_leaf(std::int64_t leaf) const;
  /// Pages that came from the page allocator and were not given back, but for single pages of the
  /// sections in `but`.
  PageCount allocated(const IntervalSet& but) const;
  /// True if a leaf's pages are mapped one by one.
  bool base_pages(std::int64_t leaf) const { return base_pages_.contains(leaf); }
  /// The page frame behind a page of the map; nothing if it lies in a head, in a reservation or was
  /// there at boot.
  std::optional<Pfn> pfn_of(std::int64_t page) const;
  /// Calls f(node, sections) for the parts of a range of sections, in ascending order.
  template <class F>
  void for_each_node(std::int64_t first, std::int64_t end, F&& f) const {
    node_.for_each_in(first, end, [&](const auto& i) { f(NodeId{i.value}, i.start, i.end); });
  }

  /// Sections have their memmap from now on, on this node. Whoever it belongs to: boot memory,
  /// heads and reservations are never given back, leaves are told by what follows.
  void add_sections(std::int64_t first, std::int64_t end, NodeId node) {
    node_.assign(first, end, node.value);
  }
  /// A leaf is one order-9 block from the page allocator.
  void add_order9(std::int64_t leaf, Pfn pfn);
  /// These pages of the map, all of one leaf, are single pages.
  void add_base_pages(Vmemmap::Span pages, const std::vector<Pfn>& pfns);
  /// The pages of a leaf are mapped one by one from now on: these.
  void split(std::int64_t leaf, std::vector<Pfn> pfns);
  /// From now on another page is mapped there, in a leaf of single pages.
  void replace(std::int64_t page, Pfn by);

  /// A section goes; gives back what no other section has a share in.
  void release(std::int64_t section, const Give& give);

 private:
  struct Extent {
    std::int64_t leaves;
    std::int64_t pfn;  // of the first leaf; each further one follows a leaf's pages later
  };
  using Order9 = std::map<std::int64_t, Extent>;
  Order9::const_iterator order9_with(std::int64_t leaf) const;
  void forget_order9(std::int64_t leaf);

  Vmemmap vmemmap_;
  IntervalMap<std::int32_t> node_;
  Order9 order9_;
  std::map<std::int64_t, std::vector<Pfn>> base_pages_;
};

}  // namespace mhp::kernel
