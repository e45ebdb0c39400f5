// How much memory is worked in, on machines of all kinds that are only said to be.
#include "analysis/validation/host/memory_plan.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>

namespace mhp::host::memory_plan_test {
namespace {

/// A topology that hwloc reads in place of the machine's, as long as the object lives.
class Topology {
 public:
  explicit Topology(const char* description) {
    unsetenv("HWLOC_XMLFILE");  // hwloc would prefer it
    setenv("HWLOC_SYNTHETIC", description, 1);
  }
  Topology(const Topology&) = delete;
  Topology& operator=(const Topology&) = delete;
  ~Topology() { unsetenv("HWLOC_SYNTHETIC"); }
};

/// The nodes of a described machine of which each has so much free.
std::vector<HostNode> nodes_of(const char* description, std::int64_t free) {
  const Topology topology(description);
  const auto host = Host::here(Bytes{free});
  EXPECT_TRUE(host.has_value()) << description;
  EXPECT_FALSE(host->is_this_system());
  return host->nodes();
}

MemoryPlan plan_of(const char* description, std::int64_t free) {
  const auto plan = plan_memory(nodes_of(description, free).front(), {});
  EXPECT_TRUE(plan.has_value()) << plan.error().front().text();
  return *plan;
}

constexpr const char* kCloudGuest = "[numa(memory=24GiB)] pack:1 l3:1(size=480MiB) core:2 pu:1";
constexpr const char* kSmallGuest = "[numa(memory=8GiB)] pack:1 l3:1(size=512MiB) core:2 pu:1";

TEST(host, is_read_as_hwloc_describes_it) {
  const auto nodes = nodes_of(kCloudGuest, 22 * kGiB);
  ASSERT_EQ(nodes.size(), 1U);
  EXPECT_EQ(nodes[0].memory, Bytes{24 * kGiB});
  EXPECT_EQ(nodes[0].free, Bytes{22 * kGiB});
  EXPECT_EQ(nodes[0].cache, Bytes{480 * kMiB});
  EXPECT_EQ(nodes[0].cores, (std::vector<unsigned>{0, 1}));
}

TEST(host, adds_up_caches_of_all_levels_and_counts_cores_once) {
  const auto nodes = nodes_of(
      "pack:2 [numa(memory=64GiB)] l3:2(size=32MiB) l2:4(size=1MiB) core:1 pu:2", 200 * kGiB);
  ASSERT_EQ(nodes.size(), 2U);
  EXPECT_EQ(nodes[1].cache, Bytes{2 * (32 + 4) * kMiB});
  EXPECT_EQ(nodes[1].cpus, 16);
  EXPECT_EQ(nodes[1].cores.size(), 8U);
  EXPECT_EQ(nodes[1].free, Bytes{64 * kGiB}) << "a node has no more free than it has";
}

TEST(plan_memory, takes_eight_times_the_caches_where_it_can) {
  const MemoryPlan guest = plan_of(kCloudGuest, 23 * kGiB);
  EXPECT_EQ(guest.size, Bytes{8 * 480 * kMiB});
  EXPECT_EQ(guest.cached, 1.0 / 8);
  EXPECT_TRUE(guest.notes.empty()) << guest.notes.front();
  const MemoryPlan desk =
      plan_of("[numa(memory=16GiB)] pack:1 l3:1(size=8MiB) core:4 pu:2", 16 * kGiB);
  EXPECT_EQ(desk.size, kUsualMemory);
  EXPECT_EQ(desk.cached, 1.0 / 64);
}

TEST(plan_memory, makes_do_with_a_quarter_of_what_is_free_and_says_what_that_means) {
  const MemoryPlan plan = plan_of(kSmallGuest, 4 * kGiB);
  EXPECT_EQ(plan.size, Bytes{kGiB});
  EXPECT_EQ(plan.cached, 0.5);
  ASSERT_EQ(plan.notes.size(), 1U);
  EXPECT_NE(plan.notes[0].find("node 0: 1 GiB to work in, 512 MiB of caches: they may hold 50 %"),
            std::string::npos)
      << plan.notes[0];
}

TEST(plan_memory, goes_on_where_the_caches_are_larger_than_what_is_free) {
  const MemoryPlan plan = plan_of(kCloudGuest, 100 * kMiB);
  EXPECT_EQ(plan.size, kLeastMemory);
  EXPECT_EQ(plan.cached, 0.9);
  EXPECT_NEAR(plan.farther, 1 + 0.3 * 4, 1e-9) << "32 MiB are four times half of 512 MiB";
  ASSERT_EQ(plan.notes.size(), 2U);
  EXPECT_NE(plan.notes[1].find("latency may be 120 % more"), std::string::npos) << plan.notes[1];
}

TEST(plan_memory, says_so_where_no_caches_are_told) {
  const MemoryPlan plan = plan_of("[numa(memory=24GiB)] pack:1 core:2 pu:1", 20 * kGiB);
  EXPECT_EQ(plan.size, Bytes{512 * kMiB});
  ASSERT_EQ(plan.notes.size(), 1U);
  EXPECT_NE(plan.notes[0].find("not told"), std::string::npos);
}

TEST(plan_memory, goes_by_the_second_level_where_there_is_no_third) {
  const MemoryPlan plan =
      plan_of("[numa(memory=8GiB)] pack:1 l2:2(size=2MiB) core:1 pu:1", 8 * kGiB);
  EXPECT_EQ(plan.size, kUsualMemory);
  EXPECT_TRUE(plan.notes.empty());
}

TEST(plan_memory, refuses_only_what_is_not_free_twice) {
  HostNode node{0, Bytes{8 * kGiB}, Bytes{64 * kMiB}, 4, {0, 1, 2, 3}};
  EXPECT_EQ(plan_memory(node, {1, Bytes{64 * kMiB}})->size, Bytes{64 * kMiB}) << "as it was asked";
  EXPECT_TRUE(plan_memory(node, {1, Bytes{4 * kGiB}}).has_value());
  const auto refused = plan_memory(node, {1, Bytes{4 * kGiB + 1}});
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().front().text().find("node 0 has 8 GiB free"), std::string::npos);
  node.free = kLeastMemory * 2;
  EXPECT_EQ(plan_memory(node, {})->size, kLeastMemory);
  node.free = kLeastMemory * 2 - Bytes{1};
  EXPECT_FALSE(plan_memory(node, {}).has_value());
}

RC_GTEST_PROP(plan_memory, never_takes_more_than_half_and_never_claims_more_than_caches_hold, ()) {
  HostNode node{0, Bytes{}, Bytes{*rc::gen::inRange<std::int64_t>(0, 2048) * kMiB}, 1, {0}};
  node.memory = node.free = Bytes{*rc::gen::inRange<std::int64_t>(64, 1 << 20) * kMiB};
  const auto plan = plan_memory(node, {});
  RC_ASSERT(plan.has_value());
  RC_ASSERT(plan->size >= kLeastMemory && plan->size * 2 <= node.free);
  RC_ASSERT(plan->cached > 0 && plan->cached <= 0.9);
  RC_ASSERT(plan->farther >= 1 && plan->farther <= 2.2);
  RC_ASSERT(plan->cached_alone() == (plan->flushed ? 0 : plan->cached));
}

}  // namespace
}  // namespace mhp::host::memory_plan_test
