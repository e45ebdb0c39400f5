#include "sim/run/device.hpp"

#include <algorithm>

namespace mhp::run {

namespace {

/// Where the memory of a device lies. `behind`: what is free for one that does not say.
PfnRange place(const config::Hotplug& spec, std::int64_t number, Pfn behind,
               const kernel::Geometry& g) {
  const config::HotplugParams& p = spec.params;
  const PageCount size = g.pages_of(p.size);
  const Pfn window = p.start == config::kBehind ? behind : g.pfn_of(p.start) + size * number;
  const Pfn start = window + g.pages_of(p.offset);
  return {start, start + size};
}

/// What a driver asks the kernel to add. Whole blocks alone if the driver or the scenario sees to
/// it; else the kernel answers.
PfnRange range_of(const Device& d, const System& system) {
  const PageCount block = system.boot.block_pages;
  const PageCount section{system.mm.geometry().section_pages()};
  const auto up = [](Pfn p, PageCount unit) { return Pfn{round_up(p.value, unit.value)}; };
  const auto down = [](Pfn p, PageCount unit) { return Pfn{round_down(p.value, unit.value)}; };
  const PfnRange region = d.region;
  if (d.adder->trims_to_blocks) {
    const PfnRange whole{up(region.start, block), down(region.end, block)};
    return whole.empty() ? PfnRange{region.start, region.start} : whole;
  }
  if (d.adder->device_memory != kernel::DeviceMemory::none) return {region.start, region.start};
  if (d.adder->online_pages == kernel::OnlinePages::balloon)
    return {region.start, region.start + PageCount{round_up(region.pages().value, section.value)}};
  return region;
}

/// The chunks that a request of the host adds, if nothing goes wrong.
PfnRange in_chunks(kernel::HvHotAdd& chunks, PfnRange region) {
  const kernel::HvHotAdd::Request request = chunks.request(region);
  if (request.calls.empty()) return {region.start, region.start};
  for (const kernel::HvHotAdd::Call& call : request.calls) chunks.added(call);
  return {request.calls.front().range.start, request.calls.back().range.end};
}

/// The first place of that alignment, from `next` on, at which a device finds none of those that
/// say where they are.
Pfn free_from(std::int64_t next, std::int64_t unit, PageCount size,
              const std::vector<PfnRange>& said) {
  Pfn start{round_up(next, unit)};
  for (bool moved = true; moved;) {
    moved = false;
    for (const PfnRange& other : said)
      if (start < other.end && other.start < start + size) {
        start = Pfn{round_up(other.end.value, unit)};
        moved = true;
      }
  }
  return start;
}

}  // namespace

PageCount chunk_pages(const System& system) {
  const kernel::Geometry& g = system.mm.geometry();
  for (const config::Hotplug& h : system.scenario.hotplug)
    if (const auto* adder = kernel::adders().find(h.params.adder); adder->call_pages != nullptr)
      return adder->call_pages(system.scenario.profile, system.boot.block_pages, g);
  return system.boot.block_pages;
}

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
  std::vector<PfnRange> said;
  for (const Device& d : devices)
    if (d.spec->params.start != config::kBehind) said.push_back(place(*d.spec, d.number, Pfn{}, g));
  kernel::HvHotAdd chunks(chunk_pages(system));
  for (Device& d : devices) {
    d.index = index++;
    d.adder = kernel::adders().find(d.spec->params.adder);
    const PageCount room = g.pages_of(d.spec->params.offset) + g.pages_of(d.spec->params.size);
    d.region = place(*d.spec, d.number, free_from(next, unit, room, said), g);
    d.range = d.adder->call_pages != nullptr ? in_chunks(chunks, d.region) : range_of(d, system);
    d.added_to = d.range.start;
    d.progress = std::make_unique<engine::Signal>(system.engine);
    d.stages = d.spec->stages(d.spec->params.size);
    d.host = system.make_host(d.spec->params.cpu_node, &ledger);
    next = std::max(next, d.region.end.value);
  }
  return devices;
}

}  // namespace mhp::run
