#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"

namespace mhp::kernel {

/// A machine whose second node has nothing, and the operations that bring memory to it and away.
class TestMachine {
 public:
  using Change = std::function<void(KernelConfig&, KernelProfile&)>;

  explicit TestMachine(const std::string& placement, const char* adder = "acpi_dimm",
                       const Change& change = {})
      : adder_(adders().find(adder)) {
    machine::Description machine;
    machine.nodes = {{Bytes{16 * kGiB}, 4}, {Bytes{0}, 0}};
    machine.distance = {{10, 20}, {20, 10}};
    config_.memmap_placement = placement;
    config_.memory_block_size = Bytes{128 * kMiB};
    config_.max_hotpluggable = Bytes{64 * kGiB};
    KernelProfile profile;
    if (change) change(config_, profile);
    boot_ = boot(machine, config_);
    mm_ = std::make_unique<Mm>(boot_, config_, profile);
    hotplug_ = std::make_unique<MemoryHotplug>(*mm_, boot_, config_);
  }

  OpResult add(PfnRange range) {
    return CountingHost::run(hotplug_->add(host_, {NodeId{1}, range, NodeId{0}, adder_}));
  }
  OpResult online(BlockId b, OnlineType type) { return run(hotplug_->online(host_, b, type)); }
  OpResult offline(BlockId b) { return run(hotplug_->offline(host_, b)); }
  OpResult remove(PfnRange range) { return run(hotplug_->remove(host_, range)); }

  BlockId block_of(Pfn pfn) const { return hotplug_->block_of(pfn); }
  const Zone& zone(ZoneType type) const { return mm_->zone(NodeId{1}, type); }
  const HotplugCounters& counters() const { return hotplug_->counters(); }
  const HeadFigures& heads() const { return hotplug_->heads().now(); }
  const HeadFigures& heads_at_most() const { return hotplug_->heads().most(); }
  const BootState& boot_state() const { return boot_; }
  MemoryHotplug& hotplug() { return *hotplug_; }
  const MemoryHotplug& hotplug() const { return *hotplug_; }
  const CountingHost& host() const { return host_; }
  Mm& mm() { return *mm_; }
  const Mm& mm() const { return *mm_; }

 private:
  static OpResult run(Task<OpResult> task) { return CountingHost::run(std::move(task)); }

  const Adder* adder_;
  KernelConfig config_;
  BootState boot_;
  std::unique_ptr<Mm> mm_;
  std::unique_ptr<MemoryHotplug> hotplug_;
  CountingHost host_;
};

/// Every count of the second node's zones.
inline void expect_alike(const TestMachine& a, const TestMachine& b) {
  for (const ZoneType type : {ZoneType::normal, ZoneType::movable}) {
    EXPECT_EQ(a.zone(type).span(), b.zone(type).span());
    EXPECT_EQ(a.zone(type).present_pages, b.zone(type).present_pages);
    EXPECT_EQ(a.zone(type).managed_pages, b.zone(type).managed_pages);
    EXPECT_EQ(a.zone(type).free_pages(), b.zone(type).free_pages());
    EXPECT_EQ(a.zone(type).contiguous, b.zone(type).contiguous);
    EXPECT_EQ(a.zone(type).watermark, b.zone(type).watermark);
    for (int order = 0; order <= kMaxOrder; ++order)
      EXPECT_EQ(a.zone(type).buddy.free_blocks(order), b.zone(type).buddy.free_blocks(order));
  }
}

/// Every unit of work that their operations have spent.
inline void expect_same_work(const TestMachine& a, const TestMachine& b) {
  for (std::size_t p = 0; p < kPrimitives; ++p)
    EXPECT_EQ(a.host().spent(static_cast<Primitive>(p)), b.host().spent(static_cast<Primitive>(p)))
        << kPrimitiveNames[p];
}

}  // namespace mhp::kernel
