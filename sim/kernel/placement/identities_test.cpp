// How placements relate: where those that no kernel has, and those that are refused, must agree in
// every figure with those that kernels have, and in which alone they differ.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/placement/test_machine.hpp"

namespace mhp::kernel::identities_test {
namespace {

constexpr std::int64_t kBlockPages = 32768;
constexpr std::int64_t kHead = 512;  // memmap of one block

/// With a device of 1 GiB whose blocks are counted from 0.
class Machine : public TestMachine {
 public:
  using TestMachine::TestMachine;

  Status add() {
    const OpResult added = TestMachine::add(range_);
    refusal_ = added.placement_refusal;
    return added.status;
  }
  Status add(std::int64_t blocks) {
    range_.end = range_.start + PageCount{blocks * kBlockPages};
    return add();
  }
  Status online(std::int64_t b, OnlineType type) {
    return TestMachine::online(block(b), type).status;
  }
  Status offline(std::int64_t b) { return TestMachine::offline(block(b)).status; }
  Status remove() { return TestMachine::remove(range_).status; }
  Status remove(std::int64_t b) {
    return TestMachine::remove(hotplug().block_range(block(b))).status;
  }
  void online_all(OnlineType type) {
    for (std::int64_t b = 0; b < blocks(); ++b) ASSERT_EQ(online(b, type), Status::ok);
  }

  /// Why the last addition did not follow the placement.
  std::string_view refusal() const { return refusal_; }
  std::int64_t blocks() const { return range_.pages().value / kBlockPages; }
  const Plan& block_plan(std::int64_t b) const { return hotplug().block(block(b)).plan; }
  PfnRange range() const { return range_; }

 private:
  BlockId block(std::int64_t b) const {
    return block_of(range_.start + PageCount{b * kBlockPages});
  }

