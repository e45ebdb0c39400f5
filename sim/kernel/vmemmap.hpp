#pragma once

#include <bit>
#include <cstdint>

#include "sim/core/types.hpp"
#include "sim/kernel/arch/geometry.hpp"

namespace mhp::kernel {

/// sizeof(struct page) with memory cgroups, as distributions build it (64-bit architectures).
inline constexpr Bytes kStructPageSize{64};

/// The virtual memory map: the array of all struct pages, which starts with that of page frame 0 at
/// an address that is aligned to whatever maps it (CONFIG_SPARSEMEM_VMEMMAP). Tells which of its
/// pages and of its leaves hold which struct pages, for any sizeof(struct page).
class Vmemmap {
 public:
  explicit constexpr Vmemmap(Bytes struct_page = kStructPageSize, const Geometry& geometry = {},
                             bool base_pages = false)
      : geometry_(geometry), size_(struct_page.value) {
    leaf_pages_ = base_pages ? section_pages() : geometry_.pmd_pages();
  }

  /// Consecutive numbers.
  struct Span {
    std::int64_t first;
    std::int64_t end;
  };

  const Geometry& geometry() const { return geometry_; }
  /// Pages of the map that one leaf maps (PMD_SIZE), or that a section has if its pages are mapped
  /// one by one.
  constexpr std::int64_t leaf_pages() const { return leaf_pages_; }
  /// Order of the block that backs a leaf.
  constexpr int leaf_order() const {
    return std::countr_zero(static_cast<std::uint64_t>(leaf_pages_));
  }
  /// Whole base pages that the struct pages of so many pages fill.
  constexpr PageCount pages_of(PageCount memory) const {
    return geometry_.pages_of(Bytes{memory.value * size_});
  }
  /// Pages that the memmap of one section fills, the last perhaps in part: others have the rest.
  constexpr std::int64_t section_pages() const {
    return (geometry_.section_pages() * size_ + geometry_.page_size() - 1) / geometry_.page_size();
  }
  /// Struct pages that begin in a page of the map.
  constexpr std::int64_t struct_pages_a_page() const { return geometry_.page_size() / size_; }
  /// True if no struct page lies in two pages of the map.
  constexpr bool whole_struct_pages() const { return geometry_.page_size() % size_ == 0; }

  /// The page of the map in which a struct page begins.
  constexpr std::int64_t page_of(Pfn pfn) const {
    return geometry_.pages_of(Bytes{pfn.value * size_}).value;
  }
  /// The page behind that in which the last of the struct pages before `end` ends.
  constexpr std::int64_t pages_end(Pfn end) const {
    return geometry_.pages_of(Bytes{end.value * size_ + geometry_.page_size() - 1}).value;
  }
  /// The page frame whose struct page is the first that ends in a page of the map.
  constexpr Pfn first_in(std::int64_t page) const {
    return Pfn{page * geometry_.page_size() / size_};
  }
  constexpr Span pages_of_section(std::int64_t section) const {
    return {page_of(geometry_.section_start(section)),
            pages_end(geometry_.section_start(section + 1))};
  }
  /// Leaves that map struct pages of these sections, all or in part.
  constexpr Span leaves_of(std::int64_t first_section, std::int64_t end_section) const {
    return {page_of(geometry_.section_start(first_section)) / leaf_pages_,
            round_up(pages_end(geometry_.section_start(end_section)), leaf_pages_) / leaf_pages_};
  }
  constexpr Span leaves_of(std::int64_t section) const { return leaves_of(section, section + 1); }
  /// Sections of which a leaf maps struct pages.
  constexpr Span sections_of(std::int64_t leaf) const {
    const std::int64_t bytes = leaf_pages_ * geometry_.page_size();
    const std::int64_t section = geometry_.section_pages() * size_;
    return {leaf * bytes / section, round_up((leaf + 1) * bytes, section) / section};
  }

 private:
  Geometry geometry_;
  std::int64_t size_;
  std::int64_t leaf_pages_ = 0;
};

}  // namespace mhp::kernel
