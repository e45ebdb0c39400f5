#include "sim/kernel/mm/visit_log.hpp"

#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

const MemmapPlace& MemmapPlaces::of(Pfn pfn, NodeId node) {
  const std::int64_t section = geometry_.section_of(pfn);
  if (section != section_) {
    place_ = lookup_(pfn, node);
    section_ = section;
  }
  return place_;
}

void VisitLog::visit(Pfn pfn, PageCount pages, const MemmapPlace& memmap) {
  visit(PageRun(pfn, pages.value, 1), memmap);
}

void VisitLog::visit(const PageRun& run, const MemmapPlace& memmap) {
  const std::int64_t distance = run.first.value - last_;
  // As far as processors fetch ahead.
  const std::int64_t page = memmap.neighbours;
  note(run, memmap, last_ >= 0 && distance < page && -distance < page);
}

void VisitLog::follow(Pfn pfn, PageCount pages, const MemmapPlace& memmap) {
  last_ = pfn.value - 1;
  note(PageRun(pfn, pages.value, 1), memmap, true);
}

void VisitLog::note(const PageRun& run, const MemmapPlace& memmap, bool near) {
  if (run.empty()) return;
  const std::int64_t last = run.last().value;
  StructPageVisits& v = at(memmap.node);
  v.cold += near ? 0 : 1;
  v.next += run.pages - (near ? 0 : 1);
  if (memmap.base_pages) {
    const std::int64_t begin = run.first.value / memmap.neighbours;
    const std::int64_t end = last / memmap.neighbours;
    const bool same = last_ >= 0 && last_ / memmap.neighbours == begin;
    v.walks += (end > begin ? end - begin : begin - end) + (same ? 0 : 1);
  }
  last_ = last;
}

StructPageVisits& VisitLog::at(NodeId node) {
  for (StructPageVisits& v : by_node_)
    if (v.node == node) return v;
  return by_node_.emplace_back(StructPageVisits{.node = node});
}

Task<void> spend_visits(Host& host, const VisitLog& log) {
  for (const StructPageVisits& v : log.by_node()) {
    if (v.cold > 0) co_await spend(host, Primitive::struct_page_touch, v.cold, v.node);
    if (v.next > 0) co_await spend(host, Primitive::struct_page_next, v.next, v.node);
    if (v.walks > 0) co_await spend(host, Primitive::memmap_walk, v.walks, v.node);
  }
}

}  // namespace mhp::kernel
