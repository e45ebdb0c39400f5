#include "analysis/validation/captures/snapshot_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

#include "analysis/validation/captures/capture_boot.hpp"

namespace mhp::validation {

namespace {

using nlohmann::json;

std::string zone_names(const std::vector<kernel::ZoneType>& zones) {
  if (zones.empty()) return "none";
  std::string out;
  for (const auto z : zones) {
    if (!out.empty()) out += ' ';
    out += kernel::zone_name(z);
  }
  return out;
}

std::int64_t field(const json& object, const char* name) {
  return object.value(name, std::int64_t{0});
}

}  // namespace

SnapshotCheck::SnapshotCheck(Score& score, const json& boot, const kernel::MemoryHotplug& hotplug)
    : score_(score),
      boot_meminfo_(boot.at("meminfo_kB")),
      boot_nodes_(boot.value("nodes", json::object())),
      boot_1g_leaves_(hotplug.page_tables().direct_map_1g_leaves()),
      boot_2m_leaves_(hotplug.page_tables().direct_map_2m_leaves()) {}

void SnapshotCheck::snapshot(const json& snapshot, const kernel::Mm& mm,
                             const kernel::MemoryHotplug& hotplug, const kernel::Hugetlb& hugetlb,
                             const Context& context) {
  zones(snapshot, mm, context);
  const json& meminfo = snapshot.at("meminfo_kB");
  score_.exact("meminfo/MemTotal", field(meminfo, "MemTotal"),
               bytes_of(mm.mem_total()).value / kKiB);
  if (context.watermarks_known && snapshot.contains("min_free_kbytes"))
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
  free_lists(snapshot, mm, context.quiet_movable);
  pageblocks(snapshot, mm);
  nodes(snapshot, mm, hugetlb);
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
    if (context.watermarks_known) watermarks(z, model, path);
    if (context.reserves_known) reserves(z, model, path);
    free_pages(z, model, path, context.memmap_taken);
  }
}

void SnapshotCheck::watermarks(const json& z, const kernel::Zone& model, const std::string& path) {
  const std::int64_t boost = field(z, "boost");
  score_.exact(path + "min", field(z, "min") - boost, model.watermark.min.value);
  score_.exact(path + "low", field(z, "low") - boost, model.watermark.low.value);
  score_.exact(path + "high", field(z, "high") - boost, model.watermark.high.value);
}

void SnapshotCheck::reserves(const json& z, const kernel::Zone& model, const std::string& path) {
  std::string recorded;
  std::string got;
  const auto protection = z.value("protection", std::vector<std::int64_t>{});
  for (std::size_t i = 0; i < protection.size() && i < model.lowmem_reserve.size(); ++i) {
    recorded += fmt::format("{} ", protection[i]);
    got += fmt::format("{} ", model.lowmem_reserve[i].value);
  }
  score_.exact(path + "protection", recorded, got);
}

// Compared as the change since the previous snapshot: what the rest of the system holds differs
// from run to run.
void SnapshotCheck::free_pages(const json& z, const kernel::Zone& model, const std::string& path,
                               bool memmap_taken) {
  const std::int64_t recorded = field(z, "free") + field(z, "pcp");
  const std::int64_t got = model.free_pages().value;
  const auto [it, first] = last_free_.try_emplace(path, recorded, got);
  if (!first) {
    const std::int64_t expected_change = recorded - it->second.first;
    const std::int64_t got_change = got - it->second.second;
    score_.noise(NoiseKind::free_pages, path + "free", expected_change, got_change, kNoiseBound);
    // Which zone paid for the memmap, to the nearest order-9 block.
    if (memmap_taken) {
      const auto blocks = [](std::int64_t pages) {
        return (pages + (pages < 0 ? -1 : 1) * kernel::kPageblockPages / 2) /
               kernel::kPageblockPages;
      };
      const std::int64_t model_blocks = blocks(-got_change);
      const std::int64_t off = blocks(got_change - expected_change);
      score_.exact(path + "memmap_donated", model_blocks + off, model_blocks);
    }
  }
  it->second = {recorded, got};
}

