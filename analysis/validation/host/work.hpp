#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <span>

#include "analysis/validation/host/kernels.hpp"
#include "analysis/validation/host/sampling.hpp"

namespace mhp::host {

/// Records in a piece of work: 8 MiB, of small areas a quarter, but 1 MiB at the least.
inline constexpr std::size_t kPieceRecords = 131'072;
inline constexpr std::size_t kLeastPieceRecords = kPieceRecords / 8;
/// Where the memmaps that are worked on begin: 4 GiB, a section's first page frame.
inline constexpr std::uint64_t kFirstPfn = 1 << 20;

/// Initialisation with some page frame numbers.
inline void init(std::span<PageRecord> records) { init_records(records, kFirstPfn); }

using OverRecords = std::function<void(std::span<PageRecord>)>;

/// One pass over an area in order, piece after piece, each driven out of the caches ahead of it; it
/// begins again at the end.
Phase pass_over(std::span<PageRecord> area, OverRecords work);
/// The same few records again and again.
Phase again(std::span<PageRecord> records, OverRecords work);
/// Clears an area page by page; units are pages of 4 KiB.
Phase clear_pages(std::span<PageRecord> area);
/// Walks so many pageblocks of an area that is initialised and then driven out of the caches, by
/// reading `evict` where there is no other way.
Phase walk_once(std::shared_ptr<SectionTable> table, std::int64_t pageblocks,
                std::span<PageRecord> area, std::span<PageRecord> evict);
/// Walks the first pageblocks, whose lines stay cached.
Phase walk_again(std::shared_ptr<SectionTable> table);
/// A chain of additions; units are additions.
Phase add_up();
/// Follows a ring that is driven out of the caches before each repetition, from the record at a
/// share of its memory on. The order is random, so those who begin elsewhere meet lines that nobody
/// else has just fetched.
Phase follow(std::span<PageRecord> ring, double share);

}  // namespace mhp::host
