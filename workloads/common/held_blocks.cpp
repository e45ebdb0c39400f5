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
  count(got.pfn, 1);
  ++by_node_[got.node.index()];
}

kernel::Allocation HeldBlocks::free_last(kernel::Receipt& receipt) {
  const Pfn pfn = blocks_.back();
  const NodeId node = node_of(pfn);
  blocks_.pop_back();
  count(pfn, -1);
  --by_node_[node.index()];
  mm_.free_pages(pfn, order_, receipt);
  return {.pfn = pfn, .node = node};
}

void HeldBlocks::free_all(kernel::Receipt& receipt) {
  while (!blocks_.empty()) free_last(receipt);
}

bool HeldBlocks::whole_sections(PfnRange range) const {
  const std::int64_t section = mm_.geometry().section_pages();
  return range.start.value % section == 0 && range.end.value % section == 0;
}

std::int64_t HeldBlocks::in_sections_of(PfnRange range) const {
  const kernel::Geometry& g = mm_.geometry();
  return by_section_.sum(g.section_of(range.start), g.sections_end(range.end));
}

void HeldBlocks::count(Pfn block, std::int32_t change) {
  by_section_.at(mm_.geometry().section_of(block)) += change;
}

PageCount HeldBlocks::pages_in(PfnRange range) const {
  std::int64_t blocks = in_sections_of(range);
  if (blocks > 0 && !whole_sections(range))
    blocks = std::count_if(blocks_.begin(), blocks_.end(),
                           [&](const Pfn p) { return range.contains(p); });
  return PageCount{blocks << order_};
}

// Looked for no longer than until all that are in the range's sections have been found.
void HeldBlocks::migrate(PfnRange range, const Move& move) {
  const kernel::Geometry& g = mm_.geometry();
  const PfnRange sections{g.section_start(g.section_of(range.start)),
                          g.section_start(g.sections_end(range.end))};
  std::int64_t left = in_sections_of(range);
  for (auto p = blocks_.begin(); left > 0 && p != blocks_.end(); ++p) {
    if (!sections.contains(*p)) continue;
    --left;
    if (!range.contains(*p)) continue;
    const NodeId from = node_of(*p);
    const auto to = move(*p, order_);
    if (!to) return;
    count(*p, -1);
    *p = *to;
    count(*p, 1);
    --by_node_[from.index()];
    ++by_node_[node_of(*p).index()];
  }
}

NodeId HeldBlocks::node_of(Pfn pfn) const { return mm_.zone_of(pfn)->node; }

}  // namespace mhp::workloads
