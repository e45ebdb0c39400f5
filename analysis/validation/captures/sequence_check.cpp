#include "analysis/validation/captures/sequence_check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/validation/captures/capture_boot.hpp"
#include "analysis/validation/captures/field.hpp"
#include "sim/kernel/arch/x86_64.hpp"

namespace mhp::validation {

namespace {

using kernel::MigrateType;
using kernel::Zone;
using nlohmann::json;

constexpr const char* kTypeNames[kernel::kPcpTypes] = {"Unmovable", "Movable", "Reclaimable"};
/// Pages by which the zone's counter of free pages lags for each CPU: its largest stat_threshold.
constexpr std::int64_t kCounterLag = 125;

const Zone& zone_named(const kernel::Mm& mm, const json& entry) {
  return mm.zone(NodeId{entry.at("node").get<std::int32_t>()}, zone_type(entry.at("zone")));
}

std::string path_of(const char* what, const json& entry) {
  return fmt::format("{}/{}/{}/", what, entry.at("node").get<int>(),
                     entry.at("zone").get<std::string>());
}

void check_cpus(Score& score, const json& z, const Zone& model, const std::string& path) {
  for (const json& recorded : z.at("cpus")) {
    const CpuId cpu{recorded.at("cpu").get<std::int32_t>()};
    const auto lists = std::find_if(model.pcps.begin(), model.pcps.end(),
                                    [&](const auto& l) { return l.cpu() == cpu; });
    const kernel::PerCpuPages unused(cpu);
    const auto& pcp = lists == model.pcps.end() ? unused : *lists;
    const std::string at = fmt::format("{}cpu{}/", path, cpu.value);
    score.exact(at + "count", field(recorded, "count"), pcp.count().value);
    score.exact(at + "high", field(recorded, "high"),
                pcp.high(model.pcp_limits, model.buddy.profile()).value);
    score.exact(at + "batch", field(recorded, "batch"), model.pcp_limits.batch);
  }
}

void check_zone(Score& score, const json& z, const Zone& model) {
  const std::string path = path_of("zone", z);
  score.exact(path + "start_pfn", field(z, "start_pfn"), model.zone_start_pfn.value);
  score.exact(path + "spanned", field(z, "spanned"), model.spanned_pages.value);
  score.exact(path + "present", field(z, "present"), model.present_pages.value);
  score.exact(path + "managed", field(z, "managed"), model.managed_pages.value);
  score.exact(path + "min", field(z, "min"), model.watermark.min.value);
  score.exact(path + "low", field(z, "low"), model.watermark.low.value);
  score.exact(path + "high", field(z, "high"), model.watermark.high.value);
  score.exact(path + "pcp", field(z, "pcp"), model.pcp_pages().value);
  score.noise(NoiseKind::free_pages, path + "free", field(z, "free"),
              model.buddy.free_pages().value,
              kCounterLag * static_cast<std::int64_t>(z.at("cpus").size()));
  check_cpus(score, z, model, path);
}

void check_blocks(Score& score, const json& b, const Zone& zone) {
  for (int t = 0; t < kernel::kPcpTypes; ++t) {
    std::int64_t n = 0;
    zone.online.for_each_in(0, std::int64_t{1} << 52, [&](const auto& i) {
      n += zone.buddy.pageblocks_in({Pfn{i.start}, Pfn{i.end}}, static_cast<MigrateType>(t));
    });
    score.exact(path_of("pagetype", b) + kTypeNames[t], field(b, kTypeNames[t]), n);
  }
}

void check_free_blocks(Score& score, const std::string& path, const json& recorded,
                       std::int64_t got) {
  if (recorded.is_number_integer())
    score.exact(path, recorded.get<std::int64_t>(), got);
  else
    score.exact(path, recorded.get<std::string>(),
                got >= kMostFreeBlocksCounted ? kManyFreeBlocks : fmt::to_string(got));
}

/// Types without a free page are left out of the snapshot.
void check_free_by_type(Score& score, const json& pagetype, const json& b, const Zone& zone) {
  for (int t = 0; t < kernel::kPcpTypes; ++t) {
    json recorded = std::vector<std::int64_t>(kernel::kMaxOrder + 1, 0);
    for (const json& f : pagetype.at("free"))
      if (f.at("node") == b.at("node") && f.at("zone") == b.at("zone") &&
          f.at("type") == kTypeNames[t])
        recorded = f.at("nr_free");
    for (int order = 0; order <= kernel::kMaxOrder; ++order)
      check_free_blocks(score, fmt::format("{}{}/{}", path_of("pagetype", b), kTypeNames[t], order),
                        recorded.at(static_cast<std::size_t>(order)),
                        zone.buddy.free_blocks(order, static_cast<MigrateType>(t)));
  }
}

/// A node without huge pages is left out of the snapshot.
void check_huge_pages(Score& score, const json& snapshot, const kernel::Mm& mm,
                      const kernel::Hugetlb& hugetlb) {
  const json recorded = snapshot.value("huge2M", json::object());
  const Bytes size{2 * kMiB};
  for (std::size_t n = 1; n < mm.nodes(); ++n) {
    const NodeId node{static_cast<std::int32_t>(n)};
    const std::string name = fmt::format("node{}.", n);
    score.exact("huge2M/" + name + "nr_hugepages", field(recorded, (name + "nr_hugepages").c_str()),
                hugetlb.nr_hugepages(node, size));
    score.exact("huge2M/" + name + "free_hugepages",
                field(recorded, (name + "free_hugepages").c_str()),
                hugetlb.free_hugepages(node, size));
  }
}

}  // namespace

void check_sequence_snapshot(Score& score, const json& snapshot, const kernel::Mm& mm,
                             const kernel::Hugetlb& hugetlb) {
  for (const json& z : snapshot.at("zones")) check_zone(score, z, zone_named(mm, z));
  for (const json& b : snapshot.at("buddy")) {
    const auto recorded = b.at("nr_free").get<std::vector<std::int64_t>>();
    for (std::size_t order = 0; order < recorded.size(); ++order)
      score.exact(fmt::format("{}{}", path_of("buddy", b), order), recorded[order],
                  zone_named(mm, b).buddy.free_blocks(static_cast<int>(order)));
  }
  const json& pagetype = snapshot.at("pagetype");
  for (const json& b : pagetype.at("blocks")) {
    check_blocks(score, b, zone_named(mm, b));
    check_free_by_type(score, pagetype, b, zone_named(mm, b));
  }
  check_huge_pages(score, snapshot, mm, hugetlb);
}

}  // namespace mhp::validation
