#pragma once

#include <cstdint>

#include "sim/core/types.hpp"
#include "sim/kernel/geometry.hpp"

namespace mhp::kernel {

/// sizeof(struct page) with memory cgroups, as distributions build it (x86-64).
inline constexpr Bytes kStructPageSize{64};

/// The virtual memory map: the array of all struct pages, which starts with that of page frame 0 at
/// an address that is aligned to whatever maps it (CONFIG_SPARSEMEM_VMEMMAP). Tells which of its
/// pages and of its 2 MiB leaves hold which struct pages, for any sizeof(struct page).
class Vmemmap {
 public:
  /// Pages of the map that one leaf maps (PMD_SIZE).
  static constexpr std::int64_t kLeafPages = k2MiBPages;

  explicit constexpr Vmemmap(Bytes struct_page = kStructPageSize) : size_(struct_page.value) {}

  /// Consecutive numbers.
  struct Span {
    std::int64_t first;
    std::int64_t end;
  };

  /// Whole base pages that the struct pages of so many pages fill.
  constexpr PageCount pages_of(PageCount memory) const {
    return PageCount{memory.value * size_ / kPageSize};
  }
  /// Pages that the memmap of one section fills: whole ones, whatever the size.
  constexpr std::int64_t section_pages() const { return kSectionPages * size_ / kPageSize; }
  /// Struct pages that begin in a page of the map.
  constexpr std::int64_t struct_pages_a_page() const { return kPageSize / size_; }
  /// True if no struct page lies in two pages of the map.
  constexpr bool whole_struct_pages() const { return kPageSize % size_ == 0; }

  /// The page of the map in which a struct page begins.
  constexpr std::int64_t page_of(Pfn pfn) const { return pfn.value * size_ / kPageSize; }
  /// The page behind that in which the last of the struct pages before `end` ends.
  constexpr std::int64_t pages_end(Pfn end) const {
    return round_up(end.value * size_, kPageSize) / kPageSize;
  }
  constexpr Span pages_of_section(std::int64_t section) const {
    return {section * section_pages(), (section + 1) * section_pages()};
  }
  /// Leaves that map struct pages of these sections, all or in part.
  constexpr Span leaves_of(std::int64_t first_section, std::int64_t end_section) const {
    return {first_section * section_pages() / kLeafPages,
            round_up(end_section * section_pages(), kLeafPages) / kLeafPages};
  }
  constexpr Span leaves_of(std::int64_t section) const { return leaves_of(section, section + 1); }
  /// Sections of which a leaf maps struct pages.
  constexpr Span sections_of(std::int64_t leaf) const {
    return {leaf * kLeafPages / section_pages(),
            round_up((leaf + 1) * kLeafPages, section_pages()) / section_pages()};
  }

 private:
  std::int64_t size_;
};

}  // namespace mhp::kernel
