#include <fmt/format.h>

#include <charconv>
#include <map>
#include <optional>

#include "sim/core/product.hpp"
#include "sim/kernel/arch/architecture.hpp"
#include "sim/report/address_map.hpp"
#include "sim/report/group_view.hpp"
#include "sim/report/run_parts.hpp"
#include "sim/run/explain/resting.hpp"

namespace mhp::report {

namespace {

/// A parameter that is a whole number.
std::optional<std::int64_t> number(const run::Constants& used, const std::string& path) {
  const ParamValue* p = used.find(path);
  if (p == nullptr) return std::nullopt;
  std::int64_t n = 0;
  const char* end = p->value.data() + p->value.size();
  const auto [stop, error] = std::from_chars(p->value.data(), end, n);
  return error == std::errc{} && stop == end ? std::optional(n) : std::nullopt;
}

ordered_json parameter_json(const run::Constants& used, const std::string& path) {
  const auto n = number(used, path);
  return n ? ordered_json(*n) : ordered_json(nullptr);
}

}  // namespace

std::int64_t page_bytes(const RunInput& run) {
  if (run.content)
    if (const auto stated = number_attribute(*run.content, "page_size"); stated > 0) return stated;
  return number(run::Constants(run.run.used), "kernel.architecture.page_size")
      .value_or(kernel::Architecture{}.page_size.value);
}

ordered_json topology_of(const RunInput& run) {
  const run::Constants used(run.run.used);
  if (!number(used, "machine.node.0.memory")) return nullptr;
  std::map<std::int64_t, std::int64_t> added;  // pages
  for (const Stretch& s : address_map(*run.content, SIZE_MAX))
    if (s.kind == "hot_added") added[s.node] += s.pages;
  const std::int64_t page = page_bytes(run);
  ordered_json nodes = ordered_json::array();
  for (std::int64_t n = 0; number(used, fmt::format("machine.node.{}.memory", n)); ++n) {
    const auto of = [&](const char* what) {
      return parameter_json(used, fmt::format("machine.node.{}.{}", n, what));
    };
    nodes.push_back({{"node", n},
                     {"cpus", of("cpus")},
                     {"boot_bytes", of("memory")},
                     {"added_bytes", product_up_to(added[n], page)},
                     {"latency", of("latency")},
                     {"bandwidth", of("bandwidth")}});
  }
  ordered_json links = ordered_json::array();
  for (std::int64_t l = 0; number(used, fmt::format("machine.link.{}.from", l)); ++l) {
    const auto of = [&](const char* what) {
      return parameter_json(used, fmt::format("machine.link.{}.{}", l, what));
    };
    links.push_back({{"from", of("from")},
                     {"to", of("to")},
                     {"latency", of("latency")},
                     {"bandwidth", of("bandwidth")}});
  }
  return {{"nodes", std::move(nodes)}, {"links", std::move(links)}};
}

ordered_json map_of(const RunInput& run, std::size_t most) {
  const auto stretches = address_map(*run.content, most);
  if (stretches.empty()) return nullptr;
  ordered_json runs = ordered_json::array();
  for (const Stretch& s : stretches) {
    ordered_json entry{{"start_pfn", s.start_pfn},
                       {"pages", s.pages},
                       {"node", s.node},
                       {"kind", s.kind},
                       {"state", s.state}};
    if (!s.zone.empty()) entry["zone"] = s.zone;
    if (s.block >= 0) entry["block"] = s.block;
    entry["count"] = s.count;
    entry["memmap_pages"] = s.memmap_pages;
    if (s.memmap_pfn >= 0) entry["memmap_pfn"] = s.memmap_pfn;
    entry["memmap_node"] = s.memmap_node;
    entry["memmap_zone"] = s.memmap_zone;
    if (!s.memmap_owner.empty()) entry["memmap_owner"] = s.memmap_owner;
    entry["head_pages"] = s.head_pages;
    if (!s.placement.empty()) entry["placement"] = s.placement;
    if (s.online_first >= 0) entry["online_at"] = {s.online_first, s.online_last};
    if (s.mixed) entry["mixed"] = true;
    runs.push_back(std::move(entry));
  }
  ordered_json out{{"page_bytes", page_bytes(run)}};
  const run::Constants used(run.run.used);
  out["section_bytes"] = number(used, "kernel.architecture.section_size")
                             .value_or(kernel::Architecture{}.section_size.value);
  const auto block = GroupView(*run.content, "memmap").ints("pages", {"block"});
  if (block && !block->empty()) out["block_pages"] = block->front();
  out["runs"] = std::move(runs);
  return out;
}

}  // namespace mhp::report
