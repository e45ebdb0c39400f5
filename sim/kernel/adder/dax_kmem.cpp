// dev_dax_kmem_probe (drivers/dax/kmem.c): one call for each range of the device, without what is
// outside whole memory blocks (dax_kmem_range).
#include "sim/kernel/adder/adder.hpp"

namespace mhp::kernel {

void register_adder_dax_kmem(AdderRegistry& registry) {
  registry.add({.name = "dax_kmem",
                .doc = "device-dax memory as System RAM (CXL, persistent memory): one call, "
                       "trimmed to whole memory blocks",
                .trims_to_blocks = true,
                .group = GroupKind::fixed,
                .asks_for_memmap_in_range = [](const KernelProfile& profile) {
                  return profile.memmap_on_memory_dax_kmem;
                }});
}

bool rejects_without_blocks(const KernelProfile& profile) { return profile.dax_kmem_rejects_empty; }

}  // namespace mhp::kernel
