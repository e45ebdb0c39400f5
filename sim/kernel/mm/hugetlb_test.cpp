// The order in which huge pages join and leave their pool.
#include "sim/kernel/mm/hugetlb.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace mhp::kernel {
namespace {

constexpr Bytes k2MiB{2 * kMiB};
constexpr NodeId kNode{0};

struct Pool {
  explicit Pool(bool in_batches) {
    machine::Description m;
    m.nodes = {{Bytes{2 * kGiB}, 1}};
    m.distance = {{10}};
    const KernelConfig config;
    KernelProfile profile;
    profile.hugetlb_pool_in_batches = in_batches;
    mm = std::make_unique<Mm>(boot(m, config), config, profile);
    huge = std::make_unique<Hugetlb>(*mm, profile);
  }
  void resize(std::int64_t pages) { huge->set_nr_hugepages(kNode, k2MiB, pages); }
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

}  // namespace
}  // namespace mhp::kernel
