#include "sim/kernel/mm/mempolicy.hpp"

#include <gtest/gtest.h>

#include "sim/kernel/mm/mm.hpp"

namespace mhp::kernel::mempolicy_test {
namespace {

using Mode = MemPolicy::Mode;

class MemoryPolicy : public ::testing::Test {
 protected:
  static BootState three_nodes() {
    machine::Description m;
    m.nodes = {{Bytes{64 * kMiB}, 2}, {Bytes{64 * kMiB}, 2}, {Bytes{64 * kMiB}, 0}};
    m.distance = {{10, 20, 30}, {20, 10, 30}, {30, 30, 10}};
    return boot(m, {});
  }
  std::vector<int> nodes_of(MemPolicy policy, int pages, NodeId cpu = NodeId{0}) {
    std::vector<int> count(3, 0);
    const AllocRequest user{.type = MigrateType::movable, .highest = ZoneType::movable};
    for (int i = 0; i < pages; ++i)
      if (const auto got = mm_.alloc_pages(policy.apply(user, cpu, mm_), mm_.nobody()))
        ++count[got->node.index()];
    return count;
  }
  Mm mm_{three_nodes(), {}, {}};
};

TEST_F(MemoryPolicy, local_and_preferred_fall_back_to_other_nodes) {
  EXPECT_EQ(nodes_of({}, 10, NodeId{1}), (std::vector{0, 10, 0}));
  EXPECT_EQ(nodes_of({Mode::preferred, {false, false, true}}, 10), (std::vector{0, 0, 10}));
  const auto all = nodes_of({Mode::preferred, {false, false, true}}, 100'000);
  EXPECT_GT(all[0], 1000);
  EXPECT_GT(all[2], 1000);
}

TEST_F(MemoryPolicy, bind_takes_the_nearest_of_its_nodes_and_no_other) {
  EXPECT_EQ(nodes_of({Mode::bind, {true, true}}, 10, NodeId{1}), (std::vector{0, 10, 0}));
  const auto bound = nodes_of({Mode::bind, {false, true, true}}, 100'000);
  EXPECT_EQ(bound[0], 0);
  EXPECT_GT(bound[1], 1000);
  EXPECT_GT(bound[2], 1000);
}

TEST_F(MemoryPolicy, interleaving_gives_each_node_its_weight) {
  EXPECT_EQ(nodes_of({Mode::interleave, {true, true, true}}, 300), (std::vector{100, 100, 100}));
  EXPECT_EQ(nodes_of({Mode::interleave, {true, false, true}, {3, 9, 1}}, 400),
            (std::vector{300, 0, 100}));
}

// apply_policy_zone: a node without memory in a kernel zone binds movable pages alone; and nobody
// is bound for pages below the highest kernel zone.
TEST_F(MemoryPolicy, bind_is_for_kernel_pages_where_a_node_has_some) {
  Node& far = mm_.node(NodeId{2});
  far.has_normal_memory = false;
  MemPolicy movable_only{Mode::bind, {false, false, true}};
  const AllocRequest user{.type = MigrateType::movable, .highest = ZoneType::movable};
  const AllocRequest table{};
  EXPECT_NE(movable_only.apply(user, NodeId{0}, mm_).nodemask, nullptr);
  EXPECT_EQ(movable_only.apply(table, NodeId{0}, mm_).nodemask, nullptr);
  MemPolicy both{Mode::bind, {true, false, true}};
  EXPECT_NE(both.apply(table, NodeId{0}, mm_).nodemask, nullptr);
  EXPECT_EQ(mm_.policy_zone(), ZoneType::dma32) << "192 MiB have no zone Normal";
  EXPECT_EQ(both.apply({.highest = ZoneType::dma}, NodeId{0}, mm_).nodemask, nullptr);
}

TEST_F(MemoryPolicy, counts_nodes_that_have_memory) {
  mm_.node(NodeId{2}).has_memory = false;
  EXPECT_EQ(nodes_of({Mode::interleave, {true, false, true}}, 10), (std::vector{10, 0, 0}));
  EXPECT_EQ(nodes_of({Mode::bind, {false, false, true}}, 10, NodeId{1}), (std::vector{0, 10, 0}));
}

}  // namespace
}  // namespace mhp::kernel::mempolicy_test
