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
  for (int o = order; o <= geometry_.max_order(); ++o)
    if (free_blocks(o) > (cma ? 0 : free_blocks(o, MigrateType::cma))) return true;
  return false;
}

IntervalSet Buddy::take_range(PfnRange range) {
  IntervalSet taken;
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

PageCount Buddy::free_in(PfnRange range) const {
  std::int64_t n = 0;
  for_each_free_in(range.start.value, range.end.value, [&](std::int64_t pfn, int order) {
    n += std::min(pfn + pages(order), range.end.value) - std::max(pfn, range.start.value);
  });
  return PageCount{n};
}

template <class F>
void Buddy::for_each_free_in(std::int64_t start, std::int64_t end, F&& f) const {
  for (std::int64_t chunk = round_down(start, geometry_.max_order_pages()); chunk < end;
       chunk += geometry_.max_order_pages()) {
    if (run_of(chunk) != kNone) {
      f(chunk, geometry_.max_order());
      continue;
    }
    if (blocks_.size() == 0) continue;
    // A block that begins before the range may reach into it.
    std::int64_t p = std::max(chunk, start);
    for (int order = 1; order < geometry_.max_order() && p > chunk; ++order) {
      const std::int64_t before = round_down(start, pages(order));
      const std::int32_t b = before < start ? blocks_.find(before) : kNone;
      if (b != kNone && before + pages(blocks_[b].order) > start) p = before;
    }
    while (p < std::min(end, chunk + geometry_.max_order_pages())) {
      const std::int32_t b = blocks_.find(p);
      if (b == kNone) {
        ++p;
        continue;
      }
      f(p, blocks_[b].order);
      p += pages(blocks_[b].order);
    }
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
