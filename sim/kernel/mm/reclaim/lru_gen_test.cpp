// Tiers, what refaults do to them, and generations as lists against a plain account of the same
// runs.
#include "sim/kernel/mm/reclaim/lru_gen.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/mm/reclaim/lru.hpp"

namespace mhp::kernel::lru_gen_test {
namespace {

constexpr NodeId kNode{0};

// order_base_2(refs + 1).
TEST(lru_gen, tiers_are_powers_of_two_of_uses) {
  const std::array<int, kMaxLruRefs + 1> expected{0, 1, 2, 2, 3};
  for (int refs = 0; refs <= kMaxLruRefs; ++refs)
    EXPECT_EQ(lru_tier(refs), expected[static_cast<std::size_t>(refs)]) << refs;
}

TEST(lru_gen, without_refaults_page_cache_goes_first_and_no_tier_is_spared) {
  GenControl control;
  control.evicted(GenType::file, 0, 100'000);
  control.evicted(GenType::file, 2, 64'000);
  const auto choice = control.type_to_scan(60);
  EXPECT_EQ(choice.type, GenType::file);
  EXPECT_EQ(choice.tier, kMaxNrTiers - 1);
  EXPECT_EQ(control.tier_of(GenType::file), kMaxNrTiers - 1);
}

// refaulted * (total_0 + 64) > (refaulted_0 + 1) * total * 2, from 64 refaults on.
TEST(lru_gen, a_tier_is_spared_from_64_refaults_on_if_it_refaults_twice_as_much_as_the_first) {
  for (const std::int64_t refaults : {63, 64}) {
    GenControl control;
    control.evicted(GenType::file, 0, 1000);
    control.evicted(GenType::file, 2, 1000);
    control.refaulted(GenType::file, 2, refaults);
    EXPECT_EQ(control.tier_of(GenType::file), refaults < 64 ? 3 : 1);
  }
  // 300 * 1064 against (refaulted_0 + 1) * 2000: from 159 on the first tier is no better.
  for (const std::int64_t first : {158, 159}) {
    GenControl control;
    control.evicted(GenType::file, 0, 1000);
    control.evicted(GenType::file, 2, 1000);
    control.refaulted(GenType::file, 0, first);
    control.refaulted(GenType::file, 2, 300);
    EXPECT_EQ(control.tier_of(GenType::file), first < 159 ? 1 : 3);
  }
}

// refaulted_file * (total_anon + 64) * swappiness > (refaulted_anon + 1) * total_file *
// (200 - swappiness): 64 * 64 * s against 1 * 1000 * (200 - s), s from 40 on.
TEST(lru_gen, page_cache_that_comes_back_makes_anonymous_memory_go) {
  for (const std::int64_t swappiness : {39, 40}) {
    GenControl control;
    control.evicted(GenType::file, 0, 1000);
    control.refaulted(GenType::file, 0, 64);
    EXPECT_EQ(control.type_to_scan(swappiness).type,
              swappiness < 40 ? GenType::file : GenType::anon);
  }
}

TEST(lru_gen, what_a_generation_taught_counts_half_in_the_next) {
  GenControl control;
  control.evicted(GenType::file, 2, 200);
  control.spared(GenType::file, 2, 200);
  control.refaulted(GenType::file, 2, 128);
  EXPECT_EQ(control.tier_of(GenType::file), 1);
  control.reset(GenType::file);  // 64 of 200
  EXPECT_EQ(control.tier_of(GenType::file), 1);
  control.reset(GenType::file);  // 32: too few
  EXPECT_EQ(control.tier_of(GenType::file), 3);
}

LruRun run_at(std::int64_t pageblock, std::int64_t pages, LruList list, bool mapped = false) {
  LruRun run;
  run.pfn = Pfn{pageblock * kPageblockPages};
  run.pages = PageCount{pages};
  run.node = kNode;
  run.zone = ZoneType::normal;
  run.list = list;
  run.mapped = run.young = mapped;
  return run;
}

// Of generations 0 to 3, 2 and 3 are active.
TEST(lru_gen, new_pages_begin_young_if_they_are_faulted_in_and_second_oldest_if_they_are_read) {
  Lru lru(1, {}, true);
  const LruRef read = lru.add(run_at(1, 10, LruList::inactive_file));
  const LruRef mapped = lru.add(run_at(2, 20, LruList::inactive_file, true));
  const LruRef anon = lru.add(run_at(3, 40, LruList::inactive_anon, true));
  const LruRef locked = lru.add(run_at(4, 80, LruList::unevictable));
  EXPECT_EQ(lru[read].gen, 1);
  EXPECT_EQ(lru[mapped].gen, 3);
  EXPECT_EQ(lru[anon].gen, 3);
  EXPECT_EQ(lru[locked].gen, kNoGeneration);
  EXPECT_EQ(lru.size(kNode, LruList::inactive_file).value, 10);
  EXPECT_EQ(lru.size(kNode, LruList::active_file).value, 20);
  EXPECT_EQ(lru.size(kNode, LruList::inactive_anon).value, 0);
  EXPECT_EQ(lru.size(kNode, LruList::active_anon).value, 40);
  EXPECT_EQ(lru.size(kNode, LruList::unevictable).value, 80);
  // Two generations later they are inactive as a whole.
  lru.sequence(kNode).min_seq = {2, 2};
  lru.sequence(kNode).max_seq = 5;
  EXPECT_EQ(lru.size(kNode, LruList::active_file).value, 10) << "in the place of generation 5";
  EXPECT_EQ(lru.size(kNode, LruList::inactive_file).value, 20);
  EXPECT_EQ(lru.size(kNode, LruList::inactive_anon).value, 40);
}

TEST(lru_gen, written_pages_go_to_the_old_end_of_the_oldest_generation) {
  Lru lru(1, {}, true);
  LruRun run = run_at(1, 1, LruList::inactive_anon, true);
  const LruRef first = lru.add(run);
  lru.move_to_generation(first, 0);
  run = run_at(2, 1, LruList::inactive_anon, true);
  run.swap_cache = true;
  const LruRef written = lru.add(run);
  lru.move_to_tail(written);
  EXPECT_EQ(lru.eldest(kNode, GenType::anon, 0, ZoneType::normal), written);
  lru.remove(written);
  EXPECT_EQ(lru.eldest(kNode, GenType::anon, 0, ZoneType::normal), first);
}

// A run that moves takes its activity along: from the youngest two to the youngest.
TEST(lru_gen, migrated_pages_stay_active_or_inactive) {
  Lru lru(2, {}, true);
  const LruRef read = lru.add(run_at(1, 1, LruList::inactive_file));
  const LruRef used = lru.add(run_at(2, 1, LruList::inactive_file, true));
  lru.move_to_generation(used, 2);
  lru[read].refs = lru[used].refs = 3;
  for (const LruRef r : {read, used})
    lru.relocate(r, lru[r].pfn + PageCount{100 * kPageblockPages}, NodeId{1}, ZoneType::movable);
  EXPECT_EQ(lru[read].gen, 1);
  EXPECT_EQ(lru[used].gen, 3);
  EXPECT_EQ(lru[read].refs, 1) << "PG_workingset alone is kept";
  EXPECT_EQ(lru.first_young(kNode, GenType::file), kNoRun);
  EXPECT_EQ(lru.first_young(NodeId{1}, GenType::file), used);
}

// Whatever happens to them, runs are in one generation each, sizes are those of the runs, and the
// young chain holds the young ones.
RC_GTEST_PROP(lru_gen, sizes_and_the_young_chain_are_those_of_the_runs, ()) {
  Lru lru(2, {}, true);
  std::set<LruRef> all;
  std::int64_t pageblock = 0;
  const auto any = [&] {
    auto it = all.begin();
    std::advance(it, *rc::gen::inRange<std::ptrdiff_t>(0, static_cast<std::ptrdiff_t>(all.size())));
    return *it;
  };
  const auto zone = [] {
    return *rc::gen::element(ZoneType::dma32, ZoneType::normal, ZoneType::movable);
  };
  const int steps = *rc::gen::inRange(1, 150);
  for (int i = 0; i < steps; ++i) {
    const int what = all.empty() ? 0 : *rc::gen::inRange(0, 9);
    if (what == 0) {
      LruRun run = run_at(
          ++pageblock, *rc::gen::inRange(1, 513),
          *rc::gen::element(LruList::inactive_anon, LruList::inactive_file, LruList::unevictable),
          *rc::gen::arbitrary<bool>());
      run.zone = zone();
      run.node = NodeId{*rc::gen::inRange(0, 2)};
      all.insert(lru.add(run));
      continue;
    }
    const LruRef r = any();
    const std::int64_t part = *rc::gen::inRange<std::int64_t>(1, lru[r].pages.value + 1);
    const bool movable = lru[r].gen != kNoGeneration;
    if (what == 1) {
      lru.remove(r);
      all.erase(r);
    } else if (what == 2 && movable) {
      lru.move_to_generation(r, *rc::gen::inRange<std::uint8_t>(0, kMaxNrGens),
                             *rc::gen::arbitrary<bool>());
    } else if (what == 3) {
      lru.set_young(r);
    } else if (what == 4) {
      lru.clear_young(r);
    } else if (what == 5) {
      if (part == lru[r].pages.value) all.erase(r);
      lru.shrink(r, PageCount{part});
    } else if (what == 6 && part < lru[r].pages.value) {
      all.insert(lru.split(r, PageCount{part}));
    } else if (what == 7) {
      lru.relocate(r, Pfn{++pageblock * kPageblockPages}, NodeId{*rc::gen::inRange(0, 2)}, zone());
    } else if (what == 8) {
      GenSequence& seq = lru.sequence(NodeId{*rc::gen::inRange(0, 2)});
      ++seq.max_seq;
      for (const GenType t : kGenTypes)
        seq.min_seq[at(t)] = std::max(seq.min_seq[at(t)], seq.max_seq - kMaxNrGens + 1);
    }
  }
  RC_ASSERT(lru.runs() == all.size());
  for (const NodeId node : {kNode, NodeId{1}}) {
    std::array<std::set<LruRef>, 2> young;
    std::array<PageCount, kLruLists> sizes;
    for (const LruRef r : all) {
      const LruRun& run = lru[r];
      if (run.node != node) continue;
      const bool kept = run.gen == kNoGeneration;
      RC_ASSERT(kept == (run.list == LruList::unevictable));
      if (run.young && !kept) young[at(gen_type(run.list))].insert(r);
      const bool active = !kept && lru.sequence(node).is_active(run.gen);
      sizes[static_cast<std::size_t>(active ? active_of(run.list) : run.list)] += run.pages;
    }
    for (std::size_t l = 0; l < kLruLists; ++l)
      RC_ASSERT(lru.size(node, static_cast<LruList>(l)) == sizes[l]);
    for (const GenType t : kGenTypes) {
      std::set<LruRef> chain;
      while (lru.first_young(node, t) != kNoRun) {
        const LruRef r = lru.first_young(node, t);
        RC_ASSERT(chain.insert(r).second);
        lru.clear_young(r);
      }
      RC_ASSERT(chain == young[at(t)]);
    }
  }
}

}  // namespace
}  // namespace mhp::kernel::lru_gen_test