  std::string_view refusal_;
  PfnRange range_{pfn_of(Bytes{64 * kGiB}), pfn_of(Bytes{65 * kGiB})};
};

TEST(altmap_unit, of_one_block_is_hotplugged_range_in_every_count_of_its_life) {
  for (const OnlineType type : {OnlineType::online_kernel, OnlineType::online_movable}) {
    Machine unit("altmap_unit"), block("hotplugged_range");
    for (Machine* m : {&unit, &block}) {
      ASSERT_EQ(m->add(1), Status::ok);
      ASSERT_EQ(m->online(0, type), Status::ok);
    }
    expect_alike(unit, block);
    for (Machine* m : {&unit, &block}) {
      ASSERT_EQ(m->offline(0), Status::ok);
      ASSERT_EQ(m->remove(), Status::ok);
    }
    expect_alike(unit, block);
    expect_same_work(unit, block);
    EXPECT_EQ(unit.counters().altmaps, 1);
    EXPECT_EQ(unit.mm().mem_free(), block.mm().mem_free());
  }
}

/// Brings a machine and one of boot_memory through a life of their blocks.
void expect_boot_memory_from_add_to_remove(Machine& m, Machine& boot_memory, OnlineType type) {
  const auto compare = [&] {
    expect_alike(m, boot_memory);
    expect_same_work(m, boot_memory);
    EXPECT_EQ(m.counters(), boot_memory.counters());
    EXPECT_EQ(m.mm().mem_free(), boot_memory.mm().mem_free());
    EXPECT_EQ(m.hotplug().nr_memmap_pages(), boot_memory.hotplug().nr_memmap_pages());
  };
  compare();
  for (Machine* each : {&m, &boot_memory}) each->online_all(type);
  compare();
  for (Machine* each : {&m, &boot_memory})
    for (std::int64_t b = each->blocks(); b-- > 0;) ASSERT_EQ(each->offline(b), Status::ok);
  compare();
  for (Machine* each : {&m, &boot_memory}) ASSERT_EQ(each->remove(), Status::ok);
  compare();
}

// A driver that does not ask, and kernels that do not have the placement, or for one block only.
TEST(refusal, leaves_boot_memory_in_every_count_and_says_why) {
  KernelProfile one_block, no_force;
  one_block.memmap_on_memory_multi_block = false;
  no_force.memmap_on_memory_force = false;
  struct Case {
    const char* adder;
    KernelProfile profile;
  };
  std::map<std::string, int> refused;
  for (const Case& c : {Case{"acpi_dimm", {}}, Case{"virtio_mem", {}}, Case{"acpi_dimm", one_block},
                        Case{"acpi_dimm", no_force}})
    for (const OnlineType type : {OnlineType::online_kernel, OnlineType::online_movable})
      for (const auto& [name, placement] : placements().entries()) {
        SCOPED_TRACE(name + " by " + c.adder);
        const auto kernel = [&](KernelConfig&, KernelProfile& profile) { profile = c.profile; };
        Machine m(name, c.adder, kernel), boot_memory("boot_memory", c.adder, kernel);
        for (Machine* each : {&m, &boot_memory}) ASSERT_EQ(each->add(), Status::ok);
        EXPECT_EQ(boot_memory.refusal(), "");
        for (std::int64_t b = 0; b < m.blocks(); ++b)
          EXPECT_EQ(m.block_plan(b).refused_because, m.refusal());
        EXPECT_EQ(m.refusal().empty(),
                  name == "boot_memory" || !m.block_plan(0).memmap.from_page_allocator());
        if (m.refusal().empty()) continue;
        ++refused[name];
        expect_boot_memory_from_add_to_remove(m, boot_memory, type);
      }
  std::map<std::string, int> expected;
  for (const auto& [name, placement] : placements().entries()) expected[name] = 2;  // not asked
  expected.erase("boot_memory");
  expected.erase("boot_reservation");
  expected["hotplugged_range"] = expected["per_block"] = 4;
  expected["hotplugged_range_force"] = 6;
  expected["v5_patch"] = 8;  // never of eight blocks
  EXPECT_EQ(refused, expected);
}

// What an earlier addition was refused is not said of the next.
TEST(refusal, is_that_of_the_addition_that_returns_it) {
  Machine m("hotplugged_range", "acpi_dimm", [](KernelConfig&, KernelProfile& profile) {
    profile.memmap_on_memory_multi_block = false;
  });
  ASSERT_EQ(m.add(2), Status::ok);
  EXPECT_NE(m.refusal(), "");
  ASSERT_EQ(m.remove(), Status::ok);
  ASSERT_EQ(m.add(1), Status::ok);
  EXPECT_EQ(m.refusal(), "");
  EXPECT_EQ(m.add(1), Status::eexist);
  EXPECT_EQ(m.refusal(), "") << "nothing was planned";
}

TEST(altmap_unit, any_block_brings_all_online_and_offline_in_one_call) {
  Machine m("altmap_unit");
  ASSERT_EQ(m.add(), Status::ok);
  ASSERT_EQ(m.online(5, OnlineType::online_movable), Status::ok);
  EXPECT_EQ(m.counters().blocks_onlined, 8);
  EXPECT_EQ(m.counters().contiguity_checks, 2) << "a walk for the head, one for the rest";
  EXPECT_EQ(m.counters().wmark_recomputations, 1);
  EXPECT_EQ(m.online(0, OnlineType::online_movable), Status::einval) << "it is online already";
  EXPECT_EQ(m.zone(ZoneType::movable).present_pages.value, 8 * kBlockPages);
  EXPECT_EQ(m.zone(ZoneType::movable).managed_pages.value, 8 * (kBlockPages - kHead));
  ASSERT_EQ(m.offline(2), Status::ok);
  EXPECT_EQ(m.zone(ZoneType::movable).present_pages.value, 0);
  EXPECT_EQ(m.remove(0), Status::einval) << "the blocks go together";
  EXPECT_EQ(m.remove(), Status::ok);
  EXPECT_EQ(m.hotplug().nr_memmap_pages(), 0);
}

// size / 1 GiB - ceil(size / 64 / 1 GiB), and as many leaves as with memmap elsewhere.
TEST(altmap_unit, keeps_the_gigantic_pages_and_leaves_that_heads_of_blocks_take) {
  Machine unit("altmap_unit"), block("hotplugged_range");
  for (Machine* m : {&unit, &block}) {
    ASSERT_EQ(m->add(64 * 8), Status::ok);
    for (std::int64_t b = 0; b < m->blocks(); ++b) {
      const Status status = m->online(b, OnlineType::online_kernel);
      ASSERT_TRUE(status == Status::ok || m == &unit);
    }
  }
  EXPECT_EQ(unit.hotplug().gigantic_pages_possible(unit.range()), 63);
  EXPECT_EQ(block.hotplug().gigantic_pages_possible(block.range()), 0);
  EXPECT_EQ(unit.counters().direct_map_leaves, 64);
  EXPECT_EQ(block.counters().direct_map_leaves, 64 * 512);
  EXPECT_EQ(unit.counters().memmap_pages_range, block.counters().memmap_pages_range);
}

// Once online in a kernel zone both are the same memory; cycles of a block between others differ in
// nothing but how often its head is written.
TEST(early_kernel_zone, differs_from_hotplugged_range_after_cycles_only_in_what_is_written_again) {
  constexpr int kCycles = 5;
  Machine early("early_kernel_zone"), block("hotplugged_range");
  for (Machine* m : {&early, &block}) {
    ASSERT_EQ(m->add(), Status::ok);
    m->online_all(OnlineType::online_kernel);
    for (int i = 0; i < kCycles; ++i) {
      ASSERT_EQ(m->offline(3), Status::ok);
      ASSERT_EQ(m->online(3, OnlineType::online_kernel), Status::ok);
    }
  }
  expect_alike(early, block);
  EXPECT_EQ(early.mm().mem_total(), block.mm().mem_total());
  EXPECT_EQ(early.mm().mem_free(), block.mm().mem_free());
  EXPECT_EQ(block.counters().struct_pages_initialised - early.counters().struct_pages_initialised,
            kCycles * kHead);
  EXPECT_EQ(early.counters().struct_pages_initialised,
            8 * kBlockPages + kCycles * (kBlockPages - kHead));
}

TEST(early_kernel_zone, counts_heads_in_a_kernel_zone_from_the_add_on) {
  Machine m("early_kernel_zone");
  ASSERT_EQ(m.add(), Status::ok);
  const Zone& normal = m.zone(ZoneType::normal);
  EXPECT_EQ(normal.present_pages.value, 8 * kHead);
  EXPECT_EQ(normal.managed_pages.value, 0);
  EXPECT_EQ(m.counters().struct_pages_initialised, 8 * kHead);
  m.online_all(OnlineType::online_movable);
  EXPECT_EQ(normal.present_pages.value, 8 * kHead);
  EXPECT_EQ(m.zone(ZoneType::movable).present_pages.value, 8 * (kBlockPages - kHead))
      << "nothing that cannot move is in Movable";
  EXPECT_EQ(m.zone(ZoneType::movable).managed_pages.value, 8 * (kBlockPages - kHead));
  // A walk ends at the first head: once for each head at the add, then 1 + 64 a further block.
  EXPECT_EQ(m.counters().contiguity_checks, 8 + 1 + 64 * 7);
}

// Spans follow what is online: the memmap of blocks that are not falls out of its own zone.
TEST(early_kernel_zone, a_zone_of_heads_alone_spans_nothing_once_its_blocks_are_offline) {
  Machine m("early_kernel_zone");
  ASSERT_EQ(m.add(), Status::ok);
  m.online_all(OnlineType::online_kernel);
  for (std::int64_t b = 0; b < 8; ++b) ASSERT_EQ(m.offline(b), Status::ok);
  EXPECT_EQ(m.zone(ZoneType::normal).present_pages.value, 8 * kHead);
  EXPECT_TRUE(m.zone(ZoneType::normal).spans_nothing());
  m.online_all(OnlineType::online_kernel);
  EXPECT_EQ(m.zone(ZoneType::normal).managed_pages.value, 8 * (kBlockPages - kHead));
  m.mm().validate();
}

TEST(early_kernel_zone, blocks_are_removed_one_by_one_and_leave_no_trace) {
  Machine m("early_kernel_zone");
  const PageCount total = m.mm().mem_total();
  ASSERT_EQ(m.add(), Status::ok);
  m.online_all(OnlineType::online_movable);
  for (std::int64_t b = 8; b-- > 0;) {
    ASSERT_EQ(m.offline(b), Status::ok);
    ASSERT_EQ(m.remove(b), Status::ok);
  }
  for (const ZoneType type : {ZoneType::normal, ZoneType::movable}) {
    EXPECT_EQ(m.zone(type).present_pages.value, 0);
    EXPECT_TRUE(m.zone(type).spans_nothing());
  }
  EXPECT_EQ(m.mm().mem_total(), total);
  EXPECT_EQ(m.hotplug().nr_memmap_pages(), 0);
  m.mm().validate();
}

}  // namespace
}  // namespace mhp::kernel::identities_test
