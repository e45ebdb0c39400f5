// acpi_memory_enable_device (drivers/acpi/acpi_memhotplug.c): one call for each memory resource of
// the device.
#include "sim/kernel/adder/adder.hpp"

namespace mhp::kernel {

void register_adder_acpi_dimm(AdderRegistry& registry) {
  registry.add({.name = "acpi_dimm",
                .doc = "ACPI memory device (a DIMM): one call for the whole device",
                .acpi = true,
                .queued = true,     // kacpi_hotplug_wq, drivers/acpi/osl.c
                .puts_back = true,  // acpi_scan_try_to_offline, drivers/acpi/scan.c
                .group = GroupKind::fixed,
                .asks_for_memmap_in_range = [](const KernelProfile&) { return true; }});
}

}  // namespace mhp::kernel
