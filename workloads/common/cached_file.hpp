#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/core/words.hpp"
#include "sim/engine/signal.hpp"
#include "workloads/common/extents.hpp"
#include "workloads/common/storage.hpp"

namespace mhp::workloads {

/// How a program reaches a file.
enum class FileAccess : std::uint8_t { read, map };
constexpr std::array<Word, 2> words_of(FileAccess) {
  return {{{"read", "by calls of read and write: each looks at the pages' struct pages"},
           {"map", "through page tables: the file is mapped, uses show as accessed bits"}}};
}

/// What is done with a part of a file. What is overwritten need not be read from storage first.
enum class FileUse : std::uint8_t { read, write, overwrite };

/// What is read ahead of a program that reads in order, by default.
inline constexpr Bytes kReadAhead{128 * kKiB};
inline constexpr const char* kReadAheadSource = "VM_READAHEAD_PAGES, include/linux/mm.h of 6.12";

/// A file, its pages in the page cache and the storage that it lies on. Extents are brought in,
/// age and are dropped as one.
class CachedFile {
 public:
  CachedFile(const Context& context, Bytes size, int order, const StorageParams& storage);

  /// Uses `n` extents from `first` on, in their order. What is not in the cache gets pages, then
  /// comes from storage as one read. Whoever wants an extent that is on its way waits for it.
  Task<void> access(Thread& thread, std::size_t first, std::size_t n, FileAccess by, FileUse use);

  std::size_t extents() const { return extents_.size(); }
  Bytes extent_size() const { return context_.mm.geometry().bytes_of(calls_.extent_pages()); }
  /// Extents that are read ahead as one: at least one.
  std::size_t window(Bytes read_ahead) const {
    return static_cast<std::size_t>(
        std::max<std::int64_t>(1, read_ahead.value / extent_size().value));
  }
  std::int64_t hits() const { return hits_; }      ///< extents that were in the cache
  std::int64_t misses() const { return misses_; }  ///< extents that were not, or not as a whole
  PageCount resident() const { return cache_.resident() + mapped_.resident(); }
  PageCount mapped() const { return mapped_.resident(); }
  PageCount reclaimed() const { return cache_.pages_reclaimed() + mapped_.pages_reclaimed(); }
  PageCount refaulted() const { return refaulted_; }

 private:
  using Extent = kernel::Population::Extent;
  static constexpr Extent kAbsent = ~Extent{0};

  kernel::Population& population_of(std::size_t i) { return is_mapped_[i] ? mapped_ : cache_; }
  bool complete(std::size_t i) {
    return extents_[i] != kAbsent && population_of(i).missing(extents_[i]).value == 0;
  }
  Task<void> bring_in(Thread& thread, std::size_t which, FileAccess by, PageSet& got);

  const Context& context_;
  kernel::Population cache_;   ///< what calls have brought in
  kernel::Population mapped_;  ///< what page faults have
  Faults calls_;
  Faults page_faults_;
  Storage storage_;
  std::vector<Extent> extents_;
  std::vector<bool> is_mapped_;  ///< in which of the two populations an extent is
  std::vector<bool> busy_;       ///< being read by somebody
  engine::Signal read_;
  std::int64_t hits_ = 0;
  std::int64_t misses_ = 0;
  PageCount refaulted_;
};

}  // namespace mhp::workloads
