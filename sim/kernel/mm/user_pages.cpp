#include "sim/kernel/mm/user_pages.hpp"

#include <algorithm>

namespace mhp::kernel {

PageCount UserPages::take(PageCount wanted, NodeId node) {
  const PageCount before = held();
  for (; wanted.value > 0; wanted -= PageCount{1}) {
    const auto page = mm_.alloc_pages(
        {.node = node, .type = MigrateType::movable, .highest = ZoneType::movable}, mm_.nobody());
    if (!page) break;
    pages_.push_back(page->pfn);
  }
  return held() - before;
}

void UserPages::free_all() {
  for (const Pfn p : pages_) mm_.free_pages(p, 0, mm_.nobody());
  pages_.clear();
}

PageCount UserPages::pages_in(PfnRange range) const {
  return PageCount{
      std::count_if(pages_.begin(), pages_.end(), [&](const Pfn p) { return range.contains(p); })};
}

void UserPages::migrate(PfnRange range, const Move& move) {
  for (Pfn& p : pages_) {
    if (!range.contains(p)) continue;
    const auto to = move(p, 0);
    if (!to) return;
    p = *to;
  }
}

}  // namespace mhp::kernel
