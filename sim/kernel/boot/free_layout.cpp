// Where the free blocks of a zone lie of which only the numbers are known.
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "sim/core/interval_map.hpp"
#include "sim/kernel/boot/found_state.hpp"
#include "sim/kernel/mm/mm.hpp"

namespace mhp::kernel {

namespace {

constexpr std::int64_t kEnd = std::int64_t{1} << 52;

/// Room for free blocks in a zone, in aligned pieces.
class Room {
 public:
  /// Cuts ranges into the largest aligned pieces, ascending. The buddy of such a piece lies outside
  /// or is itself too small, so the whole piece may be free.
  Room(const std::vector<PfnRange>& ranges, const Geometry& geometry)
      : max_order_(geometry.max_order()) {
    for (const PfnRange& r : ranges)
      geometry.for_each_aligned_block(
          r, [this](Pfn p, int order) { whole_[index(order)].push_back(p.value); });
    for (auto& pieces : whole_) std::reverse(pieces.begin(), pieces.end());
  }

  /// Place of a free block: a whole piece, else the upper half of a piece, the lower half of which
  /// stays for smaller blocks.
  std::optional<std::int64_t> place(int order) {
    if (const auto piece = pop(whole_[index(order)])) return piece;
    for (int o = order + 1; o <= max_order_; ++o) {
      auto piece = pop(halves_[index(o)]);
      if (!piece) piece = pop(whole_[index(o)]);
      if (!piece) continue;
      for (--o; o > order; --o) halves_[index(o)].push_back(*piece + (std::int64_t{1} << o));
      halves_[index(order)].push_back(*piece);
      return *piece + (std::int64_t{1} << order);
    }
    return std::nullopt;
  }

 private:
  using Pieces = std::vector<std::int64_t>;  // the last is the next to be used
  static std::size_t index(int order) { return static_cast<std::size_t>(order); }
  static std::optional<std::int64_t> pop(Pieces& pieces) {
    if (pieces.empty()) return std::nullopt;
    const std::int64_t piece = pieces.back();
    pieces.pop_back();
    return piece;
  }

