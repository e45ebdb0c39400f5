#pragma once

#include <functional>

#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"

namespace mhp::kernel {

/// What a driver does to one block, with whatever it notes about it.
struct BlockCalls {
  std::function<Task<bool>(BlockId)> offline;  ///< false: the block stays online
  std::function<Task<void>(BlockId, OnlineType)> online;
};

/// Takes all blocks of a device offline, as an ACPI memory device is ejected: every block in the
/// order in which they were bound, whatever becomes of each; those that stayed once more, up to the
/// first that stays again. Then what had gone is brought back, with no type named
/// (MemoryHotplug::device_online_type), and the answer is false (acpi_scan_try_to_offline,
/// acpi_bus_offline and acpi_bus_online, drivers/acpi/scan.c, 6.12). `calls` must live until it has
/// ended.
Task<bool> acpi_scan_try_to_offline(const MemoryHotplug& hotplug, PfnRange device,
                                    const BlockCalls& calls);

/// Takes all blocks of a range offline, in ascending order, up to the first that stays; then brings
/// those back that it took, with the type that each had. True if all are offline
/// (offline_and_remove_memory, mm/memory_hotplug.c, 6.12).
Task<bool> offline_all(const MemoryHotplug& hotplug, PfnRange range, const BlockCalls& calls);

}  // namespace mhp::kernel
