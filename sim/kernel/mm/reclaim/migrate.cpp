// Moving pages of the LRU lists: migrate_pages of mm/migrate.c, Linux 6.12.
#include "sim/kernel/hotplug/steps.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::kernel {

// Both parts of a run that is being written are waited for.
LruRef Reclaim::split_run(LruRef ref, PageCount n) {
  const LruRef rest = lru_.split(ref, n);
  if (lru_[rest].writeback) writeback_.push_back(rest);
  return rest;
}

PageCount Reclaim::migrate_run(LruRef ref, const PageOwner::Move& move) {
  PageCount moved;
  while (ref != kNoRun) {
    // The largest aligned block that the run begins with, halved until there is room.
    LruRef rest = kNoRun;
    const Pfn from = lru_[ref].pfn;
    std::optional<Pfn> to;
    int order = largest_order(from.value, (from + lru_[ref].pages).value);
    while (!(to = move(from, order)) && order > 0) --order;
    if (!to) return moved;
    const PageCount pages{std::int64_t{1} << order};
    if (pages < lru_[ref].pages) rest = split_run(ref, pages);
    const Zone* zone = mm_.zone_of(*to);
    lru_.relocate(ref, *to, zone->node, zone->type);
    lru_[ref].owner->moved(ref, from);
    moved += pages;
    ref = rest;
  }
  return moved;
}

Task<void> Reclaim::spend_migration(Host& host, Pfn from, NodeId node, PageCount pages) const {
  if (pages.value == 0) co_return;
  const MemmapPlace place = memmap(from, node);
  MemmapWork isolated(mm_.nodes());
  isolated.add(place, pages);
  co_await spend_work(host, Primitive::lru_scan, isolated);
  co_await spend(host, Primitive::migrate_page, pages.value, node);
  if (!place.gigabyte_leaf) co_await spend(host, Primitive::direct_map_walk, pages.value, node);
}

PageCount Reclaim::lru_pages_in(PfnRange range) const {
  PageCount n;
  for (Pfn p = range.start; p < range.end; p += PageCount{kPageblockPages})
    for (LruRef r = lru_.first_in_pageblock(p); r != kNoRun; r = lru_.next_in_pageblock(r))
      n += lru_[r].pages;
  return n;
}

bool Reclaim::migrate_range(PfnRange range, const PageOwner::Move& move) {
  for (Pfn p = range.start; p < range.end; p += PageCount{kPageblockPages}) {
    for (LruRef r = lru_.first_in_pageblock(p); r != kNoRun; r = lru_.first_in_pageblock(p)) {
      const PageCount pages = lru_[r].pages;
      if (migrate_run(r, move) < pages) return false;
    }
  }
  return true;
}

}  // namespace mhp::kernel
