#include "sim/kernel/hotplug/try_to_offline.hpp"

#include <algorithm>
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

}  // namespace mhp::kernel
