#include "analysis/validation/snapshot_check.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "analysis/validation/capture_boot.hpp"

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

SnapshotCheck::SnapshotCheck(CaptureReport& report, const json& boot,
                             const kernel::MemoryHotplug& hotplug)
    : report_(report),
      boot_meminfo_(boot.at("meminfo_kB")),
      boot_1g_leaves_(hotplug.page_tables().direct_map_1g_leaves()),
      boot_2m_leaves_(hotplug.page_tables().direct_map_2m_leaves()) {}

void SnapshotCheck::miss(CheckClass c, const std::string& quantity, std::string expected,
                         std::string got) {
  report_.mismatches.push_back(
      {report_.name, step_, label_, c, quantity, std::move(expected), std::move(got)});
}

void SnapshotCheck::exact(const std::string& quantity, std::int64_t expected, std::int64_t got) {
  ++report_.exact.checks;
  if (expected == got)
    ++report_.exact.passed;
  else
    miss(CheckClass::exact, quantity, fmt::to_string(expected), fmt::to_string(got));
}

void SnapshotCheck::exact(const std::string& quantity, const std::string& expected,
                          const std::string& got) {
  ++report_.exact.checks;
  if (expected == got)
    ++report_.exact.passed;
  else
    miss(CheckClass::exact, quantity, expected, got);
}

void SnapshotCheck::snapshot(const json& snapshot, const kernel::Mm& mm,
                             const kernel::MemoryHotplug& hotplug, bool watermarks_known,
                             bool just_onlined) {
  zones(snapshot, mm, watermarks_known);
  const json& meminfo = snapshot.at("meminfo_kB");
  exact("meminfo/MemTotal", field(meminfo, "MemTotal"), bytes_of(mm.mem_total()).value / kKiB);
  if (watermarks_known && snapshot.contains("min_free_kbytes"))
    exact("min_free_kbytes", field(snapshot, "min_free_kbytes"), mm.min_free_kbytes());
  const json vmstat = snapshot.value("vmstat", json::object());
  if (vmstat.contains("nr_memmap_pages"))
    exact("vmstat/nr_memmap_pages", field(vmstat, "nr_memmap_pages"), hotplug.nr_memmap_pages());
  direct_map(snapshot, hotplug);
  blocks(snapshot, hotplug);
  free_lists(snapshot, mm, just_onlined);
  pageblocks(snapshot, mm);
}

void SnapshotCheck::zones(const json& snapshot, const kernel::Mm& mm, bool watermarks_known) {
  for (const json& z : snapshot.at("zones")) {
    const NodeId node{z.at("node").get<std::int32_t>()};
    const std::string name = z.at("zone");
    const kernel::Zone& model = mm.zone(node, zone_type(name));
    const std::string path = fmt::format("zone/{}/{}/", node.value, name);
    if (model.present_pages.value > 0 || field(z, "present") > 0)
      exact(path + "start_pfn", field(z, "start_pfn"), model.zone_start_pfn.value);
    exact(path + "spanned", field(z, "spanned"), model.spanned_pages.value);
    exact(path + "present", field(z, "present"), model.present_pages.value);
    exact(path + "managed", field(z, "managed"), model.managed_pages.value);
    if (watermarks_known) watermarks(z, model, path);
    free_pages(z, model, path);
  }
}

void SnapshotCheck::watermarks(const json& z, const kernel::Zone& model, const std::string& path) {
  const std::int64_t boost = field(z, "boost");
  exact(path + "min", field(z, "min") - boost, model.watermark.min.value);
  exact(path + "low", field(z, "low") - boost, model.watermark.low.value);
  exact(path + "high", field(z, "high") - boost, model.watermark.high.value);
  std::string recorded;
  std::string got;
  const auto protection = z.value("protection", std::vector<std::int64_t>{});
  for (std::size_t i = 0; i < protection.size() && i < model.lowmem_reserve.size(); ++i) {
    recorded += fmt::format("{} ", protection[i]);
    got += fmt::format("{} ", model.lowmem_reserve[i].value);
  }
  exact(path + "protection", recorded, got);
}