// Only Movable zones that nobody has used are the kernel's alone; all others count as not compared.
void SnapshotCheck::free_lists(const json& snapshot, const kernel::Mm& mm,
                               const std::vector<bool>& quiet_movable) {
  for (const json& b : snapshot.value("buddy", json::array())) {
    const NodeId node{b.at("node").get<std::int32_t>()};
    const bool quiet = node.index() < quiet_movable.size() && quiet_movable[node.index()];
    if (b.at("zone") != "Movable" || !quiet) {
      score_.unmodelled("buddy/NODE/ZONE of zones in use");
      continue;
    }
    const auto& buddy = mm.zone(node, kernel::ZoneType::movable).buddy;
    const auto recorded = b.at("nr_free").get<std::vector<std::int64_t>>();
    for (std::size_t order = 0; order < recorded.size(); ++order)
      score_.exact(fmt::format("buddy/{}/Movable/{}", node.value, order), recorded[order],
                   buddy.free_blocks(static_cast<int>(order)));
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
    if (!quiet) {
      score_.unmodelled("pagetype/NODE/ZONE of zones that the kernel uses");
      continue;
    }
    const auto count = [&](kernel::MigrateType type) {
      std::int64_t n = 0;
      zone.online.for_each_in(0, std::int64_t{1} << 52, [&](const auto& i) {
        n += zone.buddy.pageblocks_in({Pfn{i.start}, Pfn{i.end}}, type);
      });
      return n;
    };
    const std::string path = fmt::format("pagetype/{}/{}/", node.value, name);
    score_.exact(path + "Unmovable", field(b, "Unmovable"), count(kernel::MigrateType::unmovable));
    score_.exact(path + "Movable", field(b, "Movable"), count(kernel::MigrateType::movable));
    score_.exact(path + "Reclaimable", field(b, "Reclaimable"),
                 count(kernel::MigrateType::reclaimable));
  }
}

void SnapshotCheck::direct_map(const json& snapshot, const kernel::MemoryHotplug& hotplug) {
  const json& meminfo = snapshot.at("meminfo_kB");
  const auto& tables = hotplug.page_tables();
  const std::int64_t more_1g = (tables.direct_map_1g_leaves() - boot_1g_leaves_) * (kGiB / kKiB);
  const std::int64_t more_2m =
      (tables.direct_map_2m_leaves() - boot_2m_leaves_) * (2 * kMiB / kKiB);
  score_.exact("meminfo/DirectMap4k", field(meminfo, "DirectMap4k"),
               field(boot_meminfo_, "DirectMap4k"));
  score_.exact("meminfo/DirectMap2M", field(meminfo, "DirectMap2M"),
               field(boot_meminfo_, "DirectMap2M") + more_2m);
  if (meminfo.contains("DirectMap1G"))
    score_.exact("meminfo/DirectMap1G", field(meminfo, "DirectMap1G"),
                 field(boot_meminfo_, "DirectMap1G") + more_1g);
}

void SnapshotCheck::nodes(const json& snapshot, const kernel::Mm& mm,
                          const kernel::Hugetlb& hugetlb) {
  if (!snapshot.contains("nodes")) return;
  for (const auto& [id, recorded] : snapshot.at("nodes").items()) {
    const NodeId node{std::stoi(id)};
    const std::string path = fmt::format("node/{}/", id);
    if (node.index() >= mm.nodes()) {
      score_.exact(path + "online", 1, 0);
      continue;
    }
    PageCount managed;
    for (const auto& zone : mm.node(node).zones) managed += zone.managed_pages;
    if (recorded.contains("meminfo_kB"))
      score_.exact(path + "MemTotal", field(recorded.at("meminfo_kB"), "MemTotal"),
                   bytes_of(managed).value / kKiB);
    // The kernel lists the distances to nodes that are online.
    std::vector<int> distances;
    for (std::size_t other = 0; other < mm.nodes(); ++other) {
      const NodeId to{static_cast<std::int32_t>(other)};
      if (mm.node(to).online) distances.push_back(mm.distance(node, to));
    }
    if (recorded.contains("distance"))
      score_.exact(path + "distance", recorded.at("distance").dump(), json(distances).dump());
    for (const Bytes size : {Bytes{2 * kMiB}, Bytes{kGiB}}) {
      const std::string name = fmt::format("hugepages-{}kB", size.value / kKiB);
      if (!recorded.contains(name)) continue;
      const std::int64_t at_boot = field(boot_nodes_.value(id, json::object()), name.c_str());
      score_.exact(path + name, field(recorded, name.c_str()),
                   at_boot + hugetlb.nr_hugepages(node, size));
    }
  }
}

/// What a snapshot holds besides, so that nothing is passed by in silence.
void SnapshotCheck::not_compared(const json& snapshot) {
  static const std::set<std::string> compared{
      "zones", "buddy",          "pagetype",      "meminfo_kB",      "vmstat",
      "nodes", "block_size_hex", "memory_blocks", "min_free_kbytes", "mono_ns"};
  for (const auto& [name, value] : snapshot.items())
    if (!compared.contains(name)) score_.unmodelled(name);
  const auto rest = [&](const json& counters, const std::string& what,
                        std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : counters.items())
      if (std::find(known.begin(), known.end(), name) == known.end()) score_.unmodelled(what);
  };
  rest(snapshot.at("meminfo_kB"), "meminfo besides MemTotal and DirectMap",
       {"MemTotal", "DirectMap4k", "DirectMap2M", "DirectMap1G"});
  if (snapshot.contains("vmstat"))
    rest(snapshot.at("vmstat"), "vmstat besides nr_memmap_pages and nr_memmap_boot_pages",
         {"nr_memmap_pages", "nr_memmap_boot_pages"});
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
