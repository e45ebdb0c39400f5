#include "sim/run/device.hpp"

#include <algorithm>

namespace mhp::run {

std::vector<Device> plan_devices(System& system, Ledger& ledger) {
  std::vector<Device> devices;
  for (const config::Hotplug& h : system.scenario.hotplug)
    for (std::int64_t i = 0; i < h.params.count; ++i)
      devices.push_back({.spec = &h, .number = i, .inserted = h.params.at + h.params.every * i});
  std::stable_sort(devices.begin(), devices.end(),
                   [](const Device& a, const Device& b) { return a.inserted < b.inserted; });
  const PageCount block = system.boot.block_pages;
  // Devices begin at a whole GiB behind boot memory, of a PC above what can be addressed with 32
  // bits.
  const kernel::Geometry& g = system.mm.geometry();
  const std::int64_t unit = std::max(g.pages_of(Bytes{kGiB}), block).value;
  const bool pc = system.scenario.architecture.pc_memory_map;
  const Pfn window = g.pfn_of(Bytes{pc ? 4 * kGiB : 0});
  std::int64_t next = std::max(system.boot.memory.back().end, window).value;
  std::int64_t index = 0;
  for (Device& d : devices) {
    d.index = index++;
    d.adder = kernel::adders().find(d.spec->params.adder);
    d.range.start = Pfn{round_up(next, unit)};
    d.range.end = d.range.start + g.pages_of(d.spec->params.size) / block * block;
    d.added_to = d.range.start;
    d.progress = std::make_unique<engine::Signal>(system.engine);
    d.stages = d.spec->stages(d.spec->params.size);
    d.host = system.make_host(d.spec->params.cpu_node, &ledger);
    next = d.range.end.value;
  }
  return devices;
}

}  // namespace mhp::run