  int max_order_;
  std::array<Pieces, Geometry::kMostOrders> whole_;
  std::array<Pieces, Geometry::kMostOrders> halves_;  // may not be free as a whole
};

std::vector<PfnRange> ranges_of(const IntervalSet& set) {
  std::vector<PfnRange> out;
  set.for_each_in(0, kEnd, [&](const auto& i) { out.push_back({Pfn{i.start}, Pfn{i.end}}); });
  return out;
}

/// Lays blocks out, the largest first; returns those that found no place, by order.
std::vector<std::int64_t> place_all(Room& room, std::vector<std::int64_t> count, BootZone& zone) {
  for (auto order = static_cast<int>(count.size()) - 1; order >= 0; --order) {
    std::int64_t& left = count[static_cast<std::size_t>(order)];
    for (; left > 0; --left) {
      const auto at = room.place(order);
      if (!at) break;
      zone.free.push_back({Pfn{*at}, Pfn{*at + (std::int64_t{1} << order)}});
    }
  }
  return count;
}

/// Free blocks of a range, as far as the zone has so many of their order.
void take_blocks(PfnRange range, std::vector<std::int64_t>& count, BootZone& zone,
                 const Geometry& geometry) {
  geometry.for_each_aligned_block(range, [&](Pfn start, int order) {
    std::int64_t& left = count[static_cast<std::size_t>(order)];
    if (left == 0) return;
    --left;
    zone.free.push_back({start, start + PageCount{std::int64_t{1} << order}});
  });
}

std::vector<std::int64_t> padded(std::vector<std::int64_t> count, const Geometry& g) {
  count.resize(static_cast<std::size_t>(g.max_order()) + 1, 0);
  return count;
}

/// Takes whole pageblocks off the start of what is left of a zone.
std::vector<PfnRange> take_pageblocks(IntervalSet& left, std::int64_t pageblocks,
                                      const Geometry& g) {
  std::vector<PfnRange> taken;
  left.for_each_in(0, kEnd, [&](const auto& i) {
    if (pageblocks == 0) return;
    const std::int64_t first = g.pageblock_of(Pfn{i.start});
    const std::int64_t end = std::min(g.pageblocks_end(Pfn{i.end}), first + pageblocks);
    pageblocks -= end - first;
    taken.push_back({Pfn{i.start}, std::min(Pfn{i.end}, g.pageblock_start(end))});
  });
  for (const PfnRange& r : taken) left.erase(r.start.value, r.end.value);
  return taken;
}

/// Pageblocks of a type: as many as there are, or as its free blocks need.
std::int64_t wanted(std::int64_t pageblocks, const std::vector<std::int64_t>& free,
                    const Geometry& g) {
  const std::int64_t needed = g.pageblocks(pages_in(free) + PageCount{g.pageblock_pages() - 1});
  return std::max(pageblocks, needed);
}

const std::vector<std::int64_t>& free_of(const FoundZone& found, MigrateType type) {
  switch (type) {
    case MigrateType::cma:
      return found.free_cma;
    case MigrateType::unmovable:
      return found.free_unmovable;
    case MigrateType::reclaimable:
      return found.free_reclaimable;
    case MigrateType::movable:
      break;
  }
  return found.free_blocks;
}

std::vector<PfnRange> ranges_of(const std::vector<Pageblocks>& all, MigrateType type) {
  std::vector<PfnRange> out;
  for (const Pageblocks& p : all)
    if (p.type == type) out.push_back(p.range);
  return out;
}

/// Each type has pageblocks of its own. Blocks that find no place among them, as their pageblocks
/// are of several types, lie among the movable ones, in halves if need be.
void lay_out_by_type(const FoundZone& found, BootZone& zone, const Geometry& g) {
  const auto pageblocks = pageblocks_of(found, zone.online, g);
  std::vector<std::int64_t> count = padded(found.free_blocks, g);
  for (const auto type : {MigrateType::cma, MigrateType::unmovable, MigrateType::reclaimable}) {
    Room room(ranges_of(pageblocks, type), g);
    const auto left = place_all(room, padded(free_of(found, type), g), zone);
    for (std::size_t order = 0; order < left.size(); ++order) count[order] += left[order];
  }
  zone.cma = ranges_of(pageblocks, MigrateType::cma);
  Room room(ranges_of(pageblocks, MigrateType::movable), g);
  for (auto order = count.size(); order-- > 0;) {
    std::vector<std::int64_t> one(order + 1, 0);
    one[order] = count[order];
    const std::int64_t left = place_all(room, std::move(one), zone)[order];
    if (order > 0) count[order - 1] += 2 * left;
  }
  for (PageCount n; n < found.pcp; n += PageCount{1})
    if (const auto at = room.place(0)) zone.pcp.push_back(Pfn{*at});
}

}  // namespace

std::vector<Pageblocks> pageblocks_of(const FoundZone& found, const std::vector<PfnRange>& online,
                                      const Geometry& g) {
  std::vector<Pageblocks> all;
  if (!found.typed()) return all;
  IntervalSet where;
  for (const PfnRange& r : online) where.insert(r.start.value, r.end.value);
  const auto take = [&](MigrateType type, std::int64_t pageblocks) {
    const std::int64_t n = wanted(pageblocks, free_of(found, type), g);
    for (const PfnRange& r : take_pageblocks(where, n, g)) all.push_back({r, type});
  };
  if (found.cma.value > 0) take(MigrateType::cma, g.pageblocks(found.cma));
  take(MigrateType::unmovable, found.pageblocks_unmovable);
  take(MigrateType::reclaimable, found.pageblocks_reclaimable);
  for (const PfnRange& r : ranges_of(where)) all.push_back({r, MigrateType::movable});
  return all;
}

std::vector<PfnRange> whole_sections(const std::vector<PfnRange>& memory, const Geometry& g) {
  IntervalSet set;
  for (const auto& r : memory)
    set.insert(g.section_start(g.section_of(r.start)).value,
               g.section_start(g.sections_end(r.end)).value);
  return ranges_of(set);
}

BootZone lay_out(const FoundZone& found, const std::vector<PfnRange>& memory, const Geometry& g,
                 const CmaArea& cma) {
  BootZone zone;
  zone.node = found.node;
  zone.type = zone_type(found.zone).value_or(ZoneType::device);
  zone.start_pfn = Pfn{found.start_pfn};
  zone.spanned = found.spanned;
  zone.present = found.present;
  zone.managed = found.managed;
  zone.watermark = {found.min, found.low, found.high};
  for (std::size_t t = 0; t < found.lowmem_reserve.size() && t < kZoneTypes; ++t)
    zone.lowmem_reserve[t] = PageCount{found.lowmem_reserve[t]};
  zone.pcp_batch = found.pcp_batch;
  const PfnRange span{zone.start_pfn, zone.start_pfn + zone.spanned};
  for (const PfnRange& s : memory) {
    const PfnRange part{std::max(s.start, span.start), std::min(s.end, span.end)};
    if (!part.empty()) zone.online.push_back(part);
  }
  if (found.typed()) {
    lay_out_by_type(found, zone, g);
    return zone;
  }
  IntervalSet where;
  for (const PfnRange& r : zone.online) where.insert(r.start.value, r.end.value);
  auto count = padded(found.free_blocks, g);
  // The kernel takes from the start of CMA memory, so its end is free.
  if (!cma.range.empty()) {
    zone.cma.push_back(cma.range);
    take_blocks({cma.range.end - std::min(cma.free, cma.range.pages()), cma.range.end}, count, zone,
                g);
    where.erase(cma.range.start.value, cma.range.end.value);
  }
  Room room(ranges_of(where), g);
  const auto left = place_all(room, std::move(count), zone);
  if (pages_in(left).value > 0) return zone;
  for (PageCount n; n < found.pcp; n += PageCount{1})
    if (const auto at = room.place(0)) zone.pcp.push_back(Pfn{*at});
  return zone;
}

std::vector<PfnRange> in_use(const FoundZone& found, const BootZone& zone, const Geometry& g) {
  IntervalSet used;
  for (const PfnRange& r : zone.online) used.insert(r.start.value, r.end.value);
  for (const PfnRange& r : zone.free) used.erase(r.start.value, r.end.value);
  for (const Pfn p : zone.pcp) used.erase(p.value, p.value + 1);
  for (const PfnRange& r : zone.cma) used.erase(r.start.value, r.end.value);
  IntervalSet kernels;
  for (const Pageblocks& p : pageblocks_of(found, zone.online, g))
    if (p.type != MigrateType::movable) kernels.insert(p.range.start.value, p.range.end.value);
  std::vector<PfnRange> movable;
  std::vector<PfnRange> others;
  for (const PfnRange& r : ranges_of(used)) {
    kernels.for_each_gap_in(r.start.value, r.end.value, [&](std::int64_t start, std::int64_t end) {
      movable.push_back({Pfn{start}, Pfn{end}});
    });
    kernels.for_each_in(r.start.value, r.end.value, [&](const auto& i) {
      others.push_back({Pfn{i.start}, Pfn{i.end}});
    });
  }
  std::reverse(movable.begin(), movable.end());
  movable.insert(movable.end(), others.rbegin(), others.rend());
  return movable;
}

void set_pageblock_types(const FoundState& found, const BootState& boot, Mm& mm) {
  for (std::size_t i = 0; i < found.zones.size(); ++i) {
    const BootZone& zone = boot.zones[i];
    for (const Pageblocks& p : pageblocks_of(found.zones[i], zone.online, mm.geometry()))
      if (p.type != MigrateType::cma)
        mm.zone(zone.node, zone.type).buddy.set_pageblock_type(p.range, p.type);
  }
}

}  // namespace mhp::kernel
