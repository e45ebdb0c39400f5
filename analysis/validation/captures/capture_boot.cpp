#include "analysis/validation/captures/capture_boot.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <optional>
#include <regex>

#include "analysis/validation/captures/late_memory.hpp"
#include "sim/kernel/boot/found_state.hpp"

namespace mhp::validation {

namespace {

using kernel::BootZone;
using nlohmann::json;

PageCount pages(const json& zone, const char* field) {
  return PageCount{zone.value(field, std::int64_t{0})};
}

std::int64_t hex(const json& value) {
  return std::strtoll(value.get<std::string>().c_str(), nullptr, 16);
}

/// System RAM of the snapshot, from the first page frame used to the end of boot memory.
std::vector<PfnRange> system_ram(const json& snapshot, const kernel::Geometry& geometry) {
  std::vector<PfnRange> ram;
  for (const json& r : snapshot.at("iomem"))
    if (r.value("what", "").starts_with("System RAM"))
      ram.push_back({geometry.pfn_of(Bytes{hex(r.at("start"))}),
                     geometry.pfn_of(Bytes{hex(r.at("end")) + 1})});
  return ram;
}

/// What the contiguous memory allocator reserved, by the boot messages; empty if nothing.
PfnRange cma_of(const Capture& capture) {
  static const std::regex reserved("cma: Reserved (\\d{1,6}) MiB at 0x([0-9a-f]{1,16})");
  std::smatch match;
  for (const std::string& line : capture.boot_log) {
    if (!std::regex_search(line, match, reserved)) continue;
    const Pfn start = capture.geometry.pfn_of(Bytes{std::stoll(match[2], nullptr, 16)});
    return {start, start + capture.geometry.pages_of(Bytes{std::stoll(match[1]) * kMiB})};
  }
  return {};
}

/// A zone as the snapshot has it: nothing is known of the types of its pageblocks that its own
/// free blocks could be told apart by.
kernel::FoundZone found_zone(const json& z, const json& buddy, const Capture& capture) {
  const auto types = zone_types_of(capture);
  kernel::FoundZone zone;
  zone.node = NodeId{z.at("node").get<std::int32_t>()};
  zone.zone = kernel::zone_name(zone_type(z.at("zone")));
  zone.start_pfn = z.value("start_pfn", std::int64_t{0});
  zone.spanned = pages(z, "spanned");
  zone.present = pages(z, "present");
  zone.managed = pages(z, "managed");
  zone.pcp_batch = z.value("pcp_batch", std::int64_t{0});
  zone.pcp = pages(z, "pcp");
  const PageCount boost = pages(z, "boost");
  zone.min = pages(z, "min") - boost;
  zone.low = pages(z, "low") - boost;
  zone.high = pages(z, "high") - boost;
  zone.lowmem_reserve.resize(kernel::kZoneTypes, 0);
  const auto protection = z.value("protection", std::vector<std::int64_t>{});
  for (std::size_t i = 0; i < protection.size() && i < types.size(); ++i)
    zone.lowmem_reserve[static_cast<std::size_t>(types[i])] = protection[i];
  for (const json& b : buddy)
    if (b.at("node") == z.at("node") && b.at("zone") == z.at("zone"))
      zone.free_blocks = b.at("nr_free").get<std::vector<std::int64_t>>();
  return zone;
}

BootZone read_zone(const json& z, const std::vector<PfnRange>& sections, const json& buddy,
                   PageCount free_cma, const Capture& capture) {
  const PfnRange cma = z.value("cma", std::int64_t{0}) > 0 ? cma_of(capture) : PfnRange{};
  return kernel::lay_out(found_zone(z, buddy, capture), sections, capture.geometry,
                         {cma, free_cma});
}

}  // namespace

kernel::KernelConfig config_of(const Capture& capture) {
  kernel::KernelConfig config;
  config.memmap_placement = kernel::placement_of(capture.memmap_on_memory);
  config.online_policy = capture.online_policy;
  config.auto_movable_ratio = capture.auto_movable_ratio;
  config.kaslr = capture.kaslr;
  config.movable_node = capture.movable_node;
  config.rodata = capture.rodata;
  config.kfence_sample_interval = capture.kfence_sample_interval;
  config.transparent_hugepage = capture.transparent_hugepage && !too_small_for_huge_pages(capture)
                                    ? kernel::ThpEnabled::always
                                    : kernel::ThpEnabled::never;
  config.auto_movable_numa_aware = capture.auto_movable_numa_aware;
  return config;
}

std::vector<std::vector<int>> distances_of(const Capture& capture) {
  const std::size_t n = capture.possible_nodes();
  std::vector<std::vector<int>> matrix(n, std::vector<int>(n, 20));
  for (std::size_t i = 0; i < n; ++i) matrix[i][i] = 10;
  for (const auto& [pair, value] : capture.distance) {
    if (!capture.described(pair.first) || !capture.described(pair.second)) continue;
    const auto a = capture.kernel_node(pair.first).index();
    const auto b = capture.kernel_node(pair.second).index();
    if (a != b) matrix[a][b] = value;
  }
  return matrix;
}

std::vector<kernel::BootNode> nodes_of(const Capture& capture) {
  std::vector<kernel::BootNode> nodes(capture.possible_nodes());
  for (std::size_t n = 0; n < capture.nodes.size(); ++n)
    if (capture.nodes[n].cpus > 0)
      nodes[capture.kernel_node(static_cast<int>(n)).index()].cpus = capture.nodes[n].cpus;
  return nodes;
}

std::vector<kernel::ZoneType> zone_types_of(const Capture& capture) {
  bool device = true;
  if (const auto step = capture.boot_step(); step && capture.steps[*step].snapshot()) {
    const json& boot = *capture.steps[*step].snapshot();
    const json zones = boot.is_object() ? boot.value("zones", json::array()) : json::array();
    device = std::any_of(zones.begin(), zones.end(), [](const json& z) {
      return z.is_object() && z.value("zone", json()) == "Device";
    });
  }
  std::vector<kernel::ZoneType> types;
  for (int t = 0; t < kernel::kZoneTypes; ++t) {
    const auto type = static_cast<kernel::ZoneType>(t);
    if (capture.arch.has_zone(type) && (device || type != kernel::ZoneType::device))
      types.push_back(type);
  }
  return types;
}

kernel::ZoneType zone_type(const std::string& name) {
  return kernel::zone_type(name).value_or(kernel::ZoneType::device);
}

std::string zone_names(const std::vector<kernel::ZoneType>& zones) {
  if (zones.empty()) return "none";
  std::string out;
  for (const auto z : zones) {
    if (!out.empty()) out += ' ';
    out += kernel::zone_name(z);
  }
  return out;
}

BlockRun parse_block_run(const std::string& text) {
  BlockRun run;
  const auto space = text.find(' ');
  const auto bar = text.find('|', space);
  const auto bar2 = text.find('|', bar + 1);
  char* rest = nullptr;
  run.first = std::strtoll(text.c_str(), &rest, 10);
  run.last = *rest == '-' ? std::strtoll(rest + 1, nullptr, 10) : run.first;
  run.state = text.substr(space + 1, bar - space - 1);
  run.zones = text.substr(bar + 1, bar2 - bar - 1);
  run.node = text.substr(bar2 + 1);
  return run;
}

std::map<std::int64_t, std::vector<Pfn>> ballast_of(const Capture& capture,
                                                    const kernel::BootState& boot) {
  std::map<std::int64_t, std::vector<Pfn>> held;
  const auto highest = std::max_element(
      boot.zones.begin(), boot.zones.end(), [](const BootZone& a, const BootZone& b) {
        return std::pair(a.managed.value > 0, a.type) < std::pair(b.managed.value > 0, b.type);
      });
  if (highest == boot.zones.end()) return held;
  // Pageblocks in which nothing is free, from the top of the zone.
  IntervalSet free;
  for (const PfnRange& r : highest->free) free.insert(r.start.value, r.end.value);
  std::vector<Pfn> used;
  const std::int64_t pageblock = capture.geometry.pageblock_pages();
  for (const PfnRange& r : highest->online)
    for (std::int64_t p = round_up(r.start.value, pageblock); p + pageblock <= r.end.value;
         p += pageblock)
      if (free.covered(p, p + pageblock) == 0) used.push_back(Pfn{p});
  for (std::size_t i = 0; i < *capture.boot_step(); ++i) {
    const auto& step = capture.steps[i];
    if (step.op != "ballast") continue;
    auto& mine = held[step.recorded.at("result").value("ballast_pid", std::int64_t{0})];
    std::int64_t wanted =
        capture.geometry.pages_of(Bytes{step.args[0].get<std::int64_t>() * kMiB}).value / pageblock;
    for (; wanted > 0 && !used.empty(); --wanted, used.pop_back()) mine.push_back(used.back());
  }
  return held;
}

std::map<std::int32_t, std::vector<PfnRange>> node_ranges(const Capture& capture) {
  static const std::regex range(
      "node +(\\d{1,4}): \\[mem 0x([0-9a-f]{1,16})-0x([0-9a-f]{1,16})\\]");
  std::map<std::int32_t, std::vector<PfnRange>> ranges;
  std::smatch match;
  for (const std::string& line : capture.boot_log)
    if (line.find("node ") != line.npos && std::regex_search(line, match, range))
      ranges[std::stoi(match[1])].push_back(
          {capture.geometry.pfn_of(Bytes{std::stoll(match[2], nullptr, 16)}),
           capture.geometry.pfn_of(Bytes{std::stoll(match[3], nullptr, 16) + 1})});
  return ranges;
}

std::vector<PfnRange> boot_memory_of(const Capture& capture) {
  std::vector<PfnRange> memory;
  for (const auto& [node, ranges] : node_ranges(capture))
    memory.insert(memory.end(), ranges.begin(), ranges.end());
  if (memory.empty())
    return system_ram(*capture.steps[*capture.boot_step()].snapshot(), capture.geometry);
  std::sort(memory.begin(), memory.end(),
            [](const PfnRange& a, const PfnRange& b) { return a.start < b.start; });
  return memory;
}

kernel::BootState boot_of(const Capture& capture) {
  const json& snapshot = *capture.steps[*capture.boot_step()].snapshot();
  const kernel::Geometry& geometry = capture.geometry;
  kernel::BootState state;
  state.arch = capture.arch;
  state.cpu.pdpe1gb = capture.gigabyte_pages;
  state.cpu.la57 = capture.la57;
  state.cpu.hypervisor = true;
  state.distance = distances_of(capture);
  state.memory = boot_memory_of(capture);
  state.block_pages = geometry.pages_of(Bytes{hex(snapshot.at("block_size_hex"))});
  state.min_free_kbytes = snapshot.value("min_free_kbytes", std::int64_t{0});
  state.recompute_watermarks = false;
  state.nodes = nodes_of(capture);
  const auto sections = kernel::whole_sections(state.memory, geometry);
  const PageCount free_cma =
      geometry.pages_of(Bytes{snapshot.at("meminfo_kB").value("CmaFree", std::int64_t{0}) * kKiB});
  for (const json& z : snapshot.at("zones")) {
    auto& node = state.nodes[z.at("node").get<std::size_t>()];
    node.online = true;
    node.has_memory = node.has_memory || z.value("present", std::int64_t{0}) > 0;
    state.zones.push_back(read_zone(z, sections, snapshot.at("buddy"), free_cma, capture));
  }
  for (const json& run : snapshot.at("memory_blocks")) {
    const BlockRun r = parse_block_run(run.get<std::string>());
    const int node = r.node.starts_with("node") ? std::atoi(r.node.c_str() + 4) : 0;
    state.blocks.push_back({r.first, r.last, NodeId{node}});
  }
  return state;
}

}  // namespace mhp::validation
