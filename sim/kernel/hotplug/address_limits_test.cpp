// Ranges beyond what the direct map holds or the processors address.
#include <gtest/gtest.h>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"

namespace mhp::kernel::address_limits_test {
namespace {

/// Adds the GiB that begins there.
OpResult add_gib(Bytes from, machine::CpuFeatures cpu, const KernelConfig& config,
                 const KernelProfile& profile) {
  machine::Description machine;
  machine.cpu = cpu;
  machine.nodes = {{Bytes{4 * kGiB}, 2}};
  machine.distance = {{10}};
  const BootState state = boot(machine, config);
  Mm mm(state, config, profile);
  MemoryHotplug hotplug(mm, state, config);
  CountingHost host;
  const Pfn start = pfn_of(from);
  const PageCount free = mm.mem_free();
  const OpResult result = CountingHost::run(
      hotplug.add(host, {NodeId{0}, {start, start + PageCount{kGiB / kPageSize}}}));
  if (result.status != Status::ok) {
    EXPECT_EQ(mm.mem_free(), free) << "a refused range takes nothing";
  }
  return result;
}

OpResult add_at(std::int64_t tib, machine::CpuFeatures cpu, const KernelConfig& config = {},
                const KernelProfile& profile = {}) {
  return add_gib(Bytes{tib * kTiB}, cpu, config, profile);
}

/// The last GiB before that.
OpResult add_up_to(std::int64_t tib, machine::CpuFeatures cpu) {
  return add_gib(Bytes{tib * kTiB - kGiB}, cpu, {}, {});
}

TEST(address_limits, four_level_tables_end_at_64_TiB) {
  EXPECT_EQ(add_up_to(64, {.la57 = false}).status, Status::ok);
  EXPECT_EQ(add_at(64, {.la57 = false}).status, Status::e2big);
  EXPECT_EQ(add_at(64, {.la57 = true}).status, Status::ok);
}

TEST(address_limits, no_memory_lies_beyond_the_physical_address_bits) {
  EXPECT_EQ(add_up_to(4, {.physical_address_bits = 42}).status, Status::ok);
  const OpResult refused = add_at(4, {.physical_address_bits = 42});
  EXPECT_EQ(refused.status, Status::eexist);
  EXPECT_NE(refused.reason.find("4.0 TiB"), std::string::npos) << refused.reason;
}

// 4 GiB of boot memory round up to 1 TiB; 10 TiB of room follow.
TEST(address_limits, randomisation_may_leave_10_TiB_above_boot_memory) {
  KernelProfile shrinking;
  shrinking.kaslr_direct_map_padding = Bytes{10 * kTiB};
  KernelConfig config;
  EXPECT_EQ(add_at(10, {}, config, shrinking).status, Status::ok);
  EXPECT_EQ(add_at(11, {}, config, shrinking).status, Status::e2big);
  config.kaslr = false;
  EXPECT_EQ(add_at(11, {}, config, shrinking).status, Status::ok);
  EXPECT_EQ(add_at(11, {}).status, Status::ok) << "not all kernels shrink the direct map";
}

}  // namespace
}  // namespace mhp::kernel::address_limits_test
