#include "sim/kernel/mm/buddy.hpp"

#include <algorithm>
#include <bit>

#include "sim/core/invariant.hpp"

namespace mhp::kernel {

namespace {

constexpr std::int64_t pages(int order) { return std::int64_t{1} << order; }

}  // namespace

std::int64_t Buddy::free_blocks(int order, MigrateType type) const {
  return order == geometry_.max_order() ? chunks_[at(type)].count
                                        : lists_[index(order)][at(type)].count;
}

std::int64_t Buddy::free_blocks(int order) const {
  std::int64_t n = 0;
  for (int t = 0; t < kMigrateTypes; ++t) n += free_blocks(order, static_cast<MigrateType>(t));
  return n;
}

void Buddy::append(PfnRange range, MigrateType type) {
  set_fresh_pageblock_type(range, type);
  for (std::int64_t p = range.start.value; p < range.end.value;) {
    const int order = geometry_.largest_order(p, range.end.value);
    if (order == geometry_.max_order()) {
      const std::int64_t n = (range.end.value - p) / geometry_.max_order_pages();
      push_runs(p, n, type, End::tail);
      p += n * geometry_.max_order_pages();
    } else {
      release(p, order, type, End::tail);
      p += pages(order);
    }
  }
}

void Buddy::free(Pfn pfn, int order, MigrateType list) {
  release(pfn.value, order, list, std::nullopt);
}

// CMA keeps to itself (migratetype_is_mergeable).
bool Buddy::mergeable(std::int64_t buddy, MigrateType type) const {
  if (free_cma_pages_ == 0 && type != MigrateType::cma) return true;
  return (type == MigrateType::cma) == (pageblock_type(Pfn{buddy}) == MigrateType::cma);
}

// A merged block goes to the head of its list, unless the next merge is likely, that is the buddy
// of the block it would form is free: then to the tail, so that it is left alone for a while
// (buddy_merge_likely).
void Buddy::release(std::int64_t pfn, int order, MigrateType type, std::optional<End> end) {
  for (; order < geometry_.max_order(); ++order) {
    const std::int64_t buddy = pfn ^ pages(order);
    if (!is_free(buddy, order)) break;
    if (order >= geometry_.pageblock_order() && !mergeable(buddy, type)) break;
    remove(buddy, order);
    // All its pageblocks take the type, so that what is split off later is on the right list
    // (change_pageblock_range).
    if (order >= geometry_.pageblock_order() && lists_follow_pageblocks()) {
      const std::int64_t first = geometry_.pageblock_of(Pfn{buddy});
      mark(first, first + pages(order - geometry_.pageblock_order()), type);
    }
    pfn = std::min(pfn, buddy);
  }
  if (!end) {
    const std::int64_t parent = pfn & ~pages(order);
    const bool merge_likely =
        order < geometry_.max_order() - 1 && is_free(parent ^ pages(order + 1), order + 1);
    end = merge_likely ? End::tail : End::head;
  }
  push(pfn, order, type, *end);
}

bool Buddy::has_block(int order, MigrateType type) const {
  const bool cma = type == MigrateType::movable || free_cma_pages_ == 0;
  if (order == 0) return free_pages_ > (cma ? 0 : free_cma_pages_);
  std::uint32_t orders = 0;
  for (int t = 0; t < kMigrateTypes; ++t)
    if (cma || static_cast<MigrateType>(t) != MigrateType::cma)
      orders |= orders_[static_cast<std::size_t>(t)];
  return orders >> order != 0;
}

IntervalSet Buddy::take_range(PfnRange range) {
  IntervalSet taken;
  if (range.empty()) return taken;
  std::vector<std::pair<std::int64_t, int>> found;
  for_each_free_in(range.start.value, range.end.value,
                   [&](std::int64_t pfn, int order) { found.emplace_back(pfn, order); });
  for (const auto& [pfn, order] : found) {
    remove(pfn, order);
    const MigrateType type = pageblock_type(Pfn{pfn});
    const auto give_back = [&](std::int64_t from, std::int64_t to) {
      for (std::int64_t p = from; p < to; p += pages(geometry_.largest_order(p, to)))
        push(p, geometry_.largest_order(p, to), type, End::tail);
    };
    give_back(pfn, std::max(pfn, range.start.value));
    give_back(std::min(pfn + pages(order), range.end.value), pfn + pages(order));
    taken.insert(std::max(pfn, range.start.value), std::min(pfn + pages(order), range.end.value));
  }
  return taken;
}

// Pageblocks that the range holds as a whole are looked up; walked is what it has of others.
PageCount Buddy::free_in(PfnRange range) const {
  const std::int64_t start = range.start.value;
  const std::int64_t end = range.end.value;
  const std::int64_t first = geometry_.pageblocks_end(range.start);
  const std::int64_t last = geometry_.pageblock_of(range.end);
  if (first >= last) return PageCount{walk_free_in(start, end)};
  const std::int64_t whole = geometry_.pageblock_start(first).value;
  const std::int64_t rest = geometry_.pageblock_start(last).value;
  return PageCount{walk_free_in(start, whole) + free_in_runs(whole, rest) +
                   small_in_pageblock_.sum(first, last) + walk_free_in(rest, end)};
}

bool Buddy::all_free_in(PfnRange range) const {
  const PageCount step{geometry_.max_order_pages()};
  for (Pfn p = range.start; p < range.end;) {
    const PfnRange part{p, std::min(range.end, Pfn{round_down(p.value, step.value)} + step)};
    if (free_in(part) != part.pages()) return false;
    p = part.end;
  }
  return true;
}

std::int64_t Buddy::free_in_runs(std::int64_t start, std::int64_t end) const {
  std::int64_t n = 0;
  for (auto it = run_by_end_.upper_bound(start); it != run_by_end_.end(); ++it) {
    const std::int64_t run = runs_[index(it->second)].start;
    if (run >= end) break;
    n += std::min(it->first, end) - std::max(run, start);
  }
  return n;
}

std::int64_t Buddy::walk_free_in(std::int64_t start, std::int64_t end) const {
  std::int64_t n = 0;
  for_each_free_in(start, end, [&](std::int64_t pfn, int order) {
    n += std::min(pfn + pages(order), end) - std::max(pfn, start);
  });
  return n;
}

template <class F>
void Buddy::for_each_free_in(std::int64_t start, std::int64_t end, F&& f) const {
  auto run = run_by_end_.upper_bound(start);
  for (std::int64_t chunk = round_down(start, geometry_.max_order_pages()); chunk < end;
       chunk += geometry_.max_order_pages()) {
    while (run != run_by_end_.end() && run->first <= chunk) ++run;
    if (run != run_by_end_.end() && runs_[index(run->second)].start <= chunk) {
      f(chunk, geometry_.max_order());
      continue;
    }
    if (blocks_.size() == 0) continue;
    for_each_small_in(first_free_reaching(chunk, std::max(chunk, start)),
                      std::min(end, chunk + geometry_.max_order_pages()), f);
  }
}

// A block that begins before the range may reach into it.
std::int64_t Buddy::first_free_reaching(std::int64_t chunk, std::int64_t start) const {
  std::int64_t p = start;
  for (int order = 1; order < geometry_.max_order() && p > chunk; ++order) {
    const std::int64_t before = round_down(start, pages(order));
    const std::int32_t b = before < start ? blocks_.find(before) : kNone;
    if (b != kNone && before + pages(blocks_[b].order) > start) p = before;
  }
  return p;
}

// Of a pageblock no more frames are looked at once all that is free in it has been found.
template <class F>
void Buddy::for_each_small_in(std::int64_t p, std::int64_t end, F&& f) const {
  while (p < end) {
    const std::int64_t pageblock = geometry_.pageblock_of(Pfn{p});
    const std::int64_t next = geometry_.pageblock_start(pageblock + 1).value;
    const std::int64_t stop = std::min(end, next);
    std::int64_t left = small_in_pageblock_[pageblock];
    while (p < stop && left > 0) {
      const std::int32_t b = blocks_.find(p);
      if (b == kNone) {
        ++p;
        continue;
      }
      f(p, blocks_[b].order);
      left -= pages(blocks_[b].order);
      p += pages(blocks_[b].order);
    }
    p = std::max(p, next);
  }
}

// move_freepages: ascending, each to the tail of its new list.
void Buddy::move_free_blocks(PfnRange range, MigrateType type) {
  std::vector<std::pair<std::int64_t, int>> moved;
  for_each_free_in(range.start.value, range.end.value, [&](std::int64_t pfn, int order) {
    if (!lists_follow_pageblocks() || pageblock_type(Pfn{pfn}) != type)
      moved.emplace_back(pfn, order);
  });
  for (const auto& [pfn, order] : moved) remove(pfn, order);
  for (const auto& [pfn, order] : moved) push(pfn, order, type, End::tail);
}

MigrateType Buddy::pageblock_type(Pfn pfn) const {
  const auto found = types_.find(geometry_.pageblock_of(pfn));
  return found ? found->value : MigrateType::movable;
}

void Buddy::set_pageblock_type(PfnRange range, MigrateType type) {
  const std::int64_t first = geometry_.pageblock_of(range.start);
  const std::int64_t last = geometry_.pageblocks_end(range.end);
  if (free_pages_ > 0)
    move_free_blocks({geometry_.pageblock_start(first), geometry_.pageblock_start(last)}, type);
  mark(first, last, type);
}

void Buddy::set_fresh_pageblock_type(PfnRange range, MigrateType type) {
  mark(geometry_.pageblock_of(range.start), geometry_.pageblocks_end(range.end), type);
}

void Buddy::mark(std::int64_t first, std::int64_t last, MigrateType type) {
  if (type == MigrateType::movable)
    types_.erase(first, last);
  else
    types_.assign(first, last, type);
}

std::int64_t Buddy::pageblocks_in(PfnRange range, MigrateType type) const {
  const std::int64_t first = geometry_.pageblock_of(range.start);
  const std::int64_t last = geometry_.pageblocks_end(range.end);
  std::int64_t n = type == MigrateType::movable ? last - first : 0;
  types_.for_each_in(first, last, [&](const auto& i) {
    if (i.value == type)
      n += type == MigrateType::movable ? 0 : i.end - i.start;
    else if (type == MigrateType::movable)
      n -= i.end - i.start;
  });
  return n;
}

void Buddy::forget_pageblocks(PfnRange range) {
  types_.erase(geometry_.pageblock_of(range.start), geometry_.pageblocks_end(range.end));
}

}  // namespace mhp::kernel
