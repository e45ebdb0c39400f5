#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace mhp::host {

/// A record with the size and the fields of `struct page`.
struct PageRecord {
  std::uint64_t flags;
  std::uint64_t list_next;
  std::uint64_t list_prev;
  std::uint64_t mapping;
  std::uint64_t index;
  std::uint64_t private_data;
  std::uint32_t mapcount;
  std::uint32_t refcount;
  std::uint64_t memcg;
};
static_assert(sizeof(PageRecord) == 64);
/// Records of the largest block of the page allocator, which the kernel initialises and frees as
/// one batch.
inline constexpr std::size_t kBatchRecords = 1024;

// What the primitives of sim/kernel/primitives.hpp stand for, done to memory of this process: the
// stores that the kernel makes, in general registers, one record after the other.

/// struct_page_init, as __init_single_page: clears the record, then flags with section, node and
/// zone, counts, list head.
void init_records(std::span<PageRecord> records, std::uint64_t first_pfn);
/// struct_page_free, as the loop of __free_pages_core: one flag less, no reference.
void free_records(std::span<PageRecord> records);
/// struct_page_clear: eight stores.
void clear_records(std::span<PageRecord> records);
/// Initialised and freed in batches of 1024 records, as deferred_init_maxorder does it.
void init_and_free_records(std::span<PageRecord> records, std::uint64_t first_pfn);
/// Cleared twice in such batches, which has in common with it that it goes back.
void clear_records_twice(std::span<PageRecord> records);

/// Whether this processor lets a program drive lines out of all caches.
#if defined(__x86_64__) || defined(__aarch64__)
inline constexpr bool kCanFlush = true;
#else
inline constexpr bool kCanFlush = false;
#endif
/// Drives records out of all caches, whatever their size, so that who comes next gets them from
/// memory; does nothing unless kCanFlush.
void flush_records(std::span<PageRecord> records);

/// Clears memory page by page (4096 bytes) as clear_page does.
void clear_memory(std::span<PageRecord> memory);
/// Reads memory in order.
std::uint64_t read_memory(std::span<const PageRecord> memory);

/// Whether dependent_additions() tells the clock of this processor.
#if defined(__x86_64__) || defined(__aarch64__)
inline constexpr bool kCanTellClock = true;
#else
inline constexpr bool kCanTellClock = false;
#endif
/// So many additions of registers, each of which needs the result of the one before: one a cycle.
/// Does nothing unless kCanTellClock.
void dependent_additions(std::int64_t count);

/// Links the records of a region to one ring in random order.
void make_ring(std::span<PageRecord> records, std::uint64_t seed);
/// Follows the ring so many steps; returns where it came to.
const PageRecord* chase(const PageRecord* from, std::int64_t steps);

/// Sections and what says that they are online, as pfn_to_online_page looks them up.
class SectionTable {
 public:
  /// A memmap that begins at a section's first page frame.
  SectionTable(std::span<PageRecord> memmap, std::uint64_t first_pfn);

  /// contiguity_check: looks at so many pageblocks in order as set_zone_contiguous does, at the
  /// first and the last struct page of each; returns how many are not in the zone of the first.
  std::int64_t walk(std::int64_t pageblocks) const;

  static constexpr std::uint64_t kPagesPerSection = 32'768;
  static constexpr std::uint64_t kPagesPerPageblock = 512;

 private:
  static constexpr std::size_t kSectionsPerRoot = 128;
  struct Section {
    PageRecord* memmap = nullptr;
    std::uint64_t state = 0;
    std::uint64_t subsections = 0;
  };
  using Root = std::array<Section, kSectionsPerRoot>;

  const Section* section_of(std::uint64_t pfn) const;
  PageRecord* online_page(std::uint64_t pfn) const;

  std::vector<std::unique_ptr<Root>> roots_;
  std::uint64_t first_pfn_;
};

}  // namespace mhp::host
