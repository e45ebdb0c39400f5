#include "sim/kernel/hotplug/memmap_backing.hpp"

#include <algorithm>
#include <utility>

#include "sim/kernel/mm/buddy.hpp"

namespace mhp::kernel {

namespace {
constexpr std::int64_t kLeafPages = Vmemmap::kLeafPages;
static_assert(kLeafPages == std::int64_t{1} << kPageblockOrder);
}  // namespace

NodeId MemmapBacking::node_of(std::int64_t section) const {
  const auto found = node_.find(section);
  return found ? NodeId{found->value} : NodeId{};
}

bool MemmapBacking::mapped(std::int64_t leaf) const {
  const Vmemmap::Span sections = vmemmap_.sections_of(leaf);
  return any(sections.first, sections.end);
}

NodeId MemmapBacking::node_of_leaf(std::int64_t leaf) const {
  const Vmemmap::Span sections = vmemmap_.sections_of(leaf);
  std::int64_t section = sections.first;
  while (section < sections.end && !has(section)) ++section;
  return node_of(section);
}

MemmapBacking::Order9::const_iterator MemmapBacking::order9_with(std::int64_t leaf) const {
  auto it = order9_.upper_bound(leaf);
  if (it == order9_.begin()) return order9_.end();
  --it;
  return leaf - it->first < it->second.leaves ? it : order9_.end();
}

std::optional<Pfn> MemmapBacking::pfn_of(std::int64_t page) const {
  const std::int64_t leaf = page / kLeafPages;
  if (const auto base = base_pages_.find(leaf); base != base_pages_.end()) {
    const Pfn pfn = base->second[static_cast<std::size_t>(page % kLeafPages)];
    return pfn == kNone ? std::nullopt : std::optional(pfn);
  }
  const auto it = order9_with(leaf);
  if (it == order9_.end()) return std::nullopt;
  return Pfn{it->second.pfn + page - it->first * kLeafPages};
}

void MemmapBacking::for_each_node(
    std::int64_t first, std::int64_t end,
    const std::function<void(NodeId, std::int64_t, std::int64_t)>& f) const {
  node_.for_each_in(first, end, [&](const auto& i) { f(NodeId{i.value}, i.start, i.end); });
}

PageCount MemmapBacking::allocated(const IntervalSet& but) const {
  PageCount pages;
  for (const auto& [first, extent] : order9_) pages += PageCount{extent.leaves * kLeafPages};
  for (const auto& [leaf, single] : base_pages_)
    for (std::int64_t i = 0; i < kLeafPages; ++i)
      if (single[static_cast<std::size_t>(i)] != kNone &&
          !but.contains((leaf * kLeafPages + i) / vmemmap_.section_pages()))
        pages += PageCount{1};
  return pages;
}

void MemmapBacking::add_order9(std::int64_t leaf, Pfn pfn) {
  const auto next = order9_.lower_bound(leaf);
  if (next != order9_.begin()) {
    auto& [first, extent] = *std::prev(next);
    if (first + extent.leaves == leaf && extent.pfn + extent.leaves * kLeafPages == pfn.value) {
      ++extent.leaves;
      return;
    }
  }
  order9_.emplace_hint(next, leaf, Extent{1, pfn.value});
}

void MemmapBacking::add_base_pages(Vmemmap::Span pages, const std::vector<Pfn>& pfns) {
  auto& leaf = base_pages_[pages.first / kLeafPages];
  leaf.resize(static_cast<std::size_t>(kLeafPages), kNone);
  std::copy(pfns.begin(), pfns.end(), leaf.begin() + pages.first % kLeafPages);
}

void MemmapBacking::split(std::int64_t leaf, std::vector<Pfn> pfns) {
  forget_order9(leaf);
  base_pages_[leaf] = std::move(pfns);
}

void MemmapBacking::replace(std::int64_t page, Pfn by) {
  base_pages_.at(page / kLeafPages)[static_cast<std::size_t>(page % kLeafPages)] = by;
}

void MemmapBacking::forget_order9(std::int64_t leaf) {
  const auto it = order9_with(leaf);
  if (it == order9_.end()) return;
  const auto [first, extent] = *it;
  const std::int64_t before = leaf - first;
  const std::int64_t after = extent.leaves - before - 1;
  order9_.erase(it);
  if (before > 0) order9_.emplace(first, Extent{before, extent.pfn});
  if (after > 0) order9_.emplace(leaf + 1, Extent{after, extent.pfn + (before + 1) * kLeafPages});
}

// Single pages are each of one section; a block goes with the last section that has a share.
void MemmapBacking::release(std::int64_t section, const Give& give) {
  node_.erase(section, section + 1);
  const Vmemmap::Span pages = vmemmap_.pages_of_section(section);
  const Vmemmap::Span leaves = vmemmap_.leaves_of(section);
  for (std::int64_t leaf = leaves.first; leaf < leaves.end; ++leaf) {
    const bool gone = !mapped(leaf);
    if (const auto base = base_pages_.find(leaf); base != base_pages_.end()) {
      const std::int64_t end = std::min(pages.end, (leaf + 1) * kLeafPages);
      for (std::int64_t p = std::max(pages.first, leaf * kLeafPages); p < end; ++p) {
        Pfn& pfn = base->second[static_cast<std::size_t>(p % kLeafPages)];
        if (pfn != kNone) give(std::exchange(pfn, kNone), 0);
      }
      if (gone) base_pages_.erase(base);
    } else if (const auto block = pfn_of(leaf * kLeafPages); gone && block) {
      give(*block, kPageblockOrder);
      forget_order9(leaf);
    }
  }
}

}  // namespace mhp::kernel
