// The lists of the buddy: linking, runs of the largest order, and the check of every invariant.
#include <algorithm>

#include "sim/core/invariant.hpp"
#include "sim/kernel/mm/buddy.hpp"

namespace mhp::kernel {

void Buddy::account(std::int64_t pages, MigrateType type) {
  free_pages_ += pages;
  changed_.set();
  if (type == MigrateType::cma) free_cma_pages_ += pages;
}

void Buddy::count(List& list, int order, MigrateType type, std::int64_t blocks) {
  list.count += blocks;
  const std::uint32_t bit = std::uint32_t{1} << order;
  std::uint32_t& orders = orders_[at(type)];
  orders = list.count > 0 ? orders | bit : orders & ~bit;
}

// A block of a pageblock and more fills whole ones.
void Buddy::count_in_pageblocks(std::int64_t pfn, int order, int sign) {
  const std::int64_t first = geometry_.pageblock_of(Pfn{pfn});
  const int within = std::min(order, geometry_.pageblock_order());
  for (std::int64_t i = 0; i < std::int64_t{1} << (order - within); ++i)
    small_in_pageblock_.at(first + i) += sign * (1 << within);
}

bool Buddy::is_free(std::int64_t pfn, int order) const {
  if (order == geometry_.max_order()) return run_of(pfn) != kNone;
  const std::int32_t b = blocks_.find(pfn);
  return b != kNone && blocks_[b].order == order;
}

void Buddy::push(std::int64_t pfn, int order, MigrateType type, End end) {
  if (order == geometry_.max_order()) return push_runs(pfn, 1, type, end);
  List& list = lists_[index(order)][at(type)];
  const std::int32_t b = blocks_.insert(pfn, order, static_cast<std::uint8_t>(type));
  auto& block = blocks_[b];
  if (end == End::head) {
    block.next = list.head;
    (list.head == kNone ? list.tail : blocks_[list.head].prev) = b;
    list.head = b;
  } else {
    block.prev = list.tail;
    (list.tail == kNone ? list.head : blocks_[list.tail].next) = b;
    list.tail = b;
  }
  count(list, order, type, 1);
  account(std::int64_t{1} << order, type);
  count_in_pageblocks(pfn, order, 1);
}

void Buddy::remove(std::int64_t pfn, int order) {
  if (order == geometry_.max_order()) return remove_chunk(pfn);
  const std::int32_t b = blocks_.find(pfn);
  MHP_INVARIANT(b != kNone && blocks_[b].order == order, "no free block of order {} at pfn {}",
                order, pfn);
  const auto block = blocks_[b];
  List& list = lists_[index(order)][block.type];
  (block.prev == kNone ? list.head : blocks_[block.prev].next) = block.next;
  (block.next == kNone ? list.tail : blocks_[block.next].prev) = block.prev;
  const auto type = static_cast<MigrateType>(block.type);
  count(list, order, type, -1);
  account(-(std::int64_t{1} << order), type);
  count_in_pageblocks(pfn, order, -1);
  blocks_.erase(b);
}

std::int32_t Buddy::run_of(std::int64_t pfn) const {
  const auto it = run_by_end_.upper_bound(pfn);
  return it != run_by_end_.end() && runs_[index(it->second)].start <= pfn ? it->second : kNone;
}

/// Links a run behind `after` (kNone: at the head of its type's list).
std::int32_t Buddy::insert_run(const Run& run, std::int32_t after) {
  std::int32_t r = 0;
  if (spare_runs_.empty()) {
    r = static_cast<std::int32_t>(runs_.size());
    runs_.emplace_back();
  } else {
    r = spare_runs_.back();
    spare_runs_.pop_back();
  }
  List& list = chunks_[at(run.type)];
  Run& made = runs_[index(r)];
  made = run;
  made.prev = after;
  made.next = after == kNone ? list.head : runs_[index(after)].next;
  (made.prev == kNone ? list.head : runs_[index(made.prev)].next) = r;
  (made.next == kNone ? list.tail : runs_[index(made.next)].prev) = r;
  run_by_end_.emplace_hint(run_by_end_.end(), end_of(run), r);  // mostly memory added upwards
  return r;
}

void Buddy::unlink_run(std::int32_t r) {
  const Run run = runs_[index(r)];
  List& list = chunks_[at(run.type)];
  (run.prev == kNone ? list.head : runs_[index(run.prev)].next) = run.next;
  (run.next == kNone ? list.tail : runs_[index(run.next)].prev) = run.prev;
  spare_runs_.push_back(r);
}

void Buddy::push_runs(std::int64_t start, std::int64_t count, MigrateType type, End end) {
  List& list = chunks_[at(type)];
  this->count(list, geometry_.max_order(), type, count);
  account(count * geometry_.max_order_pages(), type);
  const std::int64_t stop = start + count * geometry_.max_order_pages();
  // Where the new blocks continue the run at that end of the list in ascending order, the run
  // grows.
  if (end == End::head && list.head != kNone && runs_[index(list.head)].start == stop) {
    runs_[index(list.head)].start = start;
    runs_[index(list.head)].count += count;
  } else if (end == End::tail && list.tail != kNone && end_of(runs_[index(list.tail)]) == start) {
    auto node = run_by_end_.extract(start);
    node.key() = stop;
    run_by_end_.insert(std::move(node));
    runs_[index(list.tail)].count += count;
  } else {
    insert_run(Run{start, count, kNone, kNone, type}, end == End::head ? kNone : list.tail);
  }
}

void Buddy::remove_chunk(std::int64_t pfn) {
  const std::int32_t r = run_of(pfn);
  MHP_INVARIANT(r != kNone && pfn % geometry_.max_order_pages() == 0,
                "no free block of the largest order at pfn {}", pfn);
  Run& run = runs_[index(r)];
  count(chunks_[at(run.type)], geometry_.max_order(), run.type, -1);
  account(-geometry_.max_order_pages(), run.type);
  const std::int64_t before = (pfn - run.start) >> geometry_.max_order();
  const std::int64_t after = run.count - before - 1;
  if (before == 0 && after > 0) {
    run.start += geometry_.max_order_pages();
    run.count = after;
    return;
  }
  auto node = run_by_end_.extract(end_of(run));
  if (before == 0) return unlink_run(r);
  run.count = before;
  node.key() = end_of(run);
  run_by_end_.insert(std::move(node));
  if (after > 0)
    insert_run(Run{pfn + geometry_.max_order_pages(), after, kNone, kNone, run.type}, r);
}

void Buddy::validate() const {
  std::int64_t free_pages = 0;
  std::vector<std::pair<std::int64_t, std::int64_t>> extents;
  std::map<std::int64_t, std::int64_t> small;  // free pages by pageblock
  for (std::size_t o = 0; o < lists_.size(); ++o) {
    for (int t = 0; t < kMigrateTypes; ++t) {
      std::int64_t count = 0;
      std::int32_t prev = kNone;
      const List& list = lists_[o][static_cast<std::size_t>(t)];
      for (std::int32_t b = list.head; b != kNone; prev = b, b = blocks_[b].next, ++count) {
        const auto& block = blocks_[b];
        const std::int64_t n = std::int64_t{1} << o;
        MHP_INVARIANT(block.prev == prev && block.order == o && block.type == t,
                      "bad link at pfn {}", block.pfn);
        MHP_INVARIANT(block.pfn % n == 0, "pfn {} is not aligned to order {}", block.pfn, o);
        const std::int64_t buddy = block.pfn ^ n;
        const int order = static_cast<int>(o);
        MHP_INVARIANT(!is_free(buddy, order) || (order >= geometry_.pageblock_order() &&
                                                 !mergeable(buddy, static_cast<MigrateType>(t))),
                      "buddies of order {} at pfn {} are both free", o, block.pfn);
        MHP_INVARIANT(
            !lists_follow_pageblocks() || static_cast<int>(pageblock_type(Pfn{block.pfn})) == t,
            "pfn {} is on the list of another type", block.pfn);
        extents.emplace_back(block.pfn, block.pfn + n);
        free_pages += n;
        const std::int64_t step = std::min(n, geometry_.pageblock_pages());
        for (std::int64_t p = block.pfn; p < block.pfn + n; p += step)
          small[geometry_.pageblock_of(Pfn{p})] += step;
      }
      MHP_INVARIANT(count == list.count && list.tail == prev,
                    "list of order {} type {} has {} blocks, says {}", o, t, count, list.count);
      if (static_cast<int>(o) >= geometry_.max_order()) continue;
      MHP_INVARIANT((orders_[static_cast<std::size_t>(t)] >> o & 1) == (count > 0 ? 1 : 0),
                    "the list of order {} type {} has {} blocks, its bit says otherwise", o, t,
                    count);
    }
  }
  MHP_INVARIANT(small_in_pageblock_.total() == free_pages,
                "pageblocks have {} pages of blocks below the largest order, lists have {}",
                small_in_pageblock_.total(), free_pages);
  for (const auto& [pageblock, n] : small)
    MHP_INVARIANT(small_in_pageblock_[pageblock] == n, "pageblock {} has {} free pages, says {}",
                  pageblock, n, small_in_pageblock_[pageblock]);
  for (int t = 0; t < kMigrateTypes; ++t) {
    std::int64_t count = 0;
    const List& list = chunks_[static_cast<std::size_t>(t)];
    for (std::int32_t r = list.head; r != kNone; r = runs_[index(r)].next) {
      const Run& run = runs_[index(r)];
      MHP_INVARIANT(
          run.count > 0 && run.start % geometry_.max_order_pages() == 0 && run_of(run.start) == r,
          "bad run at pfn {}", run.start);
      extents.emplace_back(run.start, end_of(run));
      count += run.count;
    }
    MHP_INVARIANT(count == list.count, "list of the largest order, type {}: {} blocks, says {}", t,
                  count, list.count);
    MHP_INVARIANT(
        orders_[static_cast<std::size_t>(t)] >> geometry_.max_order() == (count > 0 ? 1 : 0),
        "the list of the largest order, type {}, has {} blocks, its bit says otherwise", t, count);
    free_pages += count * geometry_.max_order_pages();
  }
  MHP_INVARIANT(free_pages == free_pages_, "lists hold {} free pages, counter says {}", free_pages,
                free_pages_);
  std::sort(extents.begin(), extents.end());
  for (std::size_t i = 1; i < extents.size(); ++i)
    MHP_INVARIANT(extents[i - 1].second <= extents[i].first, "pfn {} is free twice",
                  extents[i].first);
}

}  // namespace mhp::kernel
