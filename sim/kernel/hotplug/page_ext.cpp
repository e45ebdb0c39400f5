// mm/page_ext.c of Linux 6.12.
#include "sim/kernel/hotplug/page_ext.hpp"

#include <bit>

#include "sim/kernel/mm/buddy.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

namespace {

/// get_order
int order_of(PageCount pages) {
  return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(pages.value - 1)));
}

}  // namespace

PageCount PageExt::table() const {
  const Geometry& g = mm_.geometry();
  return g.pages_of(Bytes{round_up(each_page_.value * g.section_pages(), g.page_size())});
}

// make_alloc_exact: the block is split, and what is too much of it is freed page by page.
void PageExt::trim(PfnRange block, Receipt& receipt, bool one_by_one) {
  const PfnRange rest{block.start + table(), block.end};
  if (!one_by_one) return mm_.free_page_range(rest, receipt);
  for (Pfn p = rest.start; p < rest.end; p += PageCount{1}) mm_.free_pages(p, 0, receipt);
}

void PageExt::boot(std::int64_t first, std::int64_t end, NodeId node) {
  Receipt& receipt = mm_.nobody();
  const int order = order_of(table());
  for (std::int64_t s = first; s < end && !none(); ++s) {
    std::optional<Allocation> block;
    if (order <= mm_.geometry().max_order())
      block = mm_.alloc_pages({.node = node, .order = order}, receipt);
    Ranges& ranges = sections_[s];
    if (block) {
      trim({block->pfn, block->pfn + PageCount{std::int64_t{1} << order}}, receipt, false);
      ranges.push_back({block->pfn, block->pfn + table()});
      continue;
    }
    for (PageCount n; n < table(); n += PageCount{1})
      if (const auto page = mm_.alloc_pages({.node = node}, receipt))
        ranges.push_back({page->pfn, page->pfn + PageCount{1}});
  }
}

// alloc_page_ext: one block for the section (alloc_pages_exact_nid), cleared whole; else single
// pages (vzalloc_node). What is too large for a block is asked for as pages at once.
Task<bool> PageExt::allocate(Host& host, std::int64_t section, NodeId node, Receipt& receipt) {
  const int order = order_of(table());
  std::optional<Allocation> block;
  if (order <= mm_.geometry().max_order())
    block = co_await mm_.alloc_pages(host, {.node = node, .order = order}, receipt);
  Ranges& ranges = sections_[section];
  if (block) {
    const PageCount whole{std::int64_t{1} << order};
    co_await receipt.spend(host);
    co_await spend(host, Primitive::kernel_init_page, mm_.geometry().contents(whole), block->node);
    trim({block->pfn, block->pfn + whole}, receipt, true);
    ranges.push_back({block->pfn, block->pfn + table()});
    co_return true;
  }
  for (PageCount n; n < table(); n += PageCount{1}) {
    const auto page = co_await mm_.alloc_pages(host, {.node = node}, receipt);
    if (!page) co_return false;
    ranges.push_back({page->pfn, page->pfn + PageCount{1}});
    block = page;
  }
  co_await receipt.spend(host);
  co_await spend(host, Primitive::kernel_init_page, mm_.geometry().contents(table()), block->node);
  co_return true;
}

Task<bool> PageExt::online(Host& host, PfnRange range, NodeId node) {
  if (none()) co_return true;
  Receipt receipt = mm_.receipt();
  bool ok = true;
  std::int64_t section = mm_.geometry().section_of(range.start);
  for (; ok && section < mm_.geometry().sections_end(range.end); ++section)
    if (!sections_.contains(section)) ok = co_await allocate(host, section, node, receipt);
  if (!ok)
    for (std::int64_t s = mm_.geometry().section_of(range.start); s < section; ++s)
      free(s, receipt);
  co_await receipt.spend(host);
  co_return ok;
}

Task<void> PageExt::offline(Host& host, PfnRange range) {
  if (none()) co_return;
  co_await wait_for(host, Condition::grace_period);
  Receipt receipt = mm_.receipt();
  for (std::int64_t s = mm_.geometry().section_of(range.start);
       s < mm_.geometry().sections_end(range.end); ++s)
    free(s, receipt);
  co_await receipt.spend(host);
}

// free_pages_exact, vfree: page by page.
void PageExt::free(std::int64_t section, Receipt& receipt) {
  const auto found = sections_.find(section);
  if (found == sections_.end()) return;
  for (const PfnRange& r : found->second)
    for (Pfn p = r.start; p < r.end; p += PageCount{1}) mm_.free_pages(p, 0, receipt);
  sections_.erase(found);
}

PageCount PageExt::pages(const IntervalSet& but) const {
  PageCount n;
  for (const auto& [section, ranges] : sections_)
    if (!but.contains(section))
      for (const PfnRange& r : ranges) n += r.pages();
  return n;
}

}  // namespace mhp::kernel
