#pragma once

#include <cstdint>
#include <map>

#include "workloads/common/thread.hpp"

namespace mhp::workloads {

/// The pages that a recording holds at a time: where they lay in the recorded machine, and where
/// they lie here. Memory grows with the blocks held, not with the recording.
class RecordedPages final : public kernel::PageOwner {
 public:
  explicit RecordedPages(const Context& context) : context_(context) {
    context_.mm.add_owner(*this);
  }
  ~RecordedPages() override { context_.mm.remove_owner(*this); }
  RecordedPages(const RecordedPages&) = delete;
  RecordedPages& operator=(const RecordedPages&) = delete;

  void add(Pfn recorded, const kernel::Allocation& got, int order, bool movable);
  /// Frees what is held of 2^order recorded frames, also a part of a larger block. Returns how many
  /// pages that were.
  PageCount free(Pfn recorded, int order, kernel::Receipt& receipt);

  PageCount held() const { return held_; }
  std::size_t blocks() const { return blocks_.size(); }

  PageCount pages_in(PfnRange range) const override;
  void migrate(PfnRange range, const Move& move) override;

 private:
  struct Block {
    Pfn pfn;
    NodeId node;
    int order = 0;
    bool movable = false;

    PageCount pages() const { return PageCount{std::int64_t{1} << order}; }
  };
  using Blocks = std::map<std::int64_t, Block>;  ///< by recorded frame

  Blocks::iterator containing(std::int64_t frame);
  static bool may_move(const Block& b, PfnRange range) {
    return b.movable && range.contains(b.pfn) && b.pfn + b.pages() <= range.end;
  }

  const Context& context_;
  Blocks blocks_;
  PageCount held_;
};

}  // namespace mhp::workloads
