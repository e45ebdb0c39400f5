#include "sim/config/kernel_config.hpp"

#include <algorithm>

namespace mhp::config {

namespace {

constexpr std::int64_t kLargestBlock = 64 * kGiB;

/// The largest size of memory blocks of which all devices are whole multiples.
Bytes block_of_devices(const Scenario& scenario) {
  std::int64_t block = kLargestBlock;
  for (const Hotplug& h : scenario.hotplug)
    while (block > scenario.architecture.section_size.value && h.params.size.value % block != 0)
      block /= 2;
  return Bytes{block};
}

}  // namespace

kernel::KernelConfig kernel_config(const Scenario& scenario) {
  kernel::KernelConfig config = scenario.kernel;
  if (config.memory_block_size == kernel::kBlockOfDevice)
    config.memory_block_size = block_of_devices(scenario);
  if (config.max_hotpluggable.value == 0)
    for (const Hotplug& h : scenario.hotplug)
      config.max_hotpluggable += h.params.size * h.params.count;
  return config;
}

}  // namespace mhp::config
