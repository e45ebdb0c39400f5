#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "sim/core/types.hpp"

namespace mhp::kernel {

/// The units in which one build of the kernel counts memory. All are powers of two, so that every
/// question is a shift. The default is x86-64's.
class Geometry {
 public:
  /// Powers of two: bytes but for orders, which are of pages.
  struct Shifts {
    int page = 12;       ///< PAGE_SHIFT
    int section = 27;    ///< SECTION_SIZE_BITS
    int pageblock = 9;   ///< pageblock_order
    int max_order = 10;  ///< MAX_PAGE_ORDER: the largest order of a free block, inclusive
    int pmd = 21;        ///< PMD_SHIFT: what one entry of a PMD table maps
    int pud = 30;        ///< PUD_SHIFT
    bool operator==(const Shifts&) const = default;
  };
  /// How many orders free blocks have at most, 0 counted (arm64 with pages of 64 KiB: 0 to 13).
  static constexpr int kMostOrders = 14;

  constexpr Geometry() = default;
  explicit constexpr Geometry(Shifts shifts) : s_(shifts) {}
  constexpr const Shifts& shifts() const { return s_; }
  bool operator==(const Geometry&) const = default;

  /// Bytes of a base page.
  constexpr std::int64_t page_size() const { return std::int64_t{1} << s_.page; }
  /// Whole pages.
  constexpr PageCount pages_of(Bytes b) const { return PageCount{b.value / page_size()}; }
  constexpr Bytes bytes_of(PageCount n) const { return Bytes{n.value << s_.page}; }
  constexpr Pfn pfn_of(Bytes address) const { return Pfn{address.value >> s_.page}; }
  constexpr Bytes address_of(Pfn pfn) const { return Bytes{pfn.value << s_.page}; }

  /// Pieces of 4 KiB in so many pages: what the cost of clearing or copying them is told in.
  constexpr std::int64_t contents(PageCount n) const { return n.value << (s_.page - 12); }
  constexpr std::int64_t contents(std::int64_t pages) const { return contents(PageCount{pages}); }

  constexpr std::int64_t section_pages() const { return std::int64_t{1} << (s_.section - s_.page); }
  constexpr int section_order() const { return s_.section - s_.page; }
  constexpr Bytes section_size() const { return Bytes{std::int64_t{1} << s_.section}; }
  /// The number of the section in which a page frame lies.
  constexpr std::int64_t section_of(Pfn pfn) const { return pfn.value >> (s_.section - s_.page); }
  /// Behind the last section that has a page frame before `end`.
  constexpr std::int64_t sections_end(Pfn end) const {
    return (end.value + section_pages() - 1) >> (s_.section - s_.page);
  }
  /// The page frame with which a section begins.
  constexpr Pfn section_start(std::int64_t section) const {
    return Pfn{section << (s_.section - s_.page)};
  }

  constexpr int max_order() const { return s_.max_order; }
  constexpr std::int64_t max_order_pages() const { return std::int64_t{1} << s_.max_order; }
  constexpr int pageblock_order() const { return s_.pageblock; }
  constexpr std::int64_t pageblock_pages() const { return std::int64_t{1} << s_.pageblock; }
  /// The number of the pageblock in which a page frame lies.
  constexpr std::int64_t pageblock_of(Pfn pfn) const { return pfn.value >> s_.pageblock; }
  /// Behind the last pageblock that has a page frame before `end`.
  constexpr std::int64_t pageblocks_end(Pfn end) const {
    return (end.value + pageblock_pages() - 1) >> s_.pageblock;
  }
  constexpr Pfn pageblock_start(std::int64_t pageblock) const {
    return Pfn{pageblock << s_.pageblock};
  }

  constexpr std::int64_t sections(PageCount n) const { return n.value >> (s_.section - s_.page); }
  constexpr std::int64_t pageblocks(PageCount n) const { return n.value >> s_.pageblock; }
  /// What of a section is told apart (SUBSECTION_SHIFT: 2 MiB everywhere).
  constexpr std::int64_t subsection_pages() const { return std::int64_t{1} << (21 - s_.page); }

  /// Pages that one PMD entry maps: a huge page of the size that a process gets without asking.
  constexpr std::int64_t pmd_pages() const { return std::int64_t{1} << (s_.pmd - s_.page); }
  constexpr int pmd_order() const { return s_.pmd - s_.page; }
  constexpr Bytes pmd_size() const { return Bytes{std::int64_t{1} << s_.pmd}; }
  constexpr int pud_order() const { return s_.pud - s_.page; }
  constexpr std::int64_t pud_pages() const { return std::int64_t{1} << (s_.pud - s_.page); }

  /// Order of the smallest block that holds so much.
  constexpr int order_of(Bytes size) const {
    const auto pages = static_cast<std::uint64_t>((size.value + page_size() - 1) >> s_.page);
    return pages <= 1 ? 0 : static_cast<int>(std::bit_width(pages - 1));
  }
  /// Largest order of a block that starts at `pfn` and ends at or before `end`.
  int largest_order(std::int64_t pfn, std::int64_t end) const {
    const int by_alignment =
        pfn == 0 ? s_.max_order : std::countr_zero(static_cast<std::uint64_t>(pfn));
    const int by_length =
        static_cast<int>(std::bit_width(static_cast<std::uint64_t>(end - pfn))) - 1;
    return std::min({s_.max_order, by_alignment, by_length});
  }
  /// Calls f(pfn, order) for the largest aligned blocks of a range, ascending.
  template <class F>
  void for_each_aligned_block(PfnRange range, F&& f) const {
    for (std::int64_t p = range.start.value; p < range.end.value;) {
      const int order = largest_order(p, range.end.value);
      f(Pfn{p}, order);
      p += std::int64_t{1} << order;
    }
  }

 private:
  Shifts s_;
};

}  // namespace mhp::kernel
