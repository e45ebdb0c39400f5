// The order in which huge pages join and leave their pool.
#include "sim/kernel/mm/hugetlb.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/mm/reclaim/population.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::kernel::hugetlb_test {
namespace {

constexpr Bytes k2MiB{2 * kMiB};
constexpr NodeId kNode{0};

struct Pool {
  explicit Pool(bool in_batches, Bytes memory = Bytes{2 * kGiB}, bool init_on_alloc = true) {
    machine::Description m;
    m.nodes = {{memory, 1}};
    m.distance = {{10}};
    KernelConfig config;
    config.init_on_alloc = init_on_alloc;
    KernelProfile profile;
    profile.hugetlb_pool_in_batches = in_batches;
    mm = std::make_unique<Mm>(boot(m, config), config, profile);
    huge = std::make_unique<Hugetlb>(*mm);
  }
  void resize(std::int64_t pages) { huge->set_nr_hugepages(kNode, k2MiB, pages, mm->nobody()); }
  Pfn map() { return *huge->map(kNode, k2MiB); }

  std::unique_ptr<Mm> mm;
  std::unique_ptr<Hugetlb> huge;
};

// 3 pages, then 2 more, in ascending page frames; a mapping gets the head of the pool.
TEST(hugetlb, a_pool_is_a_stack_where_pages_join_one_by_one) {
  Pool pool(false);
  pool.resize(3);
  pool.resize(5);
  const Pfn last = pool.map();
  for (int i = 1; i < 5; ++i) EXPECT_EQ((last - pool.map()).value, i * kPageblockPages);
  EXPECT_EQ(pool.huge->free_hugepages(kNode, k2MiB), 0);
  EXPECT_EQ(pool.huge->nr_hugepages(kNode, k2MiB), 5);
  EXPECT_FALSE(pool.huge->map(kNode, k2MiB));
}

TEST(hugetlb, pages_of_one_write_are_used_in_ascending_order_and_the_last_write_first) {
  Pool pool(true);
  pool.resize(3);
  pool.resize(5);
  const Pfn fourth = pool.map();
  const std::int64_t expected[] = {1, -3, -2, -1};
  for (const std::int64_t blocks : expected)
    EXPECT_EQ((pool.map() - fourth).value, blocks * kPageblockPages);
}

TEST(hugetlb, mapped_pages_stay_and_come_back_to_the_pool) {
  Pool pool(true);
  pool.resize(4);
  const Pfn mapped = pool.map();
  pool.resize(0);
  EXPECT_EQ(pool.huge->nr_hugepages(kNode, k2MiB), 1);
  pool.huge->unmap(kNode, k2MiB, mapped);
  EXPECT_EQ(pool.huge->free_hugepages(kNode, k2MiB), 1);
  EXPECT_EQ(pool.map(), mapped);
  pool.mm->validate();
}

// init_on_alloc: when a page joins the pool, whatever becomes of it.
TEST(hugetlb, pages_of_a_pool_are_cleared_once_if_all_allocations_are) {
  for (const bool wanted : {true, false}) {
    Pool pool(true, Bytes{2 * kGiB}, wanted);
    CountingHost host;
    for (const std::int64_t pages : {5, 8, 2, 4})
      CountingHost::run(pool.huge->set_nr_hugepages(host, kNode, k2MiB, pages));
    EXPECT_EQ(host.spent(Primitive::kernel_init_page), wanted ? (8 + 2) * kPageblockPages : 0);
  }
}

/// Every second page of the node is free, the others hold something.
class Apart : public ::testing::TestWithParam<Content> {
 protected:
  Apart() : pool_(true, Bytes{256 * kMiB}), others_(*pool_.mm, GetParam()) {
    const AllocRequest one{
        .node = kNode, .type = MigrateType::movable, .highest = ZoneType::movable};
    while (const auto got = pool_.mm->get_page_from_freelist(one, Mark::none, pool_.mm->nobody()))
      others_.add(*got, 0);
    for (Population::Extent e = 0; e < others_.extents(); e += 2)
      others_.free(e, pool_.mm->nobody());
    pool_.mm->drain_all_pages(pool_.mm->nobody());
    free_ = pool_.mm->mem_free();
  }
  std::int64_t grow(std::int64_t wanted) {
    return CountingHost::run(pool_.huge->set_nr_hugepages(host_, kNode, k2MiB, wanted));
  }
  const VmEvents& events() { return pool_.mm->reclaim().events(); }

  Pool pool_;
  Population others_;
  PageCount free_;
  CountingHost host_;
};
using PageCacheApart = Apart;

// Nobody who does not wait finds a huge page. Who waits has them made of what is free, and then of
// what can be dropped.
TEST_P(PageCacheApart, a_pool_is_made_by_compaction_and_reclaim) {
  pool_.resize(8);
  const std::int64_t at_once = pool_.huge->nr_hugepages(kNode, k2MiB);
  EXPECT_EQ(at_once, 0);
  EXPECT_EQ(grow(20), 20);
  EXPECT_GT(events().compact_success, 0);
  EXPECT_GT(events().pgmigrate_success, 0);
  EXPECT_EQ(events().pgsteal(), 0) << "20 of about 60 fit into what is free";
  const std::int64_t all = free_.value / kPageblockPages;
  EXPECT_GE(grow(all + 10), all) << "though the last ones are given up, as costly requests are";
  EXPECT_GT(events().pgsteal_direct, 0);
  EXPECT_EQ(events().oom_kill, 0);
  pool_.mm->validate();
}
INSTANTIATE_TEST_SUITE_P(hugetlb, PageCacheApart, ::testing::Values(Content::page_cache));

using LockedApart = Apart;

// What cannot be dropped can still be moved: the pool ends where free memory does, and the write
// says how large it is.
TEST_P(LockedApart, a_pool_ends_with_free_memory) {
  const std::int64_t all = free_.value / kPageblockPages;
  const std::int64_t got = grow(all + 10);
  EXPECT_GT(got, all / 2);
  EXPECT_LT(got, all);
  EXPECT_EQ(pool_.huge->nr_hugepages(kNode, k2MiB), got);
  EXPECT_EQ(events().pgsteal(), 0);
  EXPECT_EQ(events().oom_kill, 0);
  pool_.mm->validate();
}
INSTANTIATE_TEST_SUITE_P(hugetlb, LockedApart, ::testing::Values(Content::locked));

}  // namespace
}  // namespace mhp::kernel::hugetlb_test
