#include "workloads/trace/recorded_pages.hpp"

namespace mhp::workloads {

void RecordedPages::add(Pfn recorded, const kernel::Allocation& got, int order, bool movable) {
  const Block block{got.pfn, got.node, order, movable};
  blocks_[recorded.value] = block;
  held_ += block.pages();
}

RecordedPages::Blocks::iterator RecordedPages::containing(std::int64_t frame) {
  auto it = blocks_.upper_bound(frame);
  if (it == blocks_.begin()) return blocks_.end();
  --it;
  return frame < it->first + it->second.pages().value ? it : blocks_.end();
}

PageCount RecordedPages::free(Pfn recorded, int order, kernel::Receipt& receipt) {
  PageCount n;
  const std::int64_t end = recorded.value + (std::int64_t{1} << order);
  for (std::int64_t frame = recorded.value; frame < end;) {
    auto it = containing(frame);
    if (it == blocks_.end()) {
      it = blocks_.upper_bound(frame);
      if (it == blocks_.end() || it->first >= end) break;
      frame = it->first;
    }
    // A block larger than what is freed falls into halves until one is not.
    while (it->first < frame || it->first + it->second.pages().value > end) {
      Block& whole = it->second;
      --whole.order;
      Block upper = whole;
      upper.pfn += whole.pages();
      const std::int64_t at = it->first + whole.pages().value;
      const auto half = blocks_.emplace(at, upper).first;
      if (frame >= at) it = half;
    }
    const Block block = it->second;
    context_.mm.free_pages(block.pfn, block.order, receipt);
    frame = it->first + block.pages().value;
    n += block.pages();
    blocks_.erase(it);
  }
  held_ -= n;
  return n;
}

PageCount RecordedPages::pages_in(PfnRange range) const {
  PageCount n;
  for (const auto& [frame, block] : blocks_)
    if (may_move(block, range)) n += block.pages();
  return n;
}

void RecordedPages::migrate(PfnRange range, const Move& move) {
  for (auto& [frame, block] : blocks_) {
    if (!may_move(block, range)) continue;
    const auto to = move(block.pfn, block.order);
    if (!to) return;
    block.pfn = *to;
    block.node = context_.mm.zone_of(*to)->node;
  }
}

}  // namespace mhp::workloads
