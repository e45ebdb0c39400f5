// What the boot snapshot says of zones, and what the kernel log of the boot and the model say.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analysis/validation/captures/capture_boot.hpp"
#include "analysis/validation/captures/snapshot_check.hpp"

namespace mhp::validation {

namespace {

using nlohmann::json;

/// System RAM of the boot snapshot, in whole pages.
std::vector<PfnRange> boot_memory(const json& boot, const kernel::Geometry& geometry) {
  std::vector<PfnRange> ranges;
  for (const json& r : boot.at("iomem")) {
    const auto address = [&](const char* name) {
      return std::stoll(r.at(name).get<std::string>(), nullptr, 16);
    };
    ranges.push_back({geometry.pfn_of(Bytes{address("start") + geometry.page_size() - 1}),
                      geometry.pfn_of(Bytes{address("end") + 1})});
  }
  return ranges;
}

}  // namespace

// A zone spans what its node spans within its limits, holes included (zone_spanned_pages_in_node).
// Where part of boot memory is Movable, the border is not in the log.
void SnapshotCheck::boot_zones() {
  auto nodes = node_ranges(capture_);
  if (nodes.empty() && capture_.possible_nodes() == 1)
    nodes[0] = boot_memory(boot_, capture_.geometry);
  if (nodes.empty()) return;
  for (const json& z : boot_.at("zones"))
    if (z.at("zone") == "Movable" && field(z, "present") > 0) return;
  for (const json& z : boot_.at("zones")) {
    const auto id = z.at("node").get<std::int32_t>();
    const std::string name = z.at("zone");
    const auto node = nodes.find(id);
    const PfnRange limits = kernel::zone_limits(zone_type(name), capture_.arch);
    PageCount present;
    if (node != nodes.end())
      for (const PfnRange& r : node->second) {
        const PfnRange part{std::max(r.start, limits.start), std::min(r.end, limits.end)};
        if (!part.empty()) present += part.pages();
      }
    const std::string path = fmt::format("zone/{}/{}/boot/", id, name);
    score_.exact(path + "present", field(z, "present"), present.value);
    if (present.value == 0) continue;
    const Pfn start = std::max(node->second.front().start, limits.start);
    const Pfn end = std::min(node->second.back().end, limits.end);
    score_.exact(path + "start_pfn", field(z, "start_pfn"), start.value);
    score_.exact(path + "spanned", field(z, "spanned"), (end - start).value);
  }
}

// Every block in which there is memory is there, and no other.
void SnapshotCheck::boot_blocks(PageCount block) {
  std::set<std::int64_t> wanted;
  std::set<std::int64_t> recorded;
  for (const PfnRange& r : boot_memory_of(capture_))
    for (std::int64_t b = r.start.value / block.value; b <= (r.end.value - 1) / block.value; ++b)
      wanted.insert(b);
  for (const json& text : boot_.at("memory_blocks")) {
    const BlockRun run = parse_block_run(text);
    for (std::int64_t b = run.first; b <= run.last; ++b) recorded.insert(b);
  }
  score_.exact("blocks/boot", json(recorded).dump(), json(wanted).dump());
}

// What the boot snapshot says of watermarks and reserves was computed before the last pages were
// freed: it is taken over, and must lie between what follows without and with them.
void SnapshotCheck::at_boot(const kernel::Mm& before, const kernel::Mm& now, PageCount block) {
  boot_zones();
  boot_blocks(block);
  const auto between = [this](const std::string& what, std::int64_t recorded, std::int64_t a,
                              std::int64_t b) {
    score_.noise(NoiseKind::boot, what, recorded,
                 std::clamp(recorded, std::min(a, b), std::max(a, b)), kBootBound);
  };
  between("min_free_kbytes", field(boot_, "min_free_kbytes"), before.min_free_kbytes(),
          now.min_free_kbytes());
  for (const json& z : boot_.at("zones")) {
    const NodeId node{z.at("node").get<std::int32_t>()};
    const std::string name = z.at("zone");
    const kernel::Zone& early = before.zone(node, zone_type(name));
    const kernel::Zone& model = now.zone(node, zone_type(name));
    const std::string path = fmt::format("zone/{}/{}/", node.value, name);
    const std::int64_t boost = field(z, "boost");
    const auto near = [&](const std::string& what, std::int64_t recorded, PageCount a,
                          PageCount b) { between(path + what, recorded, a.value, b.value); };
    if (model.present_pages.value > 0) {
      const auto [least, most] = std::minmax(early.pcp_limits.batch, model.pcp_limits.batch);
      const std::int64_t batch = field(z, "pcp_batch");
      score_.exact(path + "boot/pcp_batch", batch, std::clamp(batch, least, most));
    }
    near("min", field(z, "min") - boost, early.watermark.min, model.watermark.min);
    near("low", field(z, "low") - boost, early.watermark.low, model.watermark.low);
    near("high", field(z, "high") - boost, early.watermark.high, model.watermark.high);
    const auto types = zone_types_of(capture_);
    for (std::size_t i = 0; i < types.size(); ++i) {
      const auto type = static_cast<std::size_t>(types[i]);
      near(fmt::format("protection/{}", i), z.at("protection").at(i).get<std::int64_t>(),
           early.lowmem_reserve[type], model.lowmem_reserve[type]);
    }
  }
}

}  // namespace mhp::validation
