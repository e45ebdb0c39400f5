// What a snapshot says of the system as a whole: huge pages, resources, parameters.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "analysis/validation/captures/capture_boot.hpp"
#include "analysis/validation/captures/snapshot_check.hpp"
#include "sim/kernel/placement/common/memmap_parameter.hpp"

namespace mhp::validation {

namespace {

using nlohmann::json;

std::int64_t value_of(const json& hexadecimal) {
  return std::stoll(hexadecimal.get<std::string>(), nullptr, 16);
}

/// memory_hotplug.memmap_on_memory as the kernel shows it.
const char* shown(kernel::MemmapOnMemory mode) {
  switch (mode) {
    case kernel::MemmapOnMemory::off:
      return "N";
    case kernel::MemmapOnMemory::on:
      return "Y";
    case kernel::MemmapOnMemory::force:
      return "force";
  }
  return "";
}

/// sysctl_lowmem_reserve_ratio of mm/page_alloc.c, for the zones that there are.
json lowmem_ratios(const Capture& capture) {
  constexpr std::array<int, kernel::kZoneTypes> kRatio{256, 256, 32, 0, 0};
  json ratios = json::array();
  for (const auto type : zone_types_of(capture))
    ratios.push_back(kRatio[static_cast<std::size_t>(type)]);
  return ratios;
}

}  // namespace

// Pools of each node; /proc/meminfo has the sums, and free pages of the default size.
void SnapshotCheck::huge_pages(const json& snapshot, const kernel::Mm& mm,
                               const kernel::Hugetlb& hugetlb) {
  // Of those that the command line asked for nobody has mapped any.
  const json& boot_nodes = boot_.at("nodes");
  const Bytes usual = capture_.geometry.pmd_size();
  std::int64_t all = 0;
  std::int64_t free = 0;
  Bytes reserved;
  for (const auto& [id, recorded] : snapshot.at("nodes").items()) {
    const NodeId node{std::stoi(id)};
    if (node.index() >= mm.nodes()) continue;
    const std::string path = fmt::format("node/{}/", id);
    for (const Bytes size : {usual, capture_.arch.gigantic_page}) {
      const std::string name = fmt::format("hugepages-{}kB", size.value / kKiB);
      if (!recorded.contains(name)) continue;
      const std::int64_t at_boot = field(boot_nodes.value(id, json::object()), name.c_str());
      const std::int64_t pool = at_boot + hugetlb.nr_hugepages(node, size);
      score_.exact(path + name, field(recorded, name.c_str()), pool);
      reserved += Bytes{pool * size.value};
      if (size != usual) continue;
      all += pool;
      free += at_boot + hugetlb.free_hugepages(node, size);
      const json& meminfo = recorded.at("meminfo_kB");
      score_.exact(path + "HugePages_Total", field(meminfo, "HugePages_Total"), pool);
      score_.exact(path + "HugePages_Free", field(meminfo, "HugePages_Free"),
                   at_boot + hugetlb.free_hugepages(node, size));
    }
  }
  const json& meminfo = snapshot.at("meminfo_kB");
  score_.exact("meminfo/HugePages_Total", field(meminfo, "HugePages_Total"), all);
  score_.exact("meminfo/HugePages_Free", field(meminfo, "HugePages_Free"), free);
  score_.exact("meminfo/HugePages_Rsvd", field(meminfo, "HugePages_Rsvd"), 0);
  score_.exact("meminfo/HugePages_Surp", field(meminfo, "HugePages_Surp"), 0);
  score_.exact("meminfo/Hugepagesize", field(meminfo, "Hugepagesize"), usual.value / kKiB);
  score_.exact("meminfo/Hugetlb", field(meminfo, "Hugetlb"), reserved.value / kKiB);
}

// System RAM of the firmware's map, and each DIMM that the kernel has, as one range.
void SnapshotCheck::resources(const json& snapshot, const Context& context) {
  using Range = std::pair<std::int64_t, std::int64_t>;
  const auto ranges = [](const json& iomem) {
    std::vector<Range> out;
    for (const json& r : iomem)
      if (r.at("what").get<std::string>().starts_with("System RAM"))
        out.emplace_back(value_of(r.at("start")), value_of(r.at("end")));
    return out;
  };
  const auto recorded = ranges(snapshot.at("iomem"));
  auto got = ranges(boot_.at("iomem"));
  for (const PfnRange& d : context.dimms)
    got.emplace_back(capture_.geometry.address_of(d.start).value,
                     capture_.geometry.address_of(d.end).value - 1);
  std::sort(got.begin(), got.end());
  score_.exact("iomem/ranges", static_cast<std::int64_t>(recorded.size()),
               static_cast<std::int64_t>(got.size()));
  const auto text = [](const Range& r) { return fmt::format("{:x}-{:x}", r.first, r.second); };
  for (std::size_t i = 0; i < std::min(recorded.size(), got.size()); ++i)
    score_.exact("iomem", text(recorded[i]), text(got[i]));
}

void SnapshotCheck::parameters(const json& snapshot, const Context& context) {
  score_.exact("auto_online_blocks", snapshot.at("auto_online_blocks").get<std::string>(),
               context.default_state);
  score_.exact("block_size_hex", snapshot.at("block_size_hex").get<std::string>(),
               fmt::format("{:x}", capture_.geometry.bytes_of(context.block).value));
  const json& parameters = snapshot.at("memory_hotplug_params");
  const auto parameter = [&](const char* name, const std::string& got) {
    if (!boot_.at("memory_hotplug_params").contains(name)) return;
    score_.exact(fmt::format("memory_hotplug/{}", name), parameters.at(name).get<std::string>(),
                 got);
  };
  parameter("memmap_on_memory", shown(capture_.memmap_on_memory));
  parameter("online_policy", std::string(word(context.config.online_policy)));
  parameter("auto_movable_ratio", fmt::to_string(context.config.auto_movable_ratio));
  parameter("auto_movable_numa_aware", context.config.auto_movable_numa_aware ? "Y" : "N");
  // Nobody writes it.
  score_.exact("lowmem_reserve_ratio", snapshot.at("lowmem_reserve_ratio").dump(),
               lowmem_ratios(capture_).dump());
  score_.exact("vmstat/oom_kill", field(snapshot.at("vmstat"), "oom_kill"), context.oom_kills);
}

}  // namespace mhp::validation
