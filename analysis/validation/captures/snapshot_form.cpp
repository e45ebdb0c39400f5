#include <fmt/format.h>

#include <algorithm>
#include <regex>
#include <set>

#include "analysis/validation/captures/capture_boot.hpp"
#include "analysis/validation/captures/capture_form.hpp"
#include "analysis/validation/captures/sequence_check.hpp"

namespace mhp::validation {

namespace {

constexpr std::int64_t kMostPages = Field::kMost / kernel::Geometry{}.page_size();
using ZoneKey = std::pair<std::int64_t, std::string>;

ZoneKey key_of(const Field& row, const MachineForm& machine) {
  return {row.at("node").integer(0, machine.nodes - 1), row.at("zone").word(machine.zones)};
}

std::int64_t pages(const Field& zone, const char* name) {
  return zone.at(name).integer(0, kMostPages);
}

void check_zone(const Field& zone, const MachineForm& machine) {
  const std::int64_t spanned = pages(zone, "spanned");
  const std::int64_t present = pages(zone, "present");
  const std::int64_t managed = pages(zone, "managed");
  if (managed > present || present > spanned)
    zone.wrong(fmt::format("managed {}, present {}, spanned {}", managed, present, spanned));
  const std::int64_t low = pages(zone, "low");
  if (pages(zone, "min") > low || low > pages(zone, "high"))
    zone.wrong("the watermarks are out of order");
  pages(zone, "boost");
  // The counters of CPUs lag: the sum may be a little more than there is.
  constexpr std::int64_t kLag = 64;
  if (pages(zone, "free") + pages(zone, "pcp") > managed + kLag)
    zone.wrong(
        fmt::format("{} pages are free of {}", pages(zone, "free") + pages(zone, "pcp"), managed));
  const Field protection = zone.at("protection");
  if (protection.elements().size() != machine.zones.size())
    protection.wrong("there is not one reserve for each type of zone");
  for (const Field& reserve : protection.elements()) reserve.integer(0, kMostPages);
  for (const char* name : {"cma", "promo"})
    if (zone.find(name)) pages(zone, name);
  if (present == 0) return;
  pages(zone, "pcp_batch");
  const std::int64_t start = pages(zone, "start_pfn");
  const std::int64_t end = machine.geometry.bytes_of(PageCount{start + spanned}).value;
  if (end > round_up(machine.end, machine.geometry.section_size().value))
    zone.wrong(fmt::format("it ends at page frame {}, beyond all memory", start + spanned));
}

/// Zones of a snapshot that have memory; every node that is listed has all zones, each once.
std::set<ZoneKey> check_zones(const Field& snapshot, const MachineForm& machine) {
  std::set<ZoneKey> all;
  std::set<ZoneKey> populated;
  for (const Field& zone : snapshot.at("zones").elements()) {
    const ZoneKey key = key_of(zone, machine);
    if (!all.insert(key).second) zone.wrong("the zone is there twice");
    check_zone(zone, machine);
    if (zone.at("present").integer() > 0) populated.insert(key);
  }
  for (const auto& [id, node] : snapshot.at("nodes").members()) {
    constexpr std::size_t kMostDigits = 4;
    if (id.empty() || id.size() > kMostDigits ||
        id.find_first_not_of("0123456789") != std::string::npos || std::stoll(id) >= machine.nodes)
      node.wrong("there is no such node");
    for (const std::string& name : machine.zones)
      if (all.erase({std::stoll(id), name}) == 0)
        snapshot.at("zones").wrong(fmt::format("zone {} of node {} is missing", name, id));
  }
  if (!all.empty())
    snapshot.at("nodes").wrong(fmt::format("node {} is missing", all.begin()->first));
  if (populated.empty()) snapshot.at("zones").wrong("no zone has memory");
  return populated;
}

/// One row for each zone that has memory.
void check_rows(const Field& rows, const std::set<ZoneKey>& populated, const MachineForm& machine) {
  std::set<ZoneKey> seen;
  for (const Field& row : rows.elements()) {
    const ZoneKey key = key_of(row, machine);
    if (!seen.insert(key).second) row.wrong("the zone is there twice");
    if (!populated.contains(key)) row.wrong("the zone has no memory");
  }
  for (const auto& [node, zone] : populated)
    if (!seen.contains({node, zone}))
      rows.wrong(fmt::format("zone {} of node {} is missing", zone, node));
}

std::size_t orders_of(const MachineForm& machine) {
  return static_cast<std::size_t>(machine.geometry.max_order()) + 1;
}

void check_orders(const Field& nr_free, const MachineForm& machine) {
  const auto orders = nr_free.elements();
  if (orders.size() != orders_of(machine))
    nr_free.wrong(fmt::format("{} orders in place of {}", orders.size(), orders_of(machine)));
  for (std::size_t order = 0; order < orders.size(); ++order)
    orders[order].integer(0, kMostPages >> order);
}

void check_types(const Field& row) {
  for (const char* type : {"Unmovable", "Movable", "Reclaimable"})
    row.at(type).integer(0, kMostPages);
}

/// The same members as in the boot snapshot.
void same_members(const Field& object, const Field& boot) {
  for (const auto& [name, value] : boot.members()) object.at(name);
  for (const auto& [name, value] : object.members())
    if (!boot.find(name)) value.wrong("the boot snapshot does not have it");
}

void check_nodes(const Field& nodes, const Field& boot_nodes) {
  const auto members = boot_nodes.members();
  for (const auto& [id, node] : nodes.members()) {
    if (!members.empty()) same_members(node, members.front().second);
    if (node.at("distance").elements().size() != nodes.size())
      node.at("distance").wrong("there is not one distance for each node");
    for (const Field& d : node.at("distance").elements()) d.integer(1, 255);
    for (const auto& [name, value] : node.members())
      if (name.starts_with("hugepages-")) value.integer(0, kMostPages);
    for (const auto& [name, value] : node.at("meminfo_kB").members()) value.integer();
  }
}

void check_blocks(const Field& blocks, const MachineForm& machine) {
  static const std::regex run(
      R"((\d{1,9})-(\d{1,9}) [a-z-]+\|[A-Za-z0-9]+( [A-Za-z0-9]+)*\|(node\d{1,4})?)");
  std::int64_t next = 0;
  for (const Field& text : blocks.elements()) {
    if (!std::regex_match(text.text(), run)) text.wrong("it is not a run of blocks");
    const BlockRun r = parse_block_run(text.text());
    if (r.first < next || r.last < r.first) text.wrong("blocks are out of order");
    if (r.last >= machine.blocks())
      text.wrong(fmt::format("block {} lies beyond all memory", r.last));
    if (!r.node.empty() && std::stoll(r.node.substr(4)) >= machine.nodes)
      text.wrong("there is no such node");
    next = r.last + 1;
  }
}

void check_iomem(const Field& iomem) {
  std::int64_t end = 0;
  for (const Field& range : iomem.elements()) {
    range.at("what").text();
    static const std::regex hexadecimal("[0-9a-f]{1,13}");
    for (const char* name : {"start", "end"})
      if (!std::regex_match(range.at(name).text(), hexadecimal))
        range.at(name).wrong("it is not a hexadecimal number");
    const std::int64_t first = std::stoll(range.at("start").text(), nullptr, 16);
    const std::int64_t last = std::stoll(range.at("end").text(), nullptr, 16);
    if (first < end || last < first) range.wrong("it is out of order");
    end = last + 1;
  }
  if (end == 0) iomem.wrong("there is no System RAM");
}

}  // namespace

void check_snapshot_form(const Field& snapshot, const Field& boot, const MachineForm& machine) {
  const auto populated = check_zones(snapshot, machine);
  check_rows(snapshot.at("buddy"), populated, machine);
  for (const Field& row : snapshot.at("buddy").elements()) check_orders(row.at("nr_free"), machine);
  check_rows(snapshot.at("pagetype").at("blocks"), populated, machine);
  for (const Field& row : snapshot.at("pagetype").at("blocks").elements()) check_types(row);
  check_nodes(snapshot.at("nodes"), boot.at("nodes"));
  check_blocks(snapshot.at("memory_blocks"), machine);
  check_iomem(snapshot.at("iomem"));
  for (const char* name :
       {"MemTotal", "HugePages_Total", "HugePages_Free", "Hugepagesize", "Hugetlb"})
    snapshot.at("meminfo_kB").at(name);
  same_members(snapshot.at("meminfo_kB"), boot.at("meminfo_kB"));
  for (const auto& [name, value] : snapshot.at("meminfo_kB").members()) value.integer();
  for (const auto& [name, value] : snapshot.at("vmstat").members()) value.counter();
  for (const char* name : {"nr_memmap_pages", "nr_memmap_boot_pages"})
    if (boot.at("vmstat").find(name)) snapshot.at("vmstat").at(name).counter();
  snapshot.at("min_free_kbytes").integer();
  for (const Field& ratio : snapshot.at("lowmem_reserve_ratio").elements()) ratio.integer();
  snapshot.at("auto_online_blocks").text();
  for (const char* name :
       {"memmap_on_memory", "online_policy", "auto_movable_ratio", "auto_movable_numa_aware"})
    if (boot.at("memory_hotplug_params").find(name))
      snapshot.at("memory_hotplug_params").at(name).text();
  for (const auto& [name, value] : boot.members()) snapshot.at(name);
}

void check_sequence_snapshot_form(const Field& snapshot, const MachineForm& machine) {
  std::set<ZoneKey> populated;
  for (const Field& zone : snapshot.at("zones").elements()) {
    const ZoneKey key = key_of(zone, machine);
    if (!populated.insert(key).second) zone.wrong("the zone is there twice");
    for (const char* name :
         {"start_pfn", "spanned", "present", "managed", "min", "low", "high", "free", "pcp"})
      pages(zone, name);
    const auto cpus = zone.at("cpus").elements();
    if (static_cast<std::int64_t>(cpus.size()) != machine.cpus)
      zone.at("cpus").wrong(fmt::format("{} CPUs in place of {}", cpus.size(), machine.cpus));
    for (std::size_t c = 0; c < cpus.size(); ++c) {
      const auto number = static_cast<std::int64_t>(c);
      cpus[c].at("cpu").integer(number, number);
      for (const char* name : {"count", "high", "batch"}) pages(cpus[c], name);
    }
  }
  check_rows(snapshot.at("buddy"), populated, machine);
  for (const Field& row : snapshot.at("buddy").elements()) check_orders(row.at("nr_free"), machine);
  const Field pagetype = snapshot.at("pagetype");
  check_rows(pagetype.at("blocks"), populated, machine);
  for (const Field& row : pagetype.at("blocks").elements()) check_types(row);
  for (const Field& row : pagetype.at("free").elements()) {
    if (!populated.contains(key_of(row, machine))) row.wrong("the zone has no memory");
    row.at("type").text();
    const auto orders = row.at("nr_free").elements();
    if (orders.size() != orders_of(machine))
      row.at("nr_free").wrong(fmt::format("there are {} orders", orders_of(machine)));
    for (const Field& n : orders)
      if (!(n.json().is_string() && n.text() == kManyFreeBlocks)) n.integer(0, kMostPages);
  }
  if (const auto huge = snapshot.find("huge2M"))
    for (const auto& [name, value] : huge->members()) value.integer(0, kMostPages);
}

}  // namespace mhp::validation
