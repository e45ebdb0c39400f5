#include "analysis/validation/captures/snapshot_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

#include "analysis/validation/captures/capture_boot.hpp"

namespace mhp::validation {

using nlohmann::json;

SnapshotCheck::SnapshotCheck(Score& score, const Capture& capture,
                             const kernel::MemoryHotplug& hotplug)
    : score_(score),
      capture_(capture),
      boot_(*capture.steps[*capture.boot_step()].snapshot()),
      boot_leaves_{hotplug.page_tables().direct_map_leaves(0),
                   hotplug.page_tables().direct_map_leaves(1),
                   hotplug.page_tables().direct_map_leaves(2)} {}

void SnapshotCheck::snapshot(const json& snapshot, const kernel::Mm& mm,
                             const kernel::MemoryHotplug& hotplug, const kernel::Hugetlb& hugetlb,
                             const Context& context) {
  zones(snapshot, mm, context);
  const json& meminfo = snapshot.at("meminfo_kB");
  score_.exact("meminfo/MemTotal", field(meminfo, "MemTotal"),
               mm.geometry().bytes_of(mm.mem_total()).value / kKiB);
  score_.exact("min_free_kbytes", field(snapshot, "min_free_kbytes"), mm.min_free_kbytes());
  const json vmstat = snapshot.value("vmstat", json::object());
  if (vmstat.contains("nr_memmap_pages"))
    score_.exact("vmstat/nr_memmap_pages", field(vmstat, "nr_memmap_pages"),
                 hotplug.nr_memmap_pages());
  if (vmstat.contains("nr_memmap_boot_pages"))
    score_.exact("vmstat/nr_memmap_boot_pages", field(vmstat, "nr_memmap_boot_pages"),
                 hotplug.nr_memmap_boot_pages());
  direct_map(snapshot, hotplug);
  blocks(snapshot, hotplug);
  zones_ = &snapshot.at("zones");
  free_lists(snapshot, mm, context.quiet_movable);
  pageblocks(snapshot, mm);
  nodes(snapshot, mm);
  huge_pages(snapshot, mm, hugetlb);
  resources(snapshot, context);
  parameters(snapshot, context);
  not_compared(snapshot);
}

void SnapshotCheck::zones(const json& snapshot, const kernel::Mm& mm, const Context& context) {
  for (const json& z : snapshot.at("zones")) {
    const NodeId node{z.at("node").get<std::int32_t>()};
    const std::string name = z.at("zone");
    const kernel::Zone& model = mm.zone(node, zone_type(name));
    const std::string path = fmt::format("zone/{}/{}/", node.value, name);
    if (model.present_pages.value > 0 || field(z, "present") > 0)
      score_.exact(path + "start_pfn", field(z, "start_pfn"), model.zone_start_pfn.value);
    score_.exact(path + "spanned", field(z, "spanned"), model.spanned_pages.value);
    score_.exact(path + "present", field(z, "present"), model.present_pages.value);
    score_.exact(path + "managed", field(z, "managed"), model.managed_pages.value);
    if (model.present_pages.value > 0)
      score_.exact(path + "pcp_batch", field(z, "pcp_batch"), model.pcp_limits.batch);
    if (model.present_pages.value > 0 && !kernel::pcp_tunes_itself(mm.profile()))
      score_.exact(path + "pcp_high", field(z, "pcp_high"), model.pcp_limits.high_min);
    watermarks(z, model, path);
    if (context.reserves_known) reserves(z, model, path);
    free_pages(z, model, path, context.memmap_taken);
  }
}

void SnapshotCheck::watermarks(const json& z, const kernel::Zone& model, const std::string& path) {
  const std::int64_t boost = field(z, "boost");
  score_.exact(path + "min", field(z, "min") - boost, model.watermark.min.value);
  score_.exact(path + "low", field(z, "low") - boost, model.watermark.low.value);
  score_.exact(path + "high", field(z, "high") - boost, model.watermark.high.value);
  if (z.contains("promo"))
    score_.exact(path + "promo", field(z, "promo") - boost,
                 model.watermark.of(kernel::Mark::promo).value);
}

void SnapshotCheck::reserves(const json& z, const kernel::Zone& model, const std::string& path) {
  std::string recorded;
  std::string got;
  const auto protection = z.value("protection", std::vector<std::int64_t>{});
  const auto types = zone_types_of(capture_);
  for (std::size_t i = 0; i < protection.size() && i < types.size(); ++i) {
    recorded += fmt::format("{} ", protection[i]);
    got += fmt::format("{} ", model.lowmem_reserve[static_cast<std::size_t>(types[i])].value);
  }
  score_.exact(path + "protection", recorded, got);
}

// Compared as changes: what the rest of the system holds differs from run to run.
SnapshotCheck::Change SnapshotCheck::noise(const std::string& quantity, std::int64_t recorded,
                                           std::int64_t got) {
  const Pair now{recorded, got};
  const auto [it, first] = free_.try_emplace(quantity, now, now);
  auto& [at_first, at_last] = it->second;
  const Change change{recorded - at_last.first, got - at_last.second, first};
  if (!first) {
    score_.noise(NoiseKind::free_pages, quantity, change.expected, change.got, kNoiseBound);
    score_.noise(NoiseKind::drift, quantity + "/drift", recorded - at_first.first,
                 got - at_first.second, kDriftBound);
  }
  at_last = now;
  return change;
}

void SnapshotCheck::free_pages(const json& z, const kernel::Zone& model, const std::string& path,
                               bool memmap_taken) {
  const Change change =
      noise(path + "free", field(z, "free") + field(z, "pcp"), model.free_pages().value);
  // Which zone paid for the memmap, to the nearest order-9 block.
  if (change.first || !memmap_taken) return;
  const std::int64_t block = capture_.geometry.pageblock_pages();
  const auto blocks = [block](std::int64_t pages) {
    return (pages + (pages < 0 ? -1 : 1) * block / 2) / block;
  };
  const std::int64_t model_blocks = blocks(-change.got);
  const std::int64_t off = blocks(change.got - change.expected);
  score_.exact(path + "memmap_donated", model_blocks + off, model_blocks);
}

// Only Movable zones that nobody has used are the kernel's alone; all others count as not compared.
void SnapshotCheck::free_lists(const json& snapshot, const kernel::Mm& mm,
                               const std::vector<bool>& quiet_movable) {
  for (const json& b : snapshot.value("buddy", json::array())) {
    const NodeId node{b.at("node").get<std::int32_t>()};
    const bool quiet = node.index() < quiet_movable.size() && quiet_movable[node.index()];
    const auto recorded = b.at("nr_free").get<std::vector<std::int64_t>>();
    if (b.at("zone") != "Movable" || !quiet) {
      in_use(b, recorded);
      continue;
    }
    const auto& buddy = mm.zone(node, kernel::ZoneType::movable).buddy;
    for (std::size_t order = 0; order < recorded.size(); ++order)
      score_.exact(fmt::format("buddy/{}/Movable/{}", node.value, order), recorded[order],
                   buddy.free_blocks(static_cast<int>(order)));
  }
}

// How the free pages of a zone in use are cut hangs on who has used it. How many they are is
// compared for the zone; the recording must agree with itself.
void SnapshotCheck::in_use(const json& row, const std::vector<std::int64_t>& recorded) {
  score_.unmodelled("buddy/NODE/ZONE of zones in use, by order");
  const NodeId node{row.at("node").get<std::int32_t>()};
  const std::string name = row.at("zone");
  std::int64_t pages = 0;
  for (std::size_t order = 0; order < recorded.size(); ++order) pages += recorded[order] << order;
  // Both are read one after the other: what lay on per-CPU lists may have been given back between.
  for (const json& z : *zones_) {
    if (z.at("node") != row.at("node") || z.at("zone") != row.at("zone")) continue;
    const std::int64_t free = field(z, "free");
    score_.noise(NoiseKind::free_pages, fmt::format("buddy/{}/{}/pages", node.value, name), pages,
                 std::clamp(pages, free, free + field(z, "pcp")), kNoiseBound);
  }
}

// Zones in which nobody but the hot-add changes pageblocks: Movable, and Normal on nodes without
// processors, if they hold no boot memory.
void SnapshotCheck::pageblocks(const json& snapshot, const kernel::Mm& mm) {
  for (const json& b : snapshot.value("pagetype", json::object()).value("blocks", json::array())) {
    const NodeId node{b.at("node").get<std::int32_t>()};
    const std::string name = b.at("zone");
    const auto& zone = mm.zone(node, zone_type(name));
    const bool quiet = zone.present_early_pages.value == 0 &&
                       (zone.type == kernel::ZoneType::movable ||
                        (zone.type == kernel::ZoneType::normal && mm.node(node).cpus == 0));
    const auto count = [&](kernel::MigrateType type) {
      std::int64_t n = 0;
      zone.online.for_each_in(0, std::int64_t{1} << 52, [&](const auto& i) {
        n += zone.buddy.pageblocks_in({Pfn{i.start}, Pfn{i.end}}, type);
      });
      return n;
    };
    const std::string path = fmt::format("pagetype/{}/{}/", node.value, name);
    std::int64_t recorded = 0;
    std::int64_t got = 0;
    for (const auto& [type, value] : b.items())
      if (value.is_number_integer() && type != "node") recorded += value.get<std::int64_t>();
    for (int t = 0; t < kernel::kMigrateTypes; ++t)
      got += count(static_cast<kernel::MigrateType>(t));
    score_.exact(path + "pageblocks", recorded, got);
    if (!quiet) {
      score_.unmodelled("pagetype/NODE/ZONE of zones that the kernel uses, by type");
      continue;
    }
    score_.exact(path + "Unmovable", field(b, "Unmovable"), count(kernel::MigrateType::unmovable));
    score_.exact(path + "Movable", field(b, "Movable"), count(kernel::MigrateType::movable));
    score_.exact(path + "Reclaimable", field(b, "Reclaimable"),
                 count(kernel::MigrateType::reclaimable));
  }
}

// Where the kernel tells by what it maps memory (arm64 does not).
void SnapshotCheck::direct_map(const json& snapshot, const kernel::MemoryHotplug& hotplug) {
  const json& meminfo = snapshot.at("meminfo_kB");
  const json& at_boot = boot_.at("meminfo_kB");
  const auto& tables = hotplug.page_tables();
  const auto compare = [&](const std::string& name, std::size_t level, std::int64_t page_kib) {
    if (!meminfo.contains(name)) return;
    const std::int64_t more =
        (tables.direct_map_leaves(static_cast<int>(level)) - boot_leaves_[level]) * page_kib;
    score_.exact("meminfo/" + name, field(meminfo, name.c_str()),
                 field(at_boot, name.c_str()) + more);
  };
  const std::int64_t page_kib = capture_.geometry.page_size() / kKiB;
  for (const std::int64_t kib : {4, 64})
    if (const std::string name = fmt::format("DirectMap{}k", kib); meminfo.contains(name))
      compare(name, 0, kib == page_kib ? page_kib : 0);
  compare("DirectMap2M", 1, 2 * kMiB / kKiB);
  compare("DirectMap1G", 2, kGiB / kKiB);
}

void SnapshotCheck::nodes(const json& snapshot, const kernel::Mm& mm) {
  std::vector<int> recorded_nodes;
  std::vector<int> online;
  for (const auto& [id, recorded] : snapshot.at("nodes").items())
    recorded_nodes.push_back(std::stoi(id));
  std::sort(recorded_nodes.begin(), recorded_nodes.end());
  for (std::size_t n = 0; n < mm.nodes(); ++n)
    if (mm.node(NodeId{static_cast<std::int32_t>(n)}).online) online.push_back(static_cast<int>(n));
  score_.exact("nodes", json(recorded_nodes).dump(), json(online).dump());
  for (const auto& [id, recorded] : snapshot.at("nodes").items()) {
    const NodeId node{std::stoi(id)};
    const std::string path = fmt::format("node/{}/", id);
    PageCount managed;
    for (const auto& zone : mm.node(node).zones) managed += zone.managed_pages;
    score_.exact(path + "MemTotal", field(recorded.at("meminfo_kB"), "MemTotal"),
                 mm.geometry().bytes_of(managed).value / kKiB);
    // The kernel lists the distances to nodes that are online.
    std::vector<int> distances;
    for (const int other : online) distances.push_back(mm.distance(node, NodeId{other}));
    score_.exact(path + "distance", recorded.at("distance").dump(), json(distances).dump());
  }
}

/// What a snapshot holds besides, so that nothing is passed by in silence.
void SnapshotCheck::not_compared(const json& snapshot) {
  static const std::set<std::string> compared{"zones",
                                              "buddy",
                                              "pagetype",
                                              "meminfo_kB",
                                              "vmstat",
                                              "nodes",
                                              "block_size_hex",
                                              "memory_blocks",
                                              "iomem",
                                              "min_free_kbytes",
                                              "auto_online_blocks",
                                              "memory_hotplug_params",
                                              "mono_ns",
                                              "lowmem_reserve_ratio"};
  for (const auto& [name, value] : snapshot.items())
    if (!compared.contains(name)) score_.unmodelled(name);
  const auto rest = [&](const json& counters, const std::string& what,
                        std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : counters.items())
      if (std::find(known.begin(), known.end(), name) == known.end()) score_.unmodelled(what);
  };
  rest(snapshot.at("meminfo_kB"), "meminfo besides MemTotal, DirectMap and huge pages",
       {"MemTotal", "DirectMap4k", "DirectMap64k", "DirectMap2M", "DirectMap1G", "HugePages_Total",
        "HugePages_Free", "HugePages_Rsvd", "HugePages_Surp", "Hugepagesize", "Hugetlb"});
  if (snapshot.contains("vmstat"))
    rest(snapshot.at("vmstat"), "vmstat besides nr_memmap_pages, nr_memmap_boot_pages, oom_kill",
         {"nr_memmap_pages", "nr_memmap_boot_pages", "oom_kill"});
  for (const json& z : snapshot.at("zones"))
    if (z.contains("stat")) score_.unmodelled("counters of a zone besides free and pcp");
}

