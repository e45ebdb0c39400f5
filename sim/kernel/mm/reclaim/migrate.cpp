#include "sim/kernel/mm/reclaim/migrate.hpp"

#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

LruRef Migration::split_run(LruRef ref, PageCount n) {
  const LruRef rest = reclaim_.lru().split(ref, n);
  reclaim_.writeback().split(rest);
  return rest;
}

PageCount Migration::migrate_run(LruRef ref, const PageOwner::Move& move) {
  Lru& lru = reclaim_.lru();
  PageCount moved;
  while (ref != kNoRun) {
    // The largest aligned block that the run begins with, halved until there is room.
    LruRef rest = kNoRun;
    const Pfn from = lru[ref].pfn;
    std::optional<Pfn> to;
    int order = mm_.geometry().largest_order(from.value, (from + lru[ref].pages).value);
    while (!(to = move(from, order)) && order > 0) --order;
    if (!to) return moved;
    const PageCount pages{std::int64_t{1} << order};
    if (pages < lru[ref].pages) rest = split_run(ref, pages);
    const Zone* zone = mm_.zone_of(*to);
    lru.relocate(ref, *to, zone->node, zone->type);
    lru[ref].owner->moved(ref, from);
    moved += pages;
    ref = rest;
  }
  return moved;
}

Task<void> Migration::spend(Host& host, Pfn from, NodeId node, PageCount pages) const {
  if (pages.value == 0) co_return;
  const MemmapPlace place = reclaim_.memmap(from, node);
  MemmapWork isolated(mm_.nodes());
  isolated.add(place, pages);
  co_await reclaim_.spend_work(host, Primitive::lru_scan, isolated);
  co_await kernel::spend(host, Primitive::migrate_page, mm_.geometry().contents(pages), node);
  if (!place.gigabyte_leaf)
    co_await kernel::spend(host, Primitive::direct_map_walk, pages.value, node);
}

template <class F>
void Migration::for_each_run_in(PfnRange range, F&& f) const {
  const Lru& lru = reclaim_.lru();
  for (Pfn p = range.start; p < range.end; p += PageCount{mm_.geometry().pageblock_pages()})
    for (LruRef r = lru.first_in_pageblock(p); r != kNoRun; r = lru.next_in_pageblock(r)) f(r);
}

PageCount Migration::lru_pages_in(PfnRange range) const {
  PageCount n;
  for_each_run_in(range, [&](LruRef r) { n += reclaim_.lru()[r].pages; });
  return n;
}

void Migration::isolate_range(PfnRange range) {
  Lru& lru = reclaim_.lru();
  for_each_run_in(range, [&](LruRef r) {
    if (!lru[r].isolated) lru.isolate(r);
  });
}

void Migration::putback_range(PfnRange range) {
  Lru& lru = reclaim_.lru();
  for_each_run_in(range, [&](LruRef r) {
    if (lru[r].isolated) lru.putback(r);
  });
}

LruRef Migration::isolated_in(Pfn pageblock) const {
  const Lru& lru = reclaim_.lru();
  LruRef r = lru.first_in_pageblock(pageblock);
  while (r != kNoRun && !lru[r].isolated) r = lru.next_in_pageblock(r);
  return r;
}

bool Migration::migrate_range(PfnRange range, const PageOwner::Move& move) {
  const Lru& lru = reclaim_.lru();
  for (Pfn p = range.start; p < range.end; p += PageCount{mm_.geometry().pageblock_pages()}) {
    for (LruRef r = lru.first_in_pageblock(p); r != kNoRun; r = lru.first_in_pageblock(p)) {
      const PageCount pages = lru[r].pages;
      if (migrate_run(r, move) < pages) return false;
    }
  }
  return true;
}

}  // namespace mhp::kernel
