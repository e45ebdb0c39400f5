#include "sim/kernel/hotplug/memmap_backing.hpp"

#include <algorithm>
#include <utility>

namespace mhp::kernel {

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
  const std::int64_t leaf = page / vmemmap_.leaf_pages();
  if (const auto base = base_pages_.find(leaf); base != base_pages_.end()) {
    const Pfn pfn = base->second[static_cast<std::size_t>(page % vmemmap_.leaf_pages())];
    return pfn == kNone ? std::nullopt : std::optional(pfn);
  }
  const auto it = order9_with(leaf);
  if (it == order9_.end()) return std::nullopt;
  return Pfn{it->second.pfn + page - it->first * vmemmap_.leaf_pages()};
}

PageCount MemmapBacking::allocated(const IntervalSet& but) const {
  PageCount pages;
  for (const auto& [first, extent] : order9_)
    pages += PageCount{extent.leaves * vmemmap_.leaf_pages()};
  for (const auto& [leaf, single] : base_pages_)
    for (std::int64_t i = 0; i < vmemmap_.leaf_pages(); ++i)
      if (single[static_cast<std::size_t>(i)] != kNone &&
          !but.contains((leaf * vmemmap_.leaf_pages() + i) / vmemmap_.section_pages()))
        pages += PageCount{1};
  return pages;
}

void MemmapBacking::add_order9(std::int64_t leaf, Pfn pfn) {
  const auto next = order9_.lower_bound(leaf);
  if (next != order9_.begin()) {
    auto& [first, extent] = *std::prev(next);
    if (first + extent.leaves == leaf &&
        extent.pfn + extent.leaves * vmemmap_.leaf_pages() == pfn.value) {
      ++extent.leaves;
      return;
    }
  }
  order9_.emplace_hint(next, leaf, Extent{1, pfn.value});
}

void MemmapBacking::add_base_pages(Vmemmap::Span pages, const std::vector<Pfn>& pfns) {
  auto& leaf = base_pages_[pages.first / vmemmap_.leaf_pages()];
  leaf.resize(static_cast<std::size_t>(vmemmap_.leaf_pages()), kNone);
  std::copy(pfns.begin(), pfns.end(), leaf.begin() + pages.first % vmemmap_.leaf_pages());
}

void MemmapBacking::split(std::int64_t leaf, std::vector<Pfn> pfns) {
  forget_order9(leaf);
  base_pages_[leaf] = std::move(pfns);
}

void MemmapBacking::replace(std::int64_t page, Pfn by) {
  base_pages_.at(
      page / vmemmap_.leaf_pages())[static_cast<std::size_t>(page % vmemmap_.leaf_pages())] = by;
}

void MemmapBacking::forget_order9(std::int64_t leaf) {
  const auto it = order9_with(leaf);
  if (it == order9_.end()) return;
  const auto [first, extent] = *it;
  const std::int64_t before = leaf - first;
  const std::int64_t after = extent.leaves - before - 1;
  order9_.erase(it);
  if (before > 0) order9_.emplace(first, Extent{before, extent.pfn});
  if (after > 0)
    order9_.emplace(leaf + 1, Extent{after, extent.pfn + (before + 1) * vmemmap_.leaf_pages()});
}

// Single pages are each of one section; a block goes with the last section that has a share.
void MemmapBacking::release(std::int64_t section, const Give& give) {
  node_.erase(section, section + 1);
  const Vmemmap::Span pages = vmemmap_.pages_of_section(section);
  const Vmemmap::Span leaves = vmemmap_.leaves_of(section);
  for (std::int64_t leaf = leaves.first; leaf < leaves.end; ++leaf) {
    const bool gone = !mapped(leaf);
    if (const auto base = base_pages_.find(leaf); base != base_pages_.end()) {
      const std::int64_t end = std::min(pages.end, (leaf + 1) * vmemmap_.leaf_pages());
      for (std::int64_t p = std::max(pages.first, leaf * vmemmap_.leaf_pages()); p < end; ++p) {
        Pfn& pfn = base->second[static_cast<std::size_t>(p % vmemmap_.leaf_pages())];
        if (pfn != kNone) give(std::exchange(pfn, kNone), 0);
      }
      if (gone) base_pages_.erase(base);
    } else if (const auto block = pfn_of(leaf * vmemmap_.leaf_pages()); gone && block) {
      give(*block, vmemmap_.leaf_order());
      forget_order9(leaf);
    }
  }
}

}  // namespace mhp::kernel
