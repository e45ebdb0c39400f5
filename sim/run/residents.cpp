#include "sim/run/residents.hpp"

#include <algorithm>
#include <array>

#include "sim/kernel/mm/reclaim/lru.hpp"

namespace mhp::run {

namespace {

using kernel::Content;
using kernel::LruList;

/// One list of /proc/zoneinfo. What is not active comes first: it is older.
struct Listed {
  PageCount kernel::FoundZone::*pages;
  Content content;
  LruList list;
};
constexpr std::array<Listed, kernel::kLruLists> kListed{
    {{&kernel::FoundZone::unevictable, Content::locked, LruList::unevictable},
     {&kernel::FoundZone::inactive_anon, Content::anon, LruList::inactive_anon},
     {&kernel::FoundZone::inactive_file, Content::page_cache, LruList::inactive_file},
     {&kernel::FoundZone::active_anon, Content::anon, LruList::active_anon},
     {&kernel::FoundZone::active_file, Content::page_cache, LruList::active_file}}};

/// Moves the run that begins at a page frame to an active list; with generations the youngest, in
/// which it is already, count as such.
void activate(kernel::Lru& lru, Pfn pfn, LruList list) {
  if (lru.generations()) return;
  kernel::LruRef r = lru.first_in_pageblock(pfn);
  while (r != kernel::kNoRun && lru[r].pfn != pfn) r = lru.next_in_pageblock(r);
  if (r != kernel::kNoRun) lru.move_to_head(r, list);
}

/// What of ranges is not set aside for the memmap and its tables, which follow it.
std::vector<PfnRange> without_reservation(std::vector<PfnRange> ranges,
                                          const kernel::BootState& boot) {
  const PfnRange memmap = boot.memmap_reservation.range;
  if (memmap.empty()) return ranges;
  const std::int64_t leaf = boot.arch.geometry().pud_pages();
  const Pfn end = memmap.end + PageCount{round_up(memmap.pages().value, leaf) / leaf};
  std::vector<PfnRange> left;
  for (const PfnRange& r : ranges) {
    const PfnRange behind{std::max(r.start, end), r.end};
    const PfnRange before{r.start, std::min(r.end, memmap.start)};
    if (!behind.empty()) left.push_back(behind);
    if (!before.empty()) left.push_back(before);
  }
  return left;
}

/// Takes pages off the end of ranges, in blocks of at most a pageblock.
class Places {
 public:
  Places(std::vector<PfnRange> ranges, const kernel::Geometry& geometry)
      : ranges_(std::move(ranges)), geometry_(geometry) {
    std::reverse(ranges_.begin(), ranges_.end());
  }

  struct Block {
    Pfn pfn;
    int order = 0;
  };
  /// A block of at most so many pages, which there are.
  Block take(PageCount most) {
    PfnRange& r = ranges_.back();
    int order = 0;
    while (order < geometry_.pageblock_order() && fits(r, order + 1, most)) ++order;
    r.end = r.end - PageCount{std::int64_t{1} << order};
    const Block block{r.end, order};
    if (r.empty()) ranges_.pop_back();
    return block;
  }
  bool empty() const { return ranges_.empty(); }

 private:
  static bool fits(const PfnRange& r, int order, PageCount most) {
    const std::int64_t pages = std::int64_t{1} << order;
    return r.end.value % pages == 0 && r.pages().value >= pages && most.value >= pages;
  }

  std::vector<PfnRange> ranges_;  // the last is the next to be used
  const kernel::Geometry& geometry_;
};

}  // namespace

Residents residents_of(const kernel::FoundState& found, const kernel::BootState& boot,
                       kernel::Mm& mm) {
  Residents all;
  std::vector<Places> places;
  for (std::size_t i = 0; i < found.zones.size(); ++i)
    places.emplace_back(
        without_reservation(kernel::in_use(found.zones[i], boot.zones[i], mm.geometry()), boot),
        mm.geometry());
  for (const Listed& listed : kListed) {
    auto& population = *all.emplace_back(std::make_unique<kernel::Population>(mm, listed.content));
    for (std::size_t i = 0; i < found.zones.size(); ++i) {
      const kernel::BootZone& zone = boot.zones[i];
      for (PageCount left = found.zones[i].*listed.pages; left.value > 0 && !places[i].empty();) {
        const auto block = places[i].take(left);
        population.add({block.pfn, zone.node, zone.type}, block.order);
        left -= PageCount{std::int64_t{1} << block.order};
        if (kernel::is_active(listed.list)) activate(mm.lru(), block.pfn, listed.list);
      }
    }
  }
  return all;
}

}  // namespace mhp::run
