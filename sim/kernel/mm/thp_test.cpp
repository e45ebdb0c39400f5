// Which faults ask for a huge page, how, and what becomes of those that get none.
#include "sim/kernel/mm/thp.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/mm/mempolicy.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/population.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::kernel::thp_test {
namespace {

constexpr NodeId kNode{0};

ThpPolicy policy(const char* enabled, const char* defrag) {
  return {*named<ThpEnabled>(enabled), *named<ThpDefrag>(defrag)};
}

TEST(thp, memory_is_eligible_as_enabled_says) {
  for (const bool madvised : {false, true}) {
    EXPECT_TRUE(policy("always", "madvise").eligible(madvised));
    EXPECT_EQ(policy("madvise", "madvise").eligible(madvised), madvised);
    EXPECT_FALSE(policy("never", "madvise").eligible(madvised));
  }
  EXPECT_EQ(policy("always", "madvise").enabled, KernelConfig{}.transparent_hugepage)
      << "as Debian is built";
}

// vma_thp_gfp_mask: whether the fault reclaims itself, wakes kswapd, or neither.
TEST(thp, a_fault_tries_as_hard_as_defrag_says) {
  struct Row {
    const char* defrag;
    bool madvised, direct, kswapd;
    Retry retry;
  };
  for (const Row& row : {Row{"always", false, true, false, Retry::noretry},
                         Row{"always", true, true, false, Retry::normal},
                         Row{"defer", false, false, true, Retry::normal},
                         Row{"defer", true, false, true, Retry::normal},
                         Row{"defer+madvise", false, false, true, Retry::normal},
                         Row{"defer+madvise", true, true, false, Retry::normal},
                         Row{"madvise", false, false, false, Retry::normal},
                         Row{"madvise", true, true, false, Retry::normal},
                         Row{"never", false, false, false, Retry::normal},
                         Row{"never", true, false, false, Retry::normal}}) {
    const AllocRequest rq =
        policy("always", row.defrag).request(kNode, kPageblockOrder, row.madvised);
    EXPECT_EQ(rq.order, kPageblockOrder);
    EXPECT_EQ(rq.highest, ZoneType::movable);
    EXPECT_EQ(rq.direct_reclaim, row.direct) << row.defrag << row.madvised;
    EXPECT_EQ(rq.kswapd, row.kswapd) << row.defrag << row.madvised;
    EXPECT_EQ(rq.retry, row.retry) << row.defrag << row.madvised;
  }
}

/// A node whose free memory lies apart: every second page of the page cache is free.
class Apart : public ::testing::Test {
 protected:
  Apart() {
    machine::Description m;
    m.nodes = {{Bytes{544 * kMiB}, 2}};
    m.distance = {{10}};
    const KernelConfig config;
    mm_ = std::make_unique<Mm>(boot(m, config), config, KernelProfile{});
    cache_ = std::make_unique<Population>(*mm_, Content::page_cache);
    const AllocRequest one{
        .node = kNode, .type = MigrateType::movable, .highest = ZoneType::movable};
    while (const auto got = mm_->get_page_from_freelist(one, Mark::none, mm_->nobody()))
      cache_->add(*got, 0);
    for (Population::Extent e = 0; e < cache_->extents(); e += 2) cache_->free(e, mm_->nobody());
    mm_->drain_all_pages(mm_->nobody());
  }
  const VmEvents& events() { return mm_->reclaim().events(); }

  std::unique_ptr<Mm> mm_;
  std::unique_ptr<Population> cache_;
  CountingHost host_;
};

// Debian's defrag: memory that asks for huge pages has them made, other memory takes base pages.
TEST_F(Apart, only_advised_memory_has_huge_pages_made) {
  MemPolicy local;
  EXPECT_FALSE(
      CountingHost::run(alloc_anon_huge_page(*mm_, host_, kNode, false, local, mm_->nobody())));
  EXPECT_EQ(events().thp_fault_fallback, 1);
  EXPECT_EQ(events().pgmigrate_success, 0);
  EXPECT_TRUE(
      CountingHost::run(alloc_anon_huge_page(*mm_, host_, kNode, true, local, mm_->nobody())));
  EXPECT_EQ(events().thp_fault_alloc, 1);
  EXPECT_GT(events().pgmigrate_success, 0);
  mm_->validate();
}

}  // namespace
}  // namespace mhp::kernel::thp_test
