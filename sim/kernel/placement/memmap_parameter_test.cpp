// What the kernel's parameter asks for, and what becomes of it by what the driver asks for.
#include "sim/kernel/placement/common/memmap_parameter.hpp"

#include <gtest/gtest.h>

#include "sim/kernel/adder/adder.hpp"
#include "sim/kernel/placement/placement.hpp"

namespace mhp::kernel::memmap_parameter_test {
namespace {

constexpr MemmapOnMemory kAll[] = {MemmapOnMemory::off, MemmapOnMemory::on, MemmapOnMemory::force};

TEST(memmap_parameter, is_read_as_the_kernel_reads_it) {
  for (const char* text : {"1", "Y", "y", "yes", "true", "on", "ON"})
    EXPECT_EQ(parse_memmap_on_memory(text), MemmapOnMemory::on) << text;
  for (const char* text : {"0", "N", "n", "no", "false", "off", "Force"})
    EXPECT_EQ(parse_memmap_on_memory(text), MemmapOnMemory::off) << text;
  for (const char* text : {"force", "FORCE"})
    EXPECT_EQ(parse_memmap_on_memory(text), MemmapOnMemory::force) << text;
  for (const char* text : {"", "o", "maybe", "2", " 1"})
    EXPECT_EQ(parse_memmap_on_memory(text), std::nullopt) << text;
}

TEST(memmap_parameter, asks_for_placements_that_kernels_have) {
  for (const MemmapOnMemory setting : kAll) {
    const PlacementPolicy* placement = placements().find(placement_of(setting));
    ASSERT_NE(placement, nullptr);
    EXPECT_EQ(placement->note(), "");
  }
}

// mhp_supports_memmap_on_memory is asked only where the call carries the flag and the parameter is
// set: without the parameter nothing was refused.
TEST(memmap_parameter, is_followed_where_the_driver_asks_for_it_too) {
  constexpr PfnRange block{Pfn{0}, Pfn{32768}};
  KernelProfile old;
  old.memmap_on_memory_dax_kmem = old.memmap_on_memory_lmb = false;
  for (const KernelProfile& profile : {KernelProfile{}, old})
    for (const auto& [name, adder] : adders().entries())
      for (const MemmapOnMemory setting : kAll) {
        const bool asks = adder.asks_for_memmap_in_range(profile);
        const Plan plan =
            placements()
                .find(placement_of(setting))
                ->decide({block, NodeId{0}, block.pages(), PageCount{512}, PageCount{512}, asks},
                         profile, {{}, KernelConfig{}, ZoneType::normal})
                .front();
        const bool wanted = setting != MemmapOnMemory::off;
        EXPECT_EQ(plan.memmap.in_added_memory(), wanted && asks) << name;
        EXPECT_EQ(plan.refused(), wanted && !asks) << name;
      }
}

}  // namespace
}  // namespace mhp::kernel::memmap_parameter_test
