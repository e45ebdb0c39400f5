#include "sim/kernel/hotplug/memmap_backing.hpp"

#include <utility>

#include "sim/kernel/mm/buddy.hpp"

namespace mhp::kernel {

NodeId MemmapBacking::node_of(std::int64_t section) const {
  const auto found = node_.find(section);
  return found ? NodeId{found->value} : NodeId{};
}

std::optional<Pfn> MemmapBacking::pfn_of(std::int64_t section, std::int64_t page) const {
  if (const auto base = base_pages_.find(section); base != base_pages_.end())
    return base->second[static_cast<std::size_t>(page)];
  auto it = order9_.upper_bound(section);
  if (it == order9_.begin()) return std::nullopt;
  const auto& [first, extent] = *--it;
  if (section - first >= extent.sections) return std::nullopt;
  return Pfn{extent.pfn + (section - first) * kSectionMemmapPages + page};
}

void MemmapBacking::for_each_node(
    std::int64_t first, std::int64_t end,
    const std::function<void(NodeId, std::int64_t, std::int64_t)>& f) const {
  node_.for_each_in(first, end, [&](const auto& i) { f(NodeId{i.value}, i.start, i.end); });
}

PageCount MemmapBacking::allocated(const IntervalSet& but) const {
  PageCount pages;
  for (const auto& [first, extent] : order9_)
    pages += PageCount{extent.sections * kSectionMemmapPages};
  for (const auto& [section, single] : base_pages_)
    if (!but.contains(section)) pages += PageCount{static_cast<std::int64_t>(single.size())};
  return pages;
}

void MemmapBacking::add_order9(std::int64_t section, Pfn pfn, NodeId node) {
  node_.assign(section, section + 1, node.value);
  const auto next = order9_.lower_bound(section);
  if (next != order9_.begin()) {
    auto& [first, extent] = *std::prev(next);
    if (first + extent.sections == section &&
        extent.pfn + extent.sections * kSectionMemmapPages == pfn.value) {
      ++extent.sections;
      return;
    }
  }
  order9_.emplace_hint(next, section, Extent{1, pfn.value});
}

void MemmapBacking::add_base_pages(std::int64_t section, std::vector<Pfn> pages, NodeId node) {
  node_.assign(section, section + 1, node.value);
  base_pages_.emplace(section, std::move(pages));
}

void MemmapBacking::release(std::int64_t section, const Give& give) {
  node_.erase(section, section + 1);
  if (const auto base = base_pages_.find(section); base != base_pages_.end()) {
    for (const Pfn p : base->second) give(p, 0);
    base_pages_.erase(base);
    return;
  }
  auto it = order9_.upper_bound(section);
  if (it == order9_.begin()) return;
  --it;
  const auto [first, extent] = *it;
  const std::int64_t offset = section - first;
  if (offset >= extent.sections) return;
  give(Pfn{extent.pfn + offset * kSectionMemmapPages}, kPageblockOrder);
  const std::int64_t after = extent.sections - offset - 1;
  if (offset == 0)
    order9_.erase(it);
  else
    it->second.sections = offset;
  if (after > 0)
    order9_.emplace(section + 1, Extent{after, extent.pfn + (offset + 1) * kSectionMemmapPages});
}

}  // namespace mhp::kernel
