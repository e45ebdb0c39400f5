// What the drivers that add memory differ in: who may ask for the memmap in the range, and how
// their memory groups count for the auto-movable policy.
#include "sim/kernel/adder/adder.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"

namespace mhp::kernel::adder_test {
namespace {

class Adders : public ::testing::Test {
 protected:
  void boot_with(KernelConfig config, const KernelProfile& profile = {}) {
    machine::Description machine;
    machine.nodes = {{Bytes{8 * kGiB}, 4}, {Bytes{0}, 0}};
    machine.distance = {{10, 20}, {20, 10}};
    boot_ = boot(machine, config);
    mm_ = std::make_unique<Mm>(boot_, config, profile);
    hotplug_ = std::make_unique<MemoryHotplug>(*mm_, boot_, config);
  }
  PageCount block() const { return hotplug_->block_pages(); }
  Pfn at(std::int64_t gib) const { return pfn_of(Bytes{gib * kGiB}); }
  OpResult add(const char* adder, PfnRange range, int node, std::int32_t group = -1) {
    const AddRequest rq{NodeId{node}, range, NodeId{0}, adders().find(adder), group};
    OpResult added = CountingHost::run(hotplug_->add(host_, rq));
    EXPECT_EQ(added.status, Status::ok);
    return added;
  }
  ZoneType online(Pfn pfn, OnlineType type = OnlineType::online) {
    EXPECT_EQ(CountingHost::run(hotplug_->online(host_, hotplug_->block_of(pfn), type)).status,
              Status::ok);
    return hotplug_->block(hotplug_->block_of(pfn)).zone;
  }
  /// Adds blocks one by one, each online before the next; the zones they went to, K or M.
  std::string grow(const char* adder, Pfn start, int blocks, int node, std::int32_t group,
                   OnlineType type = OnlineType::online) {
    std::string zones;
    for (Pfn p = start; p < start + block() * blocks; p += block()) {
      add(adder, {p, p + block()}, node, group);
      zones += is_kernel_zone(online(p, type)) ? 'K' : 'M';
    }
    return zones;
  }

  BootState boot_;
  std::unique_ptr<Mm> mm_;
  std::unique_ptr<MemoryHotplug> hotplug_;
  CountingHost host_;
};

// mm/memory_hotplug.c gives each block the memmap that its driver asked for.
TEST_F(Adders, ask_for_the_memmap_in_the_range_or_not) {
  KernelProfile old;
  old.memmap_on_memory_dax_kmem = old.memmap_on_memory_lmb = false;
  const auto head = [&](const char* adder, const KernelProfile& profile) {
    KernelConfig config;
    config.memmap_placement = "hotplugged_range";
    boot_with(config, profile);
    const OpResult added = add(adder, {at(64), at(64) + block()}, 1);
    const Plan& followed = hotplug_->block(hotplug_->block_of(at(64))).plan;
    EXPECT_EQ(followed.refused(), hotplug_->counters().memmap_pages_boot > 0);
    EXPECT_EQ(added.placement_refusal, followed.refused_because);
    return followed.head.value;
  };
  EXPECT_EQ(head("acpi_dimm", {}), 512);
  EXPECT_EQ(head("acpi_dimm", old), 512);
  EXPECT_EQ(head("dax_kmem", {}), 512);
  EXPECT_EQ(head("dax_kmem", old), 0);
  EXPECT_EQ(head("lmb", {}), 512);
  EXPECT_EQ(head("lmb", old), 0);
  EXPECT_EQ(head("virtio_mem", {}), 0);
}

// The first block's memmap comes from the old node, that of the others from the new node itself,
// unless its memory is Movable.
TEST_F(Adders, block_by_block_to_a_kernel_zone_takes_the_memmap_from_the_new_node) {
  for (const OnlineType type : {OnlineType::online_kernel, OnlineType::online_movable}) {
    boot_with({});
    grow("virtio_mem", at(64), 8, 1, hotplug_->register_dynamic_group(NodeId{1}, block()), type);
    EXPECT_EQ(hotplug_->memmap_node(at(64)), NodeId{0});
    for (int b = 1; b < 8; ++b)
      EXPECT_EQ(hotplug_->memmap_node(at(64) + block() * b),
                NodeId{type == OnlineType::online_kernel ? 1 : 0})
          << b;
  }
}

// Node 1 has no boot memory: nothing there is Movable until the group itself has kernel memory;
// then 3.01 blocks may follow for each of them.
TEST_F(Adders, a_dynamic_group_earns_movable_memory_by_its_own_kernel_memory) {
  KernelConfig config;
  config.online_policy = OnlinePolicy::auto_movable;
  boot_with(config);
  const std::int32_t group = hotplug_->register_dynamic_group(NodeId{1}, block());
  EXPECT_EQ(grow("virtio_mem", at(64), 12, 1, group), "KMMMKMMMKMMM");
  boot_with(config);
  EXPECT_EQ(grow("lmb", at(64), 12, 1, -1), "KKKKKKKKKKKK") << "no group: nothing is earned";
}

// Device after device takes from the ratio of the boot memory; a dynamic group that has kernel
// memory of its own needs nothing from it.
TEST_F(Adders, other_dynamic_groups_keep_what_their_movable_memory_needs) {
  KernelConfig config;
  config.online_policy = OnlinePolicy::auto_movable;
  config.auto_movable_ratio = 100;
  boot_with(config);
  const std::int32_t first = hotplug_->register_dynamic_group(NodeId{0}, block());
  EXPECT_EQ(grow("virtio_mem", at(64), 16, 0, first, OnlineType::online_movable),
            std::string(16, 'M'));
  // 8 GiB of boot memory, 2 GiB kept for the first group: 6 GiB less what is not present.
  const std::int32_t second = hotplug_->register_dynamic_group(NodeId{0}, block());
  const std::string zones = grow("virtio_mem", at(96), 49, 0, second);
  EXPECT_EQ(zones.substr(0, 47), std::string(47, 'M'));
  EXPECT_EQ(zones.back(), 'M') << "kernel memory of the group counts for it";
  EXPECT_EQ(zones[47], 'K');
}

// A unit of four blocks is decided by what of it is online already.
TEST_F(Adders, a_unit_of_a_dynamic_group_goes_to_one_kind_of_zone) {
  KernelConfig config;
  config.online_policy = OnlinePolicy::auto_movable;
  boot_with(config);
  const std::int32_t group = hotplug_->register_dynamic_group(NodeId{0}, block() * 4);
  add("virtio_mem", {at(64), at(64) + block() * 8}, 0, group);
  EXPECT_EQ(online(at(64), OnlineType::online_kernel), ZoneType::normal);
  for (int b = 1; b < 4; ++b) EXPECT_EQ(online(at(64) + block() * b), ZoneType::normal);
  for (int b = 4; b < 8; ++b) EXPECT_EQ(online(at(64) + block() * b), ZoneType::movable);
}

}  // namespace
}  // namespace mhp::kernel::adder_test
