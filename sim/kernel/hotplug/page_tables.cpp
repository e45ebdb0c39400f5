#include "sim/kernel/hotplug/page_tables.hpp"

#include <algorithm>
#include <bit>
#include <utility>
#include <vector>

namespace mhp::kernel {

namespace {

constexpr std::int64_t units(int span) { return std::int64_t{1} << span; }
constexpr std::int64_t down(std::int64_t page, int span) { return page >> span; }
constexpr std::int64_t up(std::int64_t page, int span) { return (page + units(span) - 1) >> span; }

}  // namespace

PageTables::PageTables(const TableShape& shape, Vmemmap vmemmap)
    : shape_(shape), vmemmap_(vmemmap) {
  const Geometry& g = shape_.geometry;
  // Entries of 8 bytes.
  const int bits = std::countr_zero(static_cast<std::uint64_t>(g.page_size()) /
                                    static_cast<std::uint64_t>(shape_.tables_a_page)) -
                   3;
  span_[0] = g.pmd_order();
  span_[1] = g.pud_order();
  for (std::size_t l = 2; l < span_.size(); ++l) span_[l] = span_[l - 1] + bits;
  if (shape_.vmemmap_before_border.value > 0)
    vmemmap_start_ =
        units(span(shape_.levels - 1)) - g.pages_of(shape_.vmemmap_before_border).value;
  vmemmap_start_ -= vmemmap_.page_of(shape_.origin);
  // Boot has opened a page for them, and taken one of it.
  for (Open& open : open_) open = {Pfn{-1}, shape_.tables_a_page - 1};
}

void PageTables::boot_tables(Map& map, int from, std::int64_t first, std::int64_t end) {
  for (int l = from; l < shape_.levels; ++l)
    level(map, l).boot.insert(down(first, span(l)), up(end, span(l)));
}

std::optional<Pfn> PageTables::take_table(int level, const TakePage& take, Mapped& done) {
  Open& open = open_[static_cast<std::size_t>(level)];
  if (open.left > 0) return --open.left, open.page;
  const auto page = take();
  if (!page) return std::nullopt;
  ++done.tables;
  ++pages_;
  if (shape_.tables_a_page > 1) {
    shared_pages_[*page] = shape_.tables_a_page;
    open = {*page, shape_.tables_a_page - 1};
  }
  return page;
}

void PageTables::give_table(Pfn page, const GivePage& give) {
  if (shape_.tables_a_page > 1) {
    const auto shared = shared_pages_.find(page);
    if (shared == shared_pages_.end() || --shared->second > 0) return;
    shared_pages_.erase(shared);
  }
  --pages_;
  give(page);
}

bool PageTables::ensure(Map& map, int l, std::int64_t first, std::int64_t end, const TakePage& take,
                        Mapped& done) {
  Level& tables = level(map, l);
  const std::int64_t stop = up(end, span(l));
  for (std::int64_t slot = down(first, span(l)); slot < stop;) {
    if (const auto boot = tables.boot.find(slot)) {
      slot = boot->end;
    } else if (const auto taken = tables.taken.find(slot)) {
      slot = taken->end;
    } else {
      const auto page = take_table(l, take, done);
      if (!page) return false;
      tables.taken.assign(slot, slot + 1, page->value - slot);
      ++slot;
    }
  }
  return true;
}

void PageTables::drop(Map& map, int from, std::int64_t first, std::int64_t end,
                      const GivePage& give) {
  const int levels = shape_.levels - (shape_.top_tables_stay ? 1 : 0);
  for (int l = from; l < levels; ++l) {
    Level& tables = level(map, l);
    std::vector<std::pair<std::int64_t, Pfn>> gone;
    tables.taken.for_each_in(down(first, span(l)), up(end, span(l)), [&](const auto& run) {
      for (std::int64_t slot = run.start; slot < run.end; ++slot)
        if (map.mapped.covered(slot << span(l), (slot + 1) << span(l)) == 0)
          gone.emplace_back(slot, Pfn{run.value + slot});
    });
    for (const auto& [slot, page] : gone) {
      tables.taken.erase(slot, slot + 1);
      give_table(page, give);
    }
  }
}

// The whole aligned units of the largest leaf by that, what is left at both ends by the next.
template <class F>
bool PageTables::by_leaf(std::int64_t first, std::int64_t end, F&& f) const {
  const int rest = shape_.direct_rest;
  if (shape_.direct_leaf <= rest) return f(rest, first, end);
  const int large = span(shape_.direct_leaf - 1);
  const std::int64_t from = up(first, large) << large;
  const std::int64_t to = down(end, large) << large;
  if (from >= to) return f(rest, first, end);
  return f(shape_.direct_leaf, from, to) && (first == from || f(rest, first, from)) &&
         (to == end || f(rest, to, end));
}

void PageTables::map_at_boot(PfnRange range) {
  const std::int64_t first = to_map(range.start);
  const std::int64_t end = to_map(range.end);
  boot_tables(direct_, std::max(2, shape_.direct_leaf), first, end);
  by_leaf(first, end, [&](int leaf, std::int64_t from, std::int64_t to) {
    const int unit = leaf == 0 ? 0 : span(leaf - 1);
    leaves_[static_cast<std::size_t>(leaf)].insert(down(from, unit), up(to, unit));
    boot_tables(direct_, leaf, from, to);
    return true;
  });
  direct_.mapped.insert(first, end);
  const Geometry& g = shape_.geometry;
  const Slots leaves = vmemmap_.leaves_of(g.section_of(range.start), g.sections_end(range.end));
  const Slots pages{vmemmap_pages(leaves.first).first, vmemmap_pages(leaves.end - 1).end};
  map_.mapped.insert(pages.first, pages.end);
  boot_tables(map_, shape_.vmemmap_base_pages ? 0 : 1, pages.first, pages.end);
}

PageTables::Mapped PageTables::map_direct(PfnRange range, const TakePage& take) {
  Mapped done;
  const std::int64_t first = to_map(range.start);
  const std::int64_t end = to_map(range.end);
  for (int l = shape_.levels - 1; l >= 2 && done.ok; --l)
    done.ok = ensure(direct_, l, first, end, take, done);
  if (!done.ok) return done;
  done.ok = by_leaf(first, end, [&](int leaf, std::int64_t from, std::int64_t to) {
    for (int l = std::min(1, shape_.levels - 1); l >= leaf; --l)
      if (!ensure(direct_, l, from, to, take, done)) return false;
    const int unit = leaf == 0 ? 0 : span(leaf - 1);
    leaves_[static_cast<std::size_t>(leaf)].insert(down(from, unit), up(to, unit));
    done.leaves += up(to, unit) - down(from, unit);
    direct_.mapped.insert(from, to);
    return true;
  });
  return done;
}

void PageTables::unmap_direct(PfnRange range, const GivePage& give) {
  const std::int64_t first = to_map(range.start);
  const std::int64_t end = to_map(range.end);
  leaves_[0].erase(first, end);
  leaves_[1].erase(down(first, span(0)), up(end, span(0)));
  leaves_[2].erase(up(first, span(1)), down(end, span(1)));
  direct_.mapped.erase(first, end);
  drop(direct_, 0, first, end, give);
}

bool PageTables::gigabyte_leaf(Pfn pfn) const {
  return leaves_[2].contains(down(to_map(pfn), span(1)));
}

Vmemmap::Span PageTables::vmemmap_pages(std::int64_t leaf) const {
  const std::int64_t first = vmemmap_start_ + leaf * vmemmap_.leaf_pages();
  return {first, first + vmemmap_.leaf_pages()};
}

PageTables::Mapped PageTables::map_vmemmap_leaf(std::int64_t leaf, const TakePage& take) {
  Mapped done;
  const Slots pages = vmemmap_pages(leaf);
  const int lowest = shape_.vmemmap_base_pages ? 0 : 1;
  for (int l = shape_.levels - 1; l >= lowest && done.ok; --l) {
    // The P4D tables of five levels reach further than any vmemmap.
    if (l == 3) continue;
    done.ok = ensure(map_, l, pages.first, pages.end, take, done);
  }
  if (!done.ok) return done;
  map_.mapped.insert(pages.first, pages.end);
  ++done.leaves;
  return done;
}

void PageTables::unmap_vmemmap_leaf(std::int64_t leaf, const GivePage& give) {
  const Slots pages = vmemmap_pages(leaf);
  map_.mapped.erase(pages.first, pages.end);
  if (const auto own = pte_tables_.find(leaf); own != pte_tables_.end()) {
    give(own->second);
    pte_tables_.erase(own);
  }
  drop(map_, shape_.vmemmap_base_pages ? 0 : 1, pages.first, pages.end, give);
}

}  // namespace mhp::kernel