// Compared as the change since the previous snapshot: what the rest of the system holds differs
// from run to run.
void SnapshotCheck::free_pages(const json& z, const kernel::Zone& model, const std::string& path) {
  const std::int64_t recorded = field(z, "free") + field(z, "pcp");
  const std::int64_t got = model.free_pages().value;
  const auto [it, first] = last_free_.try_emplace(path, recorded, got);
  if (!first) {
    const std::int64_t expected_change = recorded - it->second.first;
    const std::int64_t got_change = got - it->second.second;
    const std::int64_t deviation = std::abs(expected_change - got_change);
    ++report_.noise.checks;
    report_.noise.worst = std::max(report_.noise.worst, deviation);
    if (deviation <= kNoiseBound)
      ++report_.noise.passed;
    else
      miss(CheckClass::noise, path + "free", fmt::format("{:+}", expected_change),
           fmt::format("{:+}", got_change));
  }
  it->second = {recorded, got};
}

// Only Movable zones that nobody has used are the kernel's alone; all others count as not compared.
void SnapshotCheck::free_lists(const json& snapshot, const kernel::Mm& mm, bool just_onlined) {
  for (const json& b : snapshot.value("buddy", json::array())) {
    if (b.at("zone") != "Movable" || !just_onlined) {
      unmodelled("buddy/NODE/ZONE in use");
      continue;
    }
    const NodeId node{b.at("node").get<std::int32_t>()};
    const auto& buddy = mm.zone(node, kernel::ZoneType::movable).buddy;
    const auto recorded = b.at("nr_free").get<std::vector<std::int64_t>>();
    for (std::size_t order = 0; order < recorded.size(); ++order)
      exact(fmt::format("buddy/{}/Movable/{}", node.value, order), recorded[order],
            buddy.free_blocks(static_cast<int>(order)));
  }
}

void SnapshotCheck::pageblocks(const json& snapshot, const kernel::Mm& mm) {
  for (const json& b : snapshot.value("pagetype", json::object()).value("blocks", json::array())) {
    if (b.at("zone") != "Movable") {
      unmodelled("pagetype/NODE/ZONE in use");
      continue;
    }
    const NodeId node{b.at("node").get<std::int32_t>()};
    const auto& zone = mm.zone(node, kernel::ZoneType::movable);
    std::int64_t unmovable = 0;
    zone.online.for_each_in(0, std::int64_t{1} << 52, [&](const auto& i) {
      unmovable +=
          zone.buddy.pageblocks_in({Pfn{i.start}, Pfn{i.end}}, kernel::MigrateType::unmovable);
    });
    const std::string path = fmt::format("pagetype/{}/Movable/", node.value);
    exact(path + "Unmovable", field(b, "Unmovable"), unmovable);
    exact(path + "Movable", field(b, "Movable"),
          zone.online.total() / kernel::kPageblockPages - unmovable);
  }
}

void SnapshotCheck::direct_map(const json& snapshot, const kernel::MemoryHotplug& hotplug) {
  const json& meminfo = snapshot.at("meminfo_kB");
  const auto& tables = hotplug.page_tables();
  const std::int64_t more_1g = (tables.direct_map_1g_leaves() - boot_1g_leaves_) * (kGiB / kKiB);
  const std::int64_t more_2m =
      (tables.direct_map_2m_leaves() - boot_2m_leaves_) * (2 * kMiB / kKiB);
  exact("meminfo/DirectMap4k", field(meminfo, "DirectMap4k"), field(boot_meminfo_, "DirectMap4k"));
  exact("meminfo/DirectMap2M", field(meminfo, "DirectMap2M"),
        field(boot_meminfo_, "DirectMap2M") + more_2m);
  if (meminfo.contains("DirectMap1G"))
    exact("meminfo/DirectMap1G", field(meminfo, "DirectMap1G"),
          field(boot_meminfo_, "DirectMap1G") + more_1g);
}

void SnapshotCheck::huge_pages(const json& snapshot, const kernel::Hugetlb& hugetlb) {
  if (!snapshot.contains("nodes")) return;
  for (const auto& [id, node] : snapshot.at("nodes").items()) {
    for (const Bytes size : {Bytes{2 * kMiB}, Bytes{kGiB}}) {
      const std::string name = fmt::format("hugepages-{}kB", size.value / kKiB);
      if (node.contains(name))
        exact(fmt::format("node/{}/{}", id, name), node.at(name).get<std::int64_t>(),
              hugetlb.nr_hugepages(NodeId{std::stoi(id)}, size));
    }
  }
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
      exact(path + "state", run.state, state);
      if (!model.present()) continue;
      exact(path + "valid_zones", run.zones, zone_names(hotplug.valid_zones(id)));
      if (!run.node.empty())
        exact(path + "node", run.node, fmt::format("node{}", model.node.value));
    }
  }
  std::int64_t known = 0;
  for (const auto& b : hotplug.blocks()) known += b.present() ? 1 : 0;
  exact("blocks", recorded, known);
}

}  // namespace mhp::validation
