// What the kernel takes for a node that gets its first memory, and what of it keeps blocks online.
#include <gtest/gtest.h>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/mm/mempolicy.hpp"
#include "sim/kernel/placement/test_machine.hpp"

namespace mhp::kernel::node_memory_test {
namespace {

constexpr NodeId kBoot{0};
constexpr NodeId kAdded{1};
constexpr PfnRange kDimm{pfn_of(Bytes{64 * kGiB}), pfn_of(Bytes{65 * kGiB})};

/// A GiB is added to the second node; its blocks stay offline.
class NewNode : public TestMachine {
 public:
  explicit NewNode(std::function<void(KernelProfile&)> rule = {})
      : TestMachine("hotplugged_range", "acpi_dimm", [&](KernelConfig&, KernelProfile& profile) {
          if (rule) rule(profile);
        }) {
    EXPECT_EQ(add(kDimm).status, Status::ok);
  }
  BlockId nth(std::int64_t n) const { return block_of(kDimm.start + hotplug().block_pages() * n); }
  OpResult online_nth(std::int64_t n, OnlineType type) { return online(nth(n), type); }
  OpResult offline_nth(std::int64_t n) { return offline(nth(n)); }
  PageCount free_on(NodeId node) const {
    PageCount n;
    for (const Zone& z : mm().node(node).zones) n += z.free_pages();
    return n;
  }
};

auto threads(NodeThreads rule) {
  return [rule](KernelProfile& p) { p.node_threads = rule; };
}

struct ThreadCase {
  NodeThreads rule;
  std::int64_t pages;
  std::int64_t listed;  ///< that wait in the CPU's lists
};

// What 6.18 (8 pages, 8 waiting) and 7.3 (15, 16 waiting) were recorded to take.
TEST(NodeMemory, threads_lie_in_the_first_block_and_pin_it) {
  for (const auto& [rule, pages, listed] :
       {ThreadCase{NodeThreads::nothing, 0, 0}, ThreadCase{NodeThreads::tasks, 8, 8},
        ThreadCase{NodeThreads::tasks_and_stacks, 15, 16}}) {
    NewNode m(threads(rule));
    ASSERT_EQ(m.online_nth(0, OnlineType::online_kernel).status, Status::ok);
    const Zone& zone = m.zone(ZoneType::normal);
    EXPECT_EQ((zone.managed_pages - zone.free_pages()).value, pages);
    EXPECT_EQ(zone.pcp_pages().value, listed);
    EXPECT_EQ(zone.buddy.pageblocks_in({kDimm.start, kDimm.start + m.hotplug().block_pages()},
                                       MigrateType::unmovable),
              pages > 0 ? 3 : 1)
        << "the head, and the largest block of which they are";
    ASSERT_EQ(m.online_nth(1, OnlineType::online_kernel).status, Status::ok);
    EXPECT_EQ(m.offline_nth(1).status, Status::ok);
    EXPECT_EQ(m.offline_nth(0).status, pages > 0 ? Status::ebusy : Status::ok);
    m.mm().validate();
  }
}

TEST(NodeMemory, threads_of_a_node_that_begins_with_movable_memory_lie_elsewhere) {
  NewNode m(threads(NodeThreads::tasks_and_stacks));
  ASSERT_EQ(m.online_nth(0, OnlineType::online_movable).status, Status::ok);
  ASSERT_EQ(m.online_nth(1, OnlineType::online_kernel).status, Status::ok);
  EXPECT_EQ(m.zone(ZoneType::movable).free_pages(), m.zone(ZoneType::movable).managed_pages);
  EXPECT_EQ(m.zone(ZoneType::normal).free_pages(), m.zone(ZoneType::normal).managed_pages);
  EXPECT_EQ(m.offline_nth(1).status, Status::ok);
}

TEST(NodeMemory, caches_take_a_page_each_from_the_next_node_once) {
  for (const std::int64_t caches : {0, 390}) {
    NewNode m([&](KernelProfile& p) { p.slab_pages_per_node = caches; });
    const PageCount boot = m.free_on(kBoot);
    const std::int64_t slab = m.counters().slab_pages;
    const PageCount overhead = m.hotplug().overhead().slab;
    ASSERT_EQ(m.online_nth(0, OnlineType::online_movable).status, Status::ok);
    EXPECT_EQ((boot - m.free_on(kBoot)).value, caches);
    EXPECT_EQ(m.counters().slab_pages - slab, caches);
    EXPECT_EQ((m.hotplug().overhead().slab - overhead).value, caches);
    ASSERT_EQ(m.online_nth(1, OnlineType::online_movable).status, Status::ok);
    ASSERT_EQ(m.offline_nth(1).status, Status::ok);
    ASSERT_EQ(m.offline_nth(0).status, Status::ok);
    EXPECT_EQ((boot - m.free_on(kBoot)).value, caches) << "they stay";
    ASSERT_EQ(m.online_nth(0, OnlineType::online_movable).status, Status::ok);
    EXPECT_EQ((boot - m.free_on(kBoot)).value, caches) << "and are not asked for again";
  }
}

TEST(NodeMemory, without_memory_for_the_caches_the_block_stays_offline) {
  NewNode m([](KernelProfile& p) { p.slab_pages_per_node = 390; });
  std::vector<Pfn> all;
  while (const auto got = m.mm().alloc_pages(
             {.node = kBoot, .order = kMaxOrder, .retry = Retry::noretry}, m.mm().nobody()))
    all.push_back(got->pfn);
  while (const auto got = m.mm().alloc_pages({.node = kBoot}, m.mm().nobody()))
    all.push_back(got->pfn);
  const OpResult refused = m.online_nth(0, OnlineType::online_kernel);
  EXPECT_EQ(refused.status, Status::enomem);
  EXPECT_NE(refused.reason.find("slab caches"), std::string::npos) << refused.reason;
  EXPECT_EQ(m.zone(ZoneType::normal).managed_pages.value, 0);
  EXPECT_FALSE(m.mm().node(kAdded).has_memory);
  m.mm().validate();
}

// A node with processors has come up at boot, and caches had their barns for it then.
TEST(NodeMemory, caches_take_nothing_for_a_node_that_was_there_at_boot) {
  for (const std::int64_t cpus : {0, 2}) {
    machine::Description machine;
    machine.nodes = {{Bytes{4 * kGiB}, 4}, {Bytes{0}, cpus}};
    machine.distance = {{10, 20}, {20, 10}};
    KernelConfig config;
    KernelProfile profile;
    profile.slab_pages_per_node = 390;
    const BootState booted = boot(machine, config);
    Mm mm(booted, config, profile);
    MemoryHotplug hotplug(mm, booted, config);
    CountingHost host;
    ASSERT_EQ(CountingHost::run(hotplug.add(host, {kAdded, kDimm})).status, Status::ok);
    const std::int64_t before = hotplug.counters().slab_pages;
    ASSERT_EQ(CountingHost::run(
                  hotplug.online(host, hotplug.block_of(kDimm.start), OnlineType::online_movable))
                  .status,
              Status::ok);
    EXPECT_EQ(hotplug.counters().slab_pages - before, cpus > 0 ? 0 : 390);
  }
}

// sparse_index_init: 16 GiB share a page of descriptors, eight of which are a slab. A node whose
// processors have run has one with room; a node without any opens its first.
TEST(NodeMemory, descriptors_open_a_slab_on_a_boot_node_without_processors) {
  for (const std::int64_t cpus : {0, 2}) {
    machine::Description machine;
    machine.nodes = {{Bytes{4 * kGiB}, 4}, {Bytes{4 * kGiB}, cpus}};
    machine.distance = {{10, 20}, {20, 10}};
    const KernelConfig config;
    KernelProfile profile;
    profile.slab_per_block = profile.slab_per_section = Bytes{0};
    const BootState booted = boot(machine, config);
    Mm mm(booted, config, profile);
    MemoryHotplug hotplug(mm, booted, config);
    CountingHost host;
    for (const std::int64_t dimm : {0, 1}) {
      const PfnRange range{kDimm.start + PageCount{dimm * 16 * k1GiBPages},
                           kDimm.end + PageCount{dimm * 16 * k1GiBPages}};
      ASSERT_EQ(CountingHost::run(hotplug.add(host, {kAdded, range})).status, Status::ok);
      EXPECT_EQ(hotplug.counters().slab_pages, cpus > 0 ? 0 : 8) << dimm;
    }
  }
}

/// Node on which a task that is bound to the added node gets a page.
NodeId bound_to_added(NewNode& m, MigrateType type, ZoneType highest) {
  MemPolicy bind(MemPolicy::Mode::bind, {false, true});
  const auto got = m.mm().alloc_pages(bind.apply({.type = type, .highest = highest}, kBoot, m.mm()),
                                      m.mm().nobody());
  return got ? got->node : NodeId{};
}

TEST(NodeMemory, a_policy_holds_for_unmovable_pages_where_the_node_counts_as_normal) {
  for (const bool sets : {true, false}) {
    NewNode m([&](KernelProfile& p) { p.online_sets_normal_memory = sets; });
    ASSERT_EQ(m.online_nth(0, OnlineType::online_kernel).status, Status::ok);
    EXPECT_EQ(bound_to_added(m, MigrateType::unmovable, ZoneType::normal), sets ? kAdded : kBoot);
    EXPECT_EQ(bound_to_added(m, MigrateType::movable, ZoneType::movable), kAdded);
  }
}

TEST(NodeMemory, movable_memory_alone_binds_no_unmovable_page) {
  NewNode m;
  ASSERT_EQ(m.online_nth(0, OnlineType::online_movable).status, Status::ok);
  EXPECT_EQ(bound_to_added(m, MigrateType::unmovable, ZoneType::normal), kBoot);
  ASSERT_EQ(m.online_nth(1, OnlineType::online_kernel).status, Status::ok);
  EXPECT_EQ(bound_to_added(m, MigrateType::unmovable, ZoneType::normal), kAdded);
}

// The first block's pages of slab come from boot memory; a driver on the new node then takes one
// there for the second block, and nothing else: tables and descriptors are there already.
TEST(NodeMemory, single_slab_pages_keep_a_block_for_ever_where_they_are_not_seen) {
  for (const bool seen : {true, false}) {
    TestMachine m("hotplugged_range", "acpi_dimm", [&](KernelConfig&, KernelProfile& profile) {
      profile.offline_sees_order0_slab = seen;
    });
    const PageCount block = m.hotplug().block_pages();
    const PfnRange first{kDimm.start, kDimm.start + block};
    const PfnRange second{first.end, first.end + block};
    ASSERT_EQ(m.add(first).status, Status::ok);
    ASSERT_EQ(m.online(m.block_of(first.start), OnlineType::online_kernel).status, Status::ok);
    CountingHost host;
    ASSERT_EQ(CountingHost::run(m.hotplug().add(host, {kAdded, second, kAdded})).status,
              Status::ok);
    const Zone& zone = m.zone(ZoneType::normal);
    ASSERT_EQ((zone.managed_pages - zone.free_pages()).value, 1);
    const OpResult refused = m.offline(m.block_of(first.start));
    EXPECT_EQ(refused.status, seen ? Status::ebusy : Status::eintr);
    EXPECT_EQ(refused.reason.find("until interrupted") != std::string::npos, !seen);
    ASSERT_TRUE(m.mm().alloc_pages({.node = kAdded, .this_node = true}, m.mm().nobody()));
    EXPECT_EQ(m.offline(m.block_of(first.start)).status, Status::ebusy)
        << "another page of the kernel is seen";
    m.mm().validate();
  }
}

}  // namespace
}  // namespace mhp::kernel::node_memory_test
