#include <algorithm>

#include "sim/kernel/steps.hpp"
#include "sim/run/hotplug_driver.hpp"

namespace mhp::run {

using kernel::Lock;
using kernel::OnlineType;

Task<void> HotplugDriver::cycle(Device& d) {
  const config::HotplugParams& params = d.spec->params;
  const PageCount step = system_.boot.block_pages;
  const auto is = [this](BlockId b, kernel::MemoryBlock::State state) {
    return system_.hotplug.block(b).state == state;
  };
  for (std::int64_t n = 0; n < params.cycles; ++n) {
    const bool other = n % 2 == 0 && params.cycle_online != OnlineType::offline;
    const OnlineType type = other ? params.cycle_online : params.online;
    for (Pfn p = d.added_to; p > d.range.start; p = p - step) {
      const BlockId block = system_.hotplug.block_of(p - step);
      if (!is(block, kernel::MemoryBlock::State::online)) continue;
      co_await lock_from_sysfs(d, d.meanwhile);
      co_await offline_block(d, block, false);
      co_await kernel::release(*d.host, Lock::device_hotplug_lock);
    }
    for (Pfn p = d.range.start; p < d.added_to; p += step) {
      const BlockId block = system_.hotplug.block_of(p);
      if (!is(block, kernel::MemoryBlock::State::offline)) continue;
      co_await lock_from_sysfs(d, d.meanwhile);
      co_await online_again(d, block, type);
      co_await kernel::release(*d.host, Lock::device_hotplug_lock);
    }
  }
}

Task<void> HotplugDriver::leave_offline(Device& d) {
  const config::HotplugParams& params = d.spec->params;
  if (params.offline_blocks == 0) co_return;
  const SimTime wait = std::max(SimTime{}, params.offline_at - system_.engine.now());
  co_await pause(d, d.meanwhile, Spent::offline_at, wait);
  const PageCount step = system_.boot.block_pages;
  std::int64_t left = params.offline_blocks;
  for (Pfn p = d.added_to; p > d.range.start && left > 0; p = p - step, --left) {
    co_await lock_from_sysfs(d, d.meanwhile);
    co_await offline_block(d, system_.hotplug.block_of(p - step), false);
    co_await kernel::release(*d.host, Lock::device_hotplug_lock);
  }
}

}  // namespace mhp::run