void SnapshotCheck::blocks(const json& snapshot, const kernel::MemoryHotplug& hotplug) {
  std::int64_t recorded = 0;
  for (const json& text : snapshot.at("memory_blocks")) {
    const BlockRun run = parse_block_run(text);
    for (std::int64_t b = run.first; b <= run.last; ++b) {
      const BlockId id{static_cast<std::int32_t>(b)};
      const kernel::MemoryBlock& model = hotplug.block(id);
      const std::string path = fmt::format("block/{}/", b);
      ++recorded;
      const char* state = !model.present()                                    ? "absent"
                          : model.state == kernel::MemoryBlock::State::online ? "online"
                                                                              : "offline";
      score_.exact(path + "state", run.state, state);
      if (!model.present()) continue;
      if (run.state == "online" && !model.boot)
        score_.exact(path + "zone", run.zones, std::string(kernel::zone_name(model.zone)));
      score_.exact(path + "valid_zones", run.zones, zone_names(hotplug.valid_zones(id)));
      if (!run.node.empty())
        score_.exact(path + "node", run.node, fmt::format("node{}", model.node.value));
    }
  }
  std::int64_t known = 0;
  for (const auto& b : hotplug.blocks()) known += b.present() ? 1 : 0;
  score_.exact("blocks", recorded, known);
}

}  // namespace mhp::validation
