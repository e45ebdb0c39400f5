#include "workloads/common/held_blocks.hpp"

#include <algorithm>

namespace mhp::workloads {

HeldBlocks::HeldBlocks(kernel::Mm& mm, int order)
    : mm_(mm), order_(order), by_node_(mm.nodes(), 0) {
  mm_.add_owner(*this);
}

HeldBlocks::~HeldBlocks() { mm_.remove_owner(*this); }

void HeldBlocks::add(const kernel::Allocation& got) {
  blocks_.push_back(got.pfn);
  ++by_node_[got.node.index()];
}

kernel::Allocation HeldBlocks::free_last(kernel::Receipt& receipt) {
  const Pfn pfn = blocks_.back();
  const NodeId node = node_of(pfn);
  blocks_.pop_back();
  --by_node_[node.index()];
  mm_.free_pages(pfn, order_, receipt);
  return {.pfn = pfn, .node = node};
}

void HeldBlocks::free_all(kernel::Receipt& receipt) {
  while (!blocks_.empty()) free_last(receipt);
}

PageCount HeldBlocks::pages_in(PfnRange range) const {
  return PageCount{
      std::count_if(blocks_.begin(), blocks_.end(), [&](const Pfn p) { return range.contains(p); })
      << order_};
}

void HeldBlocks::migrate(PfnRange range, const Move& move) {
  for (Pfn& p : blocks_) {
    if (!range.contains(p)) continue;
    const NodeId from = node_of(p);
    const auto to = move(p, order_);
    if (!to) return;
    p = *to;
    --by_node_[from.index()];
    ++by_node_[node_of(p).index()];
  }
}

NodeId HeldBlocks::node_of(Pfn pfn) const { return mm_.zone_of(pfn)->node; }

}  // namespace mhp::workloads
