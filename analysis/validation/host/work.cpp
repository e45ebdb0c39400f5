#include "analysis/validation/host/work.hpp"

namespace mhp::host {

namespace {

/// Lines 32 KiB apart fall into few sets of a cache: few of them stay.
constexpr std::int64_t kHotPageblocks = 4;
/// Pageblocks in a repetition at the least, by as many walks as it takes and at least so many.
constexpr std::int64_t kLeastWalk = 8192;
constexpr std::int64_t kLeastWalks = 4;
/// Some 0.1 ms.
constexpr std::int64_t kAdditions = 1 << 18;
constexpr std::int64_t kChaseSteps = 2000;
/// In a repetition, where pieces need no others between them to be cold: 256 MiB.
constexpr std::size_t kMostPieces = 32;

}  // namespace

Phase pass_over(std::span<PageRecord> area, OverRecords work) {
  const std::size_t each =
      std::min(area.size(), std::clamp(area.size() / 4, kLeastPieceRecords, kPieceRecords));
  const std::size_t pieces = area.size() / each;
  const auto at = std::make_shared<std::size_t>(0);
  const auto next = [=] { return area.subspan(*at % pieces * each, each); };
  Phase phase;
  phase.pieces = static_cast<int>(kCanFlush ? std::min(pieces, kMostPieces) : pieces);
  phase.ahead = [=] { flush_records(next()); };
  phase.piece = [=] {
    work(next());
    ++*at;
    return static_cast<std::int64_t>(each);
  };
  return phase;
}

Phase again(std::span<PageRecord> records, OverRecords work) {
  const std::size_t times = kPieceRecords / records.size();
  Phase phase;
  phase.piece = [=] {
    for (std::size_t i = 0; i < times; ++i) work(records);
    return static_cast<std::int64_t>(times * records.size());
  };
  phase.prepare = phase.piece;
  return phase;
}

Phase clear_pages(std::span<PageRecord> area) {
  Phase phase = pass_over(area, clear_memory);
  phase.piece = [records = phase.piece] {
    return records() / static_cast<std::int64_t>(4096 / sizeof(PageRecord));
  };
  return phase;
}

Phase add_up() {
  Phase phase;
  phase.piece = [] {
    dependent_additions(kAdditions);
    return kAdditions;
  };
  return phase;
}

Phase walk_once(std::shared_ptr<SectionTable> table, std::int64_t pageblocks,
                std::span<PageRecord> area, std::span<PageRecord> evict) {
  Phase phase;
  phase.pieces = static_cast<int>(kCanFlush ? std::max(kLeastWalk / pageblocks, kLeastWalks) : 1);
  phase.prepare = [=] {
    init(area);
    if (!kCanFlush) read_memory(evict);
  };
  phase.ahead = [=] { flush_records(area); };
  phase.piece = [=] {
    table->walk(pageblocks);
    return pageblocks;
  };
  return phase;
}

Phase walk_again(std::shared_ptr<SectionTable> table) {
  constexpr std::int64_t kTimes = 10'000;
  Phase phase;
  phase.piece = [=] {
    for (std::int64_t i = 0; i < kTimes; ++i) table->walk(kHotPageblocks);
    return kTimes * kHotPageblocks;
  };
  phase.prepare = phase.piece;
  return phase;
}

Phase follow(std::span<PageRecord> ring, double share) {
  const auto first = static_cast<std::size_t>(share * static_cast<double>(ring.size()));
  Phase phase;
  phase.prepare = [=] { flush_records(ring); };
  phase.piece = [at = static_cast<const PageRecord*>(&ring[first])]() mutable {
    at = chase(at, kChaseSteps);
    return kChaseSteps;
  };
  return phase;
}

}  // namespace mhp::host
