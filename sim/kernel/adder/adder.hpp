#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/core/registry.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/arch/geometry.hpp"
#include "sim/kernel/profile.hpp"

namespace mhp::kernel {

/// Which memory group a driver registers for its memory (struct memory_group, Linux 5.15 and
/// later).
enum class GroupKind : std::uint8_t {
  none,
  fixed,    ///< the device is one unit (memory_group_register_static)
  dynamic,  ///< it grows and shrinks by units (memory_group_register_dynamic)
};

/// Who gives the pages of memory that goes online to the page allocator (online_page_callback_t).
enum class OnlinePages : std::uint8_t {
  kernel,   ///< the kernel, in the largest blocks (generic_online_page)
  backed,   ///< the driver, page by page, as far as its host backs them
  balloon,  ///< the driver, as its host gives memory: until then they are in its balloon
};

/// What a driver makes of memory that is not for the page allocator.
enum class DeviceMemory : std::uint8_t {
  none,    ///< it adds memory
  pages,   ///< pages of ZONE_DEVICE (devm_memremap_pages)
  mapped,  ///< the same, of the size in which it maps them
};

/// A driver that calls add_memory(): what it asks for, in what portions. Decides neither where the
/// memmap goes nor what the work costs.
struct Adder {
  std::string name;
  std::string doc;
  /// One call for each memory block, which goes online before the next call; else one call for the
  /// whole device.
  bool block_by_block = false;
  /// A block that cannot be added has those before it taken away again (dlpar_memory_add).
  bool all_or_none = false;
  /// What is outside whole memory blocks is left out; else the kernel answers EINVAL.
  bool trims_to_blocks = false;
  /// It is the kernel's ACPI memory driver, which not every kernel has.
  bool acpi = false;
  /// Its calls are made by one worker for all devices, in the order of their notifications; else
  /// each device has a thread of its own.
  bool queued = false;
  /// Brings its memory online itself, whatever the system's setting is.
  bool onlines_itself = false;
  /// A block that cannot go offline ends a removal, and those that could come back online; else
  /// they stay offline.
  bool puts_back = false;
  /// Plugs and unplugs parts of memory blocks, as the host asks (VirtioMem).
  bool parts = false;
  GroupKind group = GroupKind::none;
  /// Memory that may wait to be brought online before the next block is added, two blocks if that
  /// is more; 0: any amount.
  Bytes offline_limit;
  /// Pages in one call, where it is neither a memory block nor the whole device; null: it is.
  PageCount (*call_pages)(const KernelProfile&, PageCount block, const Geometry&) = nullptr;
  /// How long it waits after a call for what it has added to go online, before the next call; 0: it
  /// does not.
  SimTime online_wait{0};
  OnlinePages online_pages = OnlinePages::kernel;
  DeviceMemory device_memory = DeviceMemory::none;
  /// Nobody can take its memory away again.
  bool for_good = false;
  /// Whether the calls carry MHP_MEMMAP_ON_MEMORY, so that the memmap may lie in the range.
  bool (*asks_for_memmap_in_range)(const KernelProfile&) = nullptr;
  /// Why it does not on any kernel that there is; empty of others.
  std::string_view never_asks = {};
};

/// Whether dax/kmem rejects a device in which no whole memory block lies.
bool rejects_without_blocks(const KernelProfile& profile);

using AdderRegistry = Registry<Adder>;

/// Adds every driver of this folder (generated from its files).
void register_all_adders(AdderRegistry& registry);

/// All drivers.
const AdderRegistry& adders();

}  // namespace mhp::kernel
