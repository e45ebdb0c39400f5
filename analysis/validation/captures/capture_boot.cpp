#include "analysis/validation/captures/capture_boot.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <optional>
#include <regex>

#include "analysis/validation/captures/late_memory.hpp"

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

/// Memory with an initialised memmap: whole sections around System RAM.
std::vector<PfnRange> whole_sections(const std::vector<PfnRange>& ram,
                                     const kernel::Geometry& geometry) {
  IntervalSet set;
  for (const auto& r : ram)
    set.insert(geometry.section_start(geometry.section_of(r.start)).value,
               geometry.section_start(geometry.sections_end(r.end)).value);
  std::vector<PfnRange> out;
  set.for_each_in(0, std::int64_t{1} << 52, [&](const auto& i) {
    out.push_back({Pfn{i.start}, Pfn{i.end}});
  });
  return out;
}

/// Room for free blocks in a zone, in aligned pieces.
class Room {
 public:
  /// Cuts ranges into the largest aligned pieces, ascending. The buddy of such a piece lies outside
  /// or is itself too small, so the whole piece may be free.
  Room(const std::vector<PfnRange>& ranges, const kernel::Geometry& geometry)
      : max_order_(geometry.max_order()) {
    for (const PfnRange& r : ranges)
      geometry.for_each_aligned_block(
          r, [this](Pfn p, int order) { whole_[index(order)].push_back(p.value); });
    for (auto& pieces : whole_) std::reverse(pieces.begin(), pieces.end());
  }

  /// Place of a free block: a whole piece, else the upper half of a piece, the lower half of which
  /// stays for smaller blocks.
  std::optional<std::int64_t> place(int order) {
    if (const auto piece = pop(whole_[index(order)])) return piece;
    for (int o = order + 1; o <= max_order_; ++o) {
      auto piece = pop(halves_[index(o)]);
      if (!piece) piece = pop(whole_[index(o)]);
      if (!piece) continue;
      for (--o; o > order; --o) halves_[index(o)].push_back(*piece + (std::int64_t{1} << o));
      halves_[index(order)].push_back(*piece);
      return *piece + (std::int64_t{1} << order);
    }
    return std::nullopt;
  }

 private:
  using Pieces = std::vector<std::int64_t>;  // the last is the next to be used
  static std::size_t index(int order) { return static_cast<std::size_t>(order); }
  static std::optional<std::int64_t> pop(Pieces& pieces) {
    if (pieces.empty()) return std::nullopt;
    const std::int64_t piece = pieces.back();
    pieces.pop_back();
    return piece;
  }

  int max_order_;
  std::array<Pieces, kernel::Geometry::kMostOrders> whole_;
  std::array<Pieces, kernel::Geometry::kMostOrders> halves_;  // may not be free as a whole
};

/// Lays free blocks of the given counts by order out inside the zone, but for a part of it, the
/// largest first; then the pages that lie on per-CPU lists.
void lay_out_free(BootZone& zone, PfnRange but, const std::vector<std::int64_t>& count_by_order,
                  PageCount pcp, const kernel::Geometry& geometry) {
  IntervalSet where;
  for (const PfnRange& r : zone.online) where.insert(r.start.value, r.end.value);
  where.erase(but.start.value, but.end.value);
  std::vector<PfnRange> ranges;
  where.for_each_in(0, std::int64_t{1} << 52, [&](const auto& i) {
    ranges.push_back({Pfn{i.start}, Pfn{i.end}});
  });
  Room room(ranges, geometry);
  for (int order = geometry.max_order(); order >= 0; --order) {
    for (std::int64_t i = 0; i < count_by_order[static_cast<std::size_t>(order)]; ++i) {
      const auto at = room.place(order);
      if (!at) return;
      zone.free.push_back({Pfn{*at}, Pfn{*at + (std::int64_t{1} << order)}});
    }
  }
  for (PageCount n; n < pcp; n += PageCount{1})
    if (const auto at = room.place(0)) zone.pcp.push_back(Pfn{*at});
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

/// Free blocks of a range, as far as the zone has so many of their order.
void take_blocks(PfnRange range, std::vector<std::int64_t>& count, BootZone& zone,
                 const kernel::Geometry& geometry) {
  geometry.for_each_aligned_block(range, [&](Pfn start, int order) {
    std::int64_t& left = count[static_cast<std::size_t>(order)];
    if (left == 0) return;
    --left;
    zone.free.push_back({start, start + PageCount{std::int64_t{1} << order}});
  });
}

BootZone read_zone(const json& z, const std::vector<PfnRange>& sections, const json& buddy,
                   PageCount free_cma, const Capture& capture) {
  const kernel::Geometry& geometry = capture.geometry;
  const auto types = zone_types_of(capture);
  BootZone zone;
  zone.node = NodeId{z.at("node").get<std::int32_t>()};
  zone.type = zone_type(z.at("zone"));
  zone.start_pfn = Pfn{z.value("start_pfn", std::int64_t{0})};
  zone.spanned = pages(z, "spanned");
  zone.present = pages(z, "present");
  zone.managed = pages(z, "managed");
  zone.pcp_batch = z.value("pcp_batch", std::int64_t{0});
  const PageCount boost = pages(z, "boost");
  zone.watermark = {pages(z, "min") - boost, pages(z, "low") - boost, pages(z, "high") - boost};
  const auto protection = z.value("protection", std::vector<std::int64_t>{});
  for (std::size_t i = 0; i < protection.size() && i < types.size(); ++i)
    zone.lowmem_reserve[static_cast<std::size_t>(types[i])] = PageCount{protection[i]};
  const PfnRange span{zone.start_pfn, zone.start_pfn + zone.spanned};
  for (const PfnRange& s : sections) {
    const PfnRange part{std::max(s.start, span.start), std::min(s.end, span.end)};
    if (!part.empty()) zone.online.push_back(part);
  }
  const auto orders = static_cast<std::size_t>(geometry.max_order()) + 1;
  std::vector<std::int64_t> count(orders, 0);
  for (const json& b : buddy)
    if (b.at("node") == z.at("node") && b.at("zone") == z.at("zone"))
      count = b.at("nr_free").get<std::vector<std::int64_t>>();
  count.resize(orders, 0);
  // The kernel takes from the start of CMA memory, so its end is free.
  const PfnRange cma = z.value("cma", std::int64_t{0}) > 0 ? cma_of(capture) : PfnRange{};
  if (!cma.empty()) {
    zone.cma.push_back(cma);
    take_blocks({cma.end - std::min(free_cma, cma.pages()), cma.end}, count, zone, geometry);
  }
  lay_out_free(zone, cma, count, pages(z, "pcp"), geometry);
  return zone;
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
  for (int t = 0; t < kernel::kZoneTypes; ++t)
    if (kernel::zone_name(static_cast<kernel::ZoneType>(t)) == name)
      return static_cast<kernel::ZoneType>(t);
  return kernel::ZoneType::device;
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
    if (std::regex_search(line, match, range))
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
  const auto sections = whole_sections(state.memory, geometry);
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
