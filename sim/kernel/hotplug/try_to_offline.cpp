#include "sim/kernel/hotplug/try_to_offline.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace mhp::kernel {

Task<bool> acpi_scan_try_to_offline(const MemoryHotplug& hotplug, PfnRange device,
                                    const BlockCalls& calls) {
  std::vector<BlockId> gone;
  bool stays = false;
  for (int pass = 0; pass == 0 || (pass == 1 && stays); ++pass) {
    stays = false;
    for (Pfn p = device.start; p < device.end && !(pass == 1 && stays);
         p += hotplug.block_pages()) {
      const BlockId block = hotplug.block_of(p);
      if (hotplug.block(block).state != MemoryBlock::State::online) continue;
      if (co_await calls.offline(block))
        gone.push_back(block);
      else
        stays = true;
    }
  }
  if (!stays) co_return true;
  std::sort(gone.begin(), gone.end());
  for (const BlockId block : gone) co_await calls.online(block, hotplug.device_online_type(block));
  co_return false;
}

// try_offline_memory_block remembers how a block was online: as kernel memory or as movable.
Task<bool> offline_all(const MemoryHotplug& hotplug, PfnRange range, const BlockCalls& calls) {
  std::vector<std::pair<BlockId, OnlineType>> gone;
  for (Pfn p = range.start; p < range.end; p += hotplug.block_pages()) {
    const BlockId block = hotplug.block_of(p);
    const MemoryBlock& known = hotplug.block(block);
    if (known.state != MemoryBlock::State::online) continue;
    const OnlineType was =
        known.zone == ZoneType::movable ? OnlineType::online_movable : OnlineType::online_kernel;
    if (co_await calls.offline(block)) {
      gone.emplace_back(block, was);
      continue;
    }
    for (const auto& [id, type] : gone) co_await calls.online(id, type);
    co_return false;
  }
  co_return true;
}

}  // namespace mhp::kernel
