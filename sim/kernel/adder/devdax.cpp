// dev_dax_probe (drivers/dax/device.c): a namespace that processes map as a character device, in
// pages of its alignment. Its struct pages may form compound pages.
#include "sim/kernel/adder/adder.hpp"

namespace mhp::kernel {

void register_adder_devdax(AdderRegistry& registry) {
  registry.add({.name = "devdax",
                .doc = "namespace of persistent memory for a character device (device_dax): struct "
                       "pages in ZONE_DEVICE, of compound pages of its alignment from 5.17 on",
                .device_memory = DeviceMemory::mapped,
                .asks_for_memmap_in_range = [](const KernelProfile&) { return false; }});
}

}  // namespace mhp::kernel
