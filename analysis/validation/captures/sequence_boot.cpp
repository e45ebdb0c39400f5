#include "analysis/validation/captures/sequence_boot.hpp"

#include <algorithm>
#include <optional>
#include <regex>

#include "analysis/validation/captures/capture_boot.hpp"
#include "analysis/validation/captures/console_check.hpp"
#include "analysis/validation/captures/late_memory.hpp"
#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/mm/mm.hpp"

namespace mhp::validation {

namespace {

using kernel::BootZone;
using kernel::ZoneType;

constexpr Pfn kDmaEnd{16 * kMiB / kPageSize};
constexpr Pfn kDma32End{4 * kGiB / kPageSize};
/// The kernel keeps the first MiB for itself (reserve_bios_regions).
constexpr Pfn kFirstManaged{kMiB / kPageSize};

BootZone zone_of(ZoneType type, const std::vector<PfnRange>& ranges, PfnRange limits) {
  BootZone zone;
  zone.node = NodeId{0};
  zone.type = type;
  for (const PfnRange& r : ranges) {
    const PfnRange part{std::max(r.start, limits.start), std::min(r.end, limits.end)};
    if (part.empty()) continue;
    zone.online.push_back(part);
    zone.present += part.pages();
  }
  if (zone.online.empty()) return zone;
  zone.start_pfn = zone.online.front().start;
  zone.spanned = zone.online.back().end - zone.start_pfn;
  return zone;
}

void set_managed(BootZone& zone, PageCount managed) {
  zone.managed = managed;
  const Pfn end = zone.online.back().end;
  zone.free = {{end - managed, end}};
}

/// What the kernel first said of its pages above the high watermarks, and the block that was just
/// coming online, if any.
struct TotalPages {
  std::int64_t all = 0;
  PageCount coming;
  ZoneType zone = ZoneType::movable;
};

std::optional<TotalPages> total_pages(const Capture& capture, PageCount block) {
  static const std::regex text("Total pages: ([0-9]+)");
  std::smatch match;
  for (const Capture::Step& step : capture.steps) {
    for (const std::string& line : console_lines(step.recorded)) {
      if (!std::regex_search(line, match, text)) continue;
      TotalPages total{std::stoll(match[1]), {}, ZoneType::movable};
      if (step.op != "online") return total;
      total.coming = block - (capture.memmap_on_memory == kernel::MemmapOnMemory::off
                                  ? PageCount{0}
                                  : kernel::Vmemmap{}.pages_of(block));
      if (step.args.at(1) == "online_kernel") total.zone = ZoneType::normal;
      return total;
    }
  }
  return std::nullopt;
}

/// Value written to vm.min_free_kbytes before memory is added.
std::optional<std::int64_t> min_free_kbytes(const Capture& capture) {
  for (const Capture::Step& step : capture.steps) {
    if (step.op == "add") break;
    if (step.op == "w" && step.args.at(0) == "/proc/sys/vm/min_free_kbytes")
      return std::stoll(step.args.at(1).get<std::string>());
  }
  return std::nullopt;
}

/// Gives the zones the watermarks that the kernel computed while it booted; returns the pages that
/// it will count when it first says so.
std::int64_t pages_above_high(kernel::BootState& state, const Capture& capture,
                              const TotalPages& total, const kernel::KernelConfig& config,
                              const kernel::KernelProfile& profile) {
  kernel::BootState early = state;
  early.recompute_watermarks = true;
  set_managed(early.zones.back(), early.zones.back().managed - late_image_memory(capture));
  const kernel::Mm then(early, config, profile);
  state.recompute_watermarks = false;
  state.min_free_kbytes = then.min_free_kbytes();
  for (BootZone& zone : state.zones) zone.watermark = then.zone(zone.node, zone.type).watermark;

  kernel::Mm now(state, config, profile);
  if (const auto kbytes = min_free_kbytes(capture)) now.set_min_free_kbytes(*kbytes);
  PageCount above;
  for (const auto& zone : now.node(NodeId{0}).zones)
    above += std::max(PageCount{0}, zone.managed_pages - zone.watermark.high);
  if (total.coming.value > 0)
    above += total.coming - then.zone(NodeId{1}, total.zone).watermark.high;
  return above.value;
}

}  // namespace

kernel::BootState boot_of_sequence(const Capture& capture, const kernel::KernelConfig& config,
                                   const kernel::KernelProfile& profile) {
  kernel::BootState state;
  state.cpu.pdpe1gb = capture.gigabyte_pages;
  state.cpu.la57 = capture.la57;
  state.cpu.hypervisor = true;
  state.distance = distances_of(capture);
  state.nodes = nodes_of(capture);
  state.nodes[0].online = state.nodes[0].has_memory = true;
  for (auto& node : state.nodes) node.online = node.online || node.cpus > 0;
  state.memory = node_ranges(capture).at(0);
  const Pfn end = state.memory.back().end;
  state.block_pages = pages_of(kernel::memory_block_size(bytes_of(end - Pfn{0}), true, Bytes{0}));
  state.blocks = {{0, (end.value - 1) / state.block_pages.value, NodeId{0}}};

  for (const auto& [type, limits] :
       {std::pair{ZoneType::dma, PfnRange{Pfn{0}, kDmaEnd}},
        std::pair{ZoneType::dma32, PfnRange{kDmaEnd, kDma32End}},
        std::pair{ZoneType::normal, PfnRange{kDma32End, std::max(kDma32End, end)}}}) {
    BootZone zone = zone_of(type, state.memory, limits);
    if (zone.online.empty()) continue;
    set_managed(zone, type == ZoneType::dma ? kDmaEnd - kFirstManaged : zone.present);
    state.zones.push_back(std::move(zone));
  }
  const auto total = total_pages(capture, state.block_pages);
  if (!total) return state;
  // Watermarks hang on what is managed: the sum that the kernel printed is approached in steps.
  constexpr int kMostSteps = 16;
  for (int i = 0; i < kMostSteps; ++i) {
    const std::int64_t off = total->all - pages_above_high(state, capture, *total, config, profile);
    if (off == 0) break;
    set_managed(state.zones.back(), state.zones.back().managed + PageCount{off});
  }
  return state;
}

}  // namespace mhp::validation
