// pmem_attach_disk (drivers/nvdimm/pmem.c): a namespace for a file system. Its pages get struct
// pages in ZONE_DEVICE; the page allocator never has them.
#include "sim/kernel/adder/adder.hpp"

namespace mhp::kernel {

void register_adder_fsdax(AdderRegistry& registry) {
  registry.add({.name = "fsdax",
                .doc =
                    "namespace of persistent memory for a file system (nd_pmem): struct pages in "
                    "ZONE_DEVICE, nothing for the page allocator",
                .device_memory = DeviceMemory::pages,
                .asks_for_memmap_in_range = [](const KernelProfile&) { return false; }});
}

}  // namespace mhp::kernel
