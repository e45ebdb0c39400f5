// The lists' order and sizes against plain lists of the same runs.
#include "sim/kernel/mm/reclaim/lru.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <list>
#include <vector>

#include "sim/kernel/arch/x86_64.hpp"

namespace mhp::kernel::lru_test {
namespace {

constexpr std::array kLists{LruList::inactive_anon, LruList::active_anon, LruList::inactive_file,
                            LruList::active_file};

LruRun run_at(std::int64_t pageblock, std::int64_t pages, ZoneType zone, LruList list) {
  LruRun run;
  run.pfn = Pfn{pageblock * kPageblockPages};
  run.pages = PageCount{pages};
  run.node = NodeId{0};
  run.zone = zone;
  run.list = list;
  return run;
}

/// The same as one list a kind, oldest first, zones mixed: what the kernel's lruvec holds.
struct Plain {
  std::array<std::list<LruRef>, kLruLists> lists;
  std::list<LruRef>& of(LruList l) { return lists[static_cast<std::size_t>(l)]; }
};

LruRef oldest_of(Plain& plain, const Lru& lru, LruList list, ZoneType highest) {
  for (const LruRef r : plain.of(list))
    if (lru[r].zone <= highest) return r;
  return kNoRun;
}

// Runs that are off the lists: parts of them too, until each is put back or lies elsewhere.
TEST(lru, what_is_isolated_is_on_no_list_and_counts_apart) {
  Lru lru(1, {});
  const auto size = [&] { return lru.size(NodeId{0}, LruList::inactive_file).value; };
  const auto isolated = [&] { return lru.isolated(NodeId{0}, true).value; };
  const LruRef first = lru.add(run_at(0, 100, ZoneType::movable, LruList::inactive_file));
  const LruRef second = lru.add(run_at(1, 10, ZoneType::movable, LruList::inactive_file));
  lru.isolate(first);
  EXPECT_EQ(size(), 10);
  EXPECT_EQ(isolated(), 100);
  EXPECT_EQ(lru.isolated(NodeId{0}, false).value, 0);
  EXPECT_EQ(lru.oldest(NodeId{0}, LruList::inactive_file, ZoneType::movable), second);
  EXPECT_EQ(lru.zone_size(NodeId{0}, ZoneType::movable, LruList::inactive_file).value, 10);
  const LruRef rest = lru.split(first, PageCount{30});
  EXPECT_TRUE(lru[rest].isolated);
  EXPECT_EQ(isolated(), 100);
  lru.move_to_tail(rest);
  lru.move_to_head(rest, LruList::active_file);
  EXPECT_EQ(isolated(), 100);
  lru.relocate(first, Pfn{2 * kPageblockPages}, NodeId{0}, ZoneType::normal);
  EXPECT_EQ(lru.zone_size(NodeId{0}, ZoneType::normal, LruList::inactive_file).value, 30);
  EXPECT_EQ(isolated(), 70);
  lru.shrink(rest, PageCount{20});
  lru.putback(rest);
  EXPECT_EQ(isolated(), 0);
  EXPECT_EQ(lru.size(NodeId{0}, LruList::active_file).value, 50);
  lru.isolate(second);
  lru.remove(second);
  EXPECT_EQ(isolated(), 0);
  EXPECT_EQ(size(), 30);
}

RC_GTEST_PROP(lru, order_and_sizes_are_those_of_one_list_that_skips_high_zones, ()) {
  Lru lru(1, {});
  Plain plain;
  std::vector<LruRef> all;
  std::int64_t pageblock = 0;
  const auto list = [] { return *rc::gen::elementOf(std::vector(kLists.begin(), kLists.end())); };
  const int steps = *rc::gen::inRange(1, 200);
  for (int i = 0; i < steps; ++i) {
    const int what = all.empty() ? 0 : *rc::gen::inRange(0, 6);
    const std::size_t at = all.empty() ? 0 : *rc::gen::inRange<std::size_t>(0, all.size());
    if (what == 0) {
      const LruRef r = lru.add(
          run_at(pageblock++, *rc::gen::inRange(1, 513),
                 *rc::gen::element(ZoneType::dma32, ZoneType::normal, ZoneType::movable), list()));
      all.push_back(r);
      plain.of(lru[r].list).push_back(r);
      continue;
    }
    const LruRef r = all[at];
    auto& here = plain.of(lru[r].list);
    if (what == 1) {
      here.remove(r);
      lru.remove(r);
      all.erase(all.begin() + static_cast<std::ptrdiff_t>(at));
    } else if (what == 2) {
      here.remove(r);
      const LruList to = list();
      lru.move_to_head(r, to);
      plain.of(to).push_back(r);
    } else if (what == 3) {
      here.remove(r);
      lru.move_to_tail(r);
      here.push_front(r);
    } else if (what == 4 && lru[r].pages.value > 1) {
      lru.shrink(r, PageCount{*rc::gen::inRange<std::int64_t>(1, lru[r].pages.value)});
    } else if (what == 5 && lru[r].pages.value > 1) {
      const LruRef rest =
          lru.split(r, PageCount{*rc::gen::inRange<std::int64_t>(1, lru[r].pages.value)});
      all.push_back(rest);
      here.insert(std::next(std::find(here.begin(), here.end(), r)), rest);
    }
  }
  for (const LruList l : kLists) {
    for (const ZoneType z : {ZoneType::dma32, ZoneType::normal, ZoneType::movable}) {
      PageCount pages;
      for (const LruRef r : plain.of(l))
        if (lru[r].zone <= z) pages += lru[r].pages;
      RC_ASSERT(lru.size(NodeId{0}, l, z) == pages);
    }
    while (!plain.of(l).empty()) {
      const auto z = *rc::gen::element(ZoneType::dma32, ZoneType::normal, ZoneType::movable);
      const LruRef expected = oldest_of(plain, lru, l, z);
      RC_ASSERT(lru.oldest(NodeId{0}, l, z) == expected);
      const LruRef gone = expected == kNoRun ? plain.of(l).front() : expected;
      plain.of(l).remove(gone);
      lru.remove(gone);
    }
  }
  RC_ASSERT(lru.runs() == 0U);
}

TEST(lru, runs_are_found_by_the_pageblock_in_which_they_lie) {
  Lru lru(2, {});
  const LruRef a = lru.add(run_at(7, 512, ZoneType::normal, LruList::inactive_file));
  const LruRef b = lru.split(a, PageCount{100});
  const LruRef c = lru.add(run_at(8, 1, ZoneType::normal, LruList::inactive_file));
  PageCount in_seven;
  for (LruRef r = lru.first_in_pageblock(Pfn{7 * 512 + 300}); r != kNoRun;
       r = lru.next_in_pageblock(r))
    in_seven += lru[r].pages;
  EXPECT_EQ(in_seven.value, 512);
  lru.relocate(b, Pfn{8 * 512 + 1}, NodeId{1}, ZoneType::movable);
  EXPECT_EQ(lru.first_in_pageblock(Pfn{7 * 512}), a);
  EXPECT_EQ(lru.next_in_pageblock(a), kNoRun);
  EXPECT_EQ(lru.size(NodeId{1}, LruList::inactive_file).value, 412);
  lru.remove(c);
  EXPECT_EQ(lru.first_in_pageblock(Pfn{8 * 512}), b);
  EXPECT_EQ(lru.first_in_pageblock(Pfn{9999 * 512}), kNoRun) << "never named";
}

}  // namespace
}  // namespace mhp::kernel::lru_test
