#pragma once

#include <cstdint>
#include <vector>

#include "sim/core/paged_array.hpp"
#include "sim/kernel/mm/mm.hpp"

namespace mhp::workloads {

/// Blocks of 2^order pages that somebody holds off the LRU lists, out of reclaim's reach, and lets
/// the kernel move: huge pages, guest memory, arrays that are in use all the time. 8 bytes a block.
class HeldBlocks final : public kernel::PageOwner {
 public:
  HeldBlocks(kernel::Mm& mm, int order);
  ~HeldBlocks() override;
  HeldBlocks(const HeldBlocks&) = delete;
  HeldBlocks& operator=(const HeldBlocks&) = delete;

  void add(const kernel::Allocation& got);
  /// Gives the youngest block back.
  kernel::Allocation free_last(kernel::Receipt& receipt);
  void free_all(kernel::Receipt& receipt);

  int order() const { return order_; }
  std::int64_t blocks() const { return static_cast<std::int64_t>(blocks_.size()); }
  PageCount pages() const { return PageCount{blocks() << order_}; }
  /// Of these, on each node.
  const std::vector<std::int64_t>& blocks_by_node() const { return by_node_; }

  /// At no cost where it has none; else O(blocks), or O(sections) for a range of whole ones.
  PageCount pages_in(PfnRange range) const override;
  void migrate(PfnRange range, const Move& move) override;

 private:
  NodeId node_of(Pfn pfn) const;
  bool whole_sections(PfnRange range) const;
  std::int64_t in_sections_of(PfnRange range) const;
  void count(Pfn block, std::int32_t change);

  kernel::Mm& mm_;
  const int order_;
  std::vector<Pfn> blocks_;
  std::vector<std::int64_t> by_node_;
  PagedArray<std::int32_t> by_section_;  // blocks that begin in it
};

}  // namespace mhp::workloads
