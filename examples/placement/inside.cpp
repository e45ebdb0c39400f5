// The example as a part of a program: half of eight blocks have their memmap in the range.
#include <cstdio>

#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"

namespace mhp::kernel {
void register_placement_alternating(PlacementRegistry& registry);
}  // namespace mhp::kernel

int main() {
  using namespace mhp;
  kernel::register_placement_alternating(kernel::placements_to_extend());
  machine::Description machine;
  machine.nodes = {{Bytes{8 * kGiB}, 4}, {Bytes{0}, 0}};
  machine.distance = {{10, 20}, {20, 10}};
  kernel::KernelConfig config;
  config.memmap_placement = "alternating";
  config.memory_block_size = Bytes{128 * kMiB};
  const kernel::BootState boot = kernel::boot(machine, config);
  kernel::Mm mm(boot, config, kernel::KernelProfile{});
  kernel::MemoryHotplug hotplug(mm, boot, config);
  kernel::CountingHost host;
  const PfnRange range{mm.geometry().pfn_of(Bytes{64 * kGiB}),
                       mm.geometry().pfn_of(Bytes{65 * kGiB})};
  const auto added =
      kernel::CountingHost::run(hotplug.add(host, {.node = NodeId{1}, .range = range}));
  const auto& counters = hotplug.counters();
  const bool good = added.status == kernel::Status::ok && counters.memmap_pages_boot == 4 * 512 &&
                    counters.memmap_pages_range == 4 * 512;
  std::printf("%s: %lld pages from boot memory, %lld in the range\n", good ? "ok" : "wrong",
              static_cast<long long>(counters.memmap_pages_boot),
              static_cast<long long>(counters.memmap_pages_range));
  return good ? 0 : 1;
}
