// Who held what: the thread of March 2021 ("mm,memory_hotplug: Allocate memmap from the added
// memory range") and what came before and after it, on the kernel's mailing lists.
#include "sim/run/result/objection.hpp"

#include <algorithm>

namespace mhp::run {

namespace {

using Number = std::optional<double>;

/// Shadow of KASAN: a byte for so many.
constexpr std::int64_t kShadowScale = 8;

Number pages(PageCount n) { return static_cast<double>(n.value); }
Number count(std::int64_t n) { return static_cast<double>(n); }

double added_bytes(const RunEnd& r) {
  return static_cast<double>(r.counters.sections * r.mm.geometry().section_size().value);
}

/// What additions took of memory that was there: memmap, tables, slab, and what boot set aside.
std::int64_t boot_pages(const RunEnd& r) {
  return r.counters.memmap_pages_boot + r.counters.page_table_pages() + r.counters.slab_pages +
         r.facts.reserved_at_boot.value;
}

Number per_added(const RunEnd& r, std::int64_t n) {
  const double gib = added_bytes(r) / static_cast<double>(kGiB);
  return gib > 0 ? Number(static_cast<double>(n) / gib) : std::nullopt;
}

const std::vector<Objection> kObjections{
    {"O1", "pages in ZONE_MOVABLE that cannot move, at most", "page", Better::lower,
     [](const RunEnd& r) { return pages(r.facts.heads.in_movable); },
     "Hocko, March 2021: memmap cannot move and has no place in Movable. Merged all the same, as a "
     "documented exception: it goes away with the memory that it describes."},
    {"O2", "places that write or count pages of heads", "1", Better::lower,
     [](const RunEnd& r) { return count(r.facts.head_sites); },
     "Hocko, March 2021: initialising and accounting belong to one place. v10 has them in the "
     "driver "
     "layer, twice on the way online and twice on the way offline."},
    {"O2b", "of these, special cases on the way online", "1", Better::lower,
     [](const RunEnd& r) { return count(r.facts.head_online_sites); },
     "Hocko, March 2021: onlining should hand pages to the allocator and know nothing of memmap."},
    {"O2c", "struct pages of heads written by the addition", "page", Better::none,
     [](const RunEnd& r) {
       return count(r.counters.head_pages_initialised - r.counters.head_pages_onlined);
     },
     "Hildenbrand, March 2021: somebody has to initialise the memmap of the memmap. Who does not "
     "at "
     "the addition does when blocks go online (O16)."},
    {"O3", "struct pages of heads written again", "page", Better::lower,
     [](const RunEnd& r) { return count(r.counters.head_pages_rewritten); },
     "Hocko, March 2021: the state should not change from the addition to the removal, however "
     "often blocks go offline and online in between."},
    {"O3b", "heads written for another zone than before", "1", Better::lower,
     [](const RunEnd& r) { return count(r.counters.head_zone_changes); },
     "Hocko, March 2021: a head that follows its block changes zones with it."},
    {"O4", "memmap in use while nobody has written its own struct pages", "page s", Better::lower,
     [](const RunEnd& r) { return Number(r.facts.unwritten_page_seconds); },
     "Hocko, March 2021, conceded by Salvador: pages are in use from the addition on, and "
     "initialised when their block goes online."},
    {"O5", "struct pages lost when a hibernated machine resumes, at most", "page", Better::lower,
     [](const RunEnd& r) { return pages(r.facts.heads.lost_at_resume); },
     "Hildenbrand, March 2021: offline sections are not saved, so a head that was written once, at "
     "the addition, is garbage afterwards."},
    {"O6", "pages online whose struct pages a crash dump misses, at most", "page", Better::lower,
     [](const RunEnd& r) { return pages(r.facts.heads.not_dumped); },
     "October 2020: a dump leaves out a block that is offline, and with it the memmap of others "
     "that "
     "lies there."},
    {"O7", "live state inside offline blocks, at most", "byte", Better::lower,
     [](const RunEnd& r) {
       return count(r.mm.geometry().bytes_of(r.facts.heads.live_offline).value);
     },
     "Hildenbrand, March 2021: who writes to offline blocks through /dev/mem overwrites it."},
    {"O8", "pages that claim a zone whose span excludes them, at most", "page", Better::lower,
     [](const RunEnd& r) { return pages(r.facts.heads.out_of_span); },
     "Hildenbrand, March 2021: the span of a zone shrinks to what is found online; heads of "
     "offline "
     "blocks fall out of it."},
    {"O9", "zones with added memory that are not contiguous, at the end", "1", Better::lower,
     [](const RunEnd& r) { return count(r.facts.zones_not_contiguous); },
     "Hildenbrand, March 2021: zones that interleave have holes, and compaction looks up every "
     "pageblock; no deal breaker. Up to 7.3 hot-add alone has that effect."},
    {"O10", "blocks whose memmap lies in another zone than they, at most", "1", Better::lower,
     [](const RunEnd& r) { return count(r.facts.heads.in_other_zone); },
     "Hildenbrand: which zone a block will go to is not known when it is added."},
    {"O11", "sections online without a usable page, at most", "1", Better::lower,
     [](const RunEnd& r) { return count(r.facts.heads.sections_without); },
     "March 2021: only whole sections can be online; a head that fills one makes a section that "
     "has "
     "nothing to give."},
    {"O11b", "attempts to take a block offline that failed", "1", Better::lower,
     [](const RunEnd& r) {
       return count(std::count_if(r.operations.begin(), r.operations.end(), [](const auto& op) {
         return op.kind == Operation::Kind::offline && op.status != kernel::Status::ok;
       }));
     },
     "Hocko, August 2017: a block that holds the memmap of others cannot go before them."},
    {"O12", "the most that has to be removed together", "byte", Better::lower,
     [](const RunEnd& r) { return count(r.facts.away_unit.value); },
     "Hildenbrand, March 2019: firmware, memtrace and virtio-mem remove other pieces than were "
     "added; Hocko: a DIMM may have one bad part."},
    {"O13", "gigantic pages that the added memory could give at the end", "1", Better::higher,
     [](const RunEnd& r) {
       return r.counters.blocks > 0 ? count(r.facts.gigantic_pages) : std::nullopt;
     },
     "Hocko, August 2017 and November 2020: a memmap in every block leaves no gigantic page."},
    {"O14", "memmap that had to be got in blocks of order 9", "1", Better::lower,
     [](const RunEnd& r) { return count(r.counters.memmap_order9); },
     "Salvador, March 2019: on ppc64 it is 16 MiB at a time and there is no fallback, so that an "
     "addition fails on a fragmented machine. x86-64 falls back to single pages."},
    {"O15", "KASAN shadow that heads do not get, at most", "byte", Better::none,
     [](const RunEnd& r) {
       return count(r.mm.geometry().bytes_of(r.facts.heads.in_use).value / kShadowScale);
     },
     "Hildenbrand: no notifier runs for a head, so that it has neither shadow nor page_ext. "
     "Counted "
     "is the shadow that KASAN would have; page_ext goes by whole sections, and only heads that "
     "fill "
     "one have none."},
    {"O16", "struct pages of heads written while walkers may look", "page", Better::lower,
     [](const RunEnd& r) { return count(r.counters.head_pages_onlined); },
     "Hildenbrand: who walks struct pages, kmemleak for one, needs the memory hotplug lock over "
     "the "
     "life of a head. 6.7 took it to the memory block's level."},
    {"O17", "latency from a processor to a struct page of the added memory", "ns", Better::lower,
     [](const RunEnd& r) {
       return r.facts.memmap_latency ? count(r.facts.memmap_latency->value) : std::nullopt;
     },
     "Hocko, March 2021: struct pages on another node cost a kernel build 5 to 10 % in his "
     "measurements of 2017."},
    {"O18", "MemTotal at the end less MemTotal at the start", "byte", Better::higher,
     [](const RunEnd& r) {
       return count(
           r.mm.geometry().bytes_of(r.facts.mem_total_after - r.facts.mem_total_before).value);
     },
     "Hocko, March 2021: MemTotal should count memmap, managed pages should not."},
    {"O19", "events, zone walks and watermark changes for each GiB added", "1", Better::lower,
     [](const RunEnd& r) {
       return per_added(r, r.counters.blocks_onlined + r.counters.contiguity_walks +
                               r.counters.wmark_recomputations);
     },
     "Hocko, August 2023: small blocks of a fixed size do harm. Hildenbrand: hypervisors need them "
     "(the most that has to be removed together is O12)."},
    {"O20", "memory added for each byte of memory that was there", "1", Better::higher,
     [](const RunEnd& r) {
       const std::int64_t taken = boot_pages(r);
       return taken > 0 ? Number(added_bytes(r) /
                                 static_cast<double>(taken * r.mm.geometry().page_size()))
                        : std::nullopt;
     },
     "s390, October 2025: where all memory that can come has its memmap from boot on, no machine "
     "boots with more than 64 times as much of it as it has."}};

}  // namespace

const std::vector<Objection>& objections() { return kObjections; }

}  // namespace mhp::run
