#include "sim/kernel/mm/allocator_work.hpp"

#include <algorithm>

#include "sim/kernel/geometry.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

namespace {

/// Struct pages of a 4 KiB page of memmap: as far as processors fetch ahead.
constexpr std::int64_t kStructPages = kPageSize / kStructPageSize;

constexpr PageCount pages_of_order(int order) { return PageCount{std::int64_t{1} << order}; }

Task<void> spend_hold(Host& host, const ZoneLockHold& hold) {
  const std::int32_t lock = zone_index(hold.node, hold.zone);
  co_await acquire(host, Lock::zone_lock, lock);
  if (hold.handed_over) co_await spend(host, Primitive::percpu_line, kZoneLockLines);
  if (hold.taken > 0) co_await spend(host, Primitive::rmqueue, hold.taken);
  if (hold.freed > 0) co_await spend(host, Primitive::free_one_page, hold.freed);
  co_await spend_visits(host, hold.visits);
  co_await release(host, Lock::zone_lock, lock);
}

}  // namespace

const MemmapPlace& MemmapPlaces::of(Pfn pfn, NodeId node) {
  const std::int64_t section = pfn.value / kSectionPages;
  if (section != section_) {
    place_ = lookup_(pfn, node);
    section_ = section;
  }
  return place_;
}

void VisitLog::visit(Pfn pfn, PageCount pages, const MemmapPlace& memmap) {
  const std::int64_t distance = pfn.value - last_;
  note(pfn, pages, memmap, last_ >= 0 && distance < kStructPages && -distance < kStructPages);
}

void VisitLog::follow(Pfn pfn, PageCount pages, const MemmapPlace& memmap) {
  last_ = pfn.value - 1;
  note(pfn, pages, memmap, true);
}

void VisitLog::note(Pfn pfn, PageCount pages, const MemmapPlace& memmap, bool near) {
  if (pages.value == 0) return;
  const std::int64_t end = pfn.value + pages.value;
  StructPageVisits& v = at(memmap.node);
  v.cold += near ? 0 : 1;
  v.next += pages.value - (near ? 0 : 1);
  if (memmap.base_pages) {
    const bool same = last_ >= 0 && last_ / kStructPages == pfn.value / kStructPages;
    v.walks += (end - 1) / kStructPages - pfn.value / kStructPages + (same ? 0 : 1);
  }
  last_ = end - 1;
}

StructPageVisits& VisitLog::at(NodeId node) {
  const auto it = std::find_if(by_node_.begin(), by_node_.end(),
                               [node](const StructPageVisits& v) { return v.node == node; });
  return it != by_node_.end() ? *it : by_node_.emplace_back(StructPageVisits{.node = node});
}

void AllocatorWork::allocated(Pfn pfn, int order, NodeId node, bool tails) {
  ++batch_.allocations;
  if (tails && order > 0)
    batch_.visits.follow(pfn + PageCount{1}, pages_of_order(order) - PageCount{1},
                         places_.of(pfn, node));
}

void AllocatorWork::freed(Pfn pfn, int order, NodeId node) {
  ++batch_.frees;
  batch_.tails_freed += pages_of_order(order).value - 1;
  batch_.visits.visit(pfn, PageCount{1}, places_.of(pfn, node));
}

// One call, either way.
void AllocatorWork::visited(PfnRange range, NodeId node) {
  ++batch_.allocations;
  for (Pfn p = range.start; p < range.end;) {
    const Pfn end = std::min(range.end, Pfn{round_down(p.value, kSectionPages) + kSectionPages});
    batch_.visits.visit(p, end - p, places_.of(p, node));
    p = end;
  }
}

void AllocatorWork::hold(NodeId node, ZoneType zone, bool handed_over) {
  batch_.holds.push_back({.node = node, .zone = zone, .handed_over = handed_over, .visits = {}});
}

void AllocatorWork::taken_in_hold(Pfn pfn, PageCount visited) {
  ++batch_.holds.back().taken;
  visit_in_hold(pfn, visited);
}

void AllocatorWork::freed_in_hold(Pfn pfn) {
  ++batch_.holds.back().freed;
  visit_in_hold(pfn, PageCount{1});
}

void AllocatorWork::visit_in_hold(Pfn pfn, PageCount pages) {
  ZoneLockHold& hold = batch_.holds.back();
  hold.visits.visit(pfn, pages, places_.of(pfn, hold.node));
}

Task<void> spend_visits(Host& host, const VisitLog& log) {
  for (const StructPageVisits& v : log.by_node()) {
    if (v.cold > 0) co_await spend(host, Primitive::struct_page_touch, v.cold, v.node);
    if (v.next > 0) co_await spend(host, Primitive::struct_page_next, v.next, v.node);
    if (v.walks > 0) co_await spend(host, Primitive::memmap_walk, v.walks, v.node);
  }
}

Task<void> spend(Host& host, AllocatorWork::Batch work) {
  if (work.allocations > 0) co_await spend(host, Primitive::alloc_pages, work.allocations);
  if (work.frees > 0) co_await spend(host, Primitive::free_pages, work.frees);
  if (work.tails_freed > 0) co_await spend(host, Primitive::free_tail_page, work.tails_freed);
  co_await spend_visits(host, work.visits);
  for (const ZoneLockHold& hold : work.holds) co_await spend_hold(host, hold);
}

}  // namespace mhp::kernel
