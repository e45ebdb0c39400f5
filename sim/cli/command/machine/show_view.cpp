#include <fmt/format.h>

#include <algorithm>

#include "sim/cli/command/machine/machine.hpp"
#include "sim/core/units.hpp"
#include "sim/observed/unsaid.hpp"

namespace mhp::cli {

namespace {

using nlohmann::ordered_json;
using observed::Node;
using observed::Observed;
using observed::Said;
using observed::Zone;

template <class T>
void put(ordered_json& j, const char* name, const Said<T>& said) {
  if (!said) return;
  if constexpr (requires { said->value; })
    j[name] = said->value;
  else
    j[name] = *said;
}
void put(ordered_json& j, const char* name, const std::string& text) {
  if (!text.empty()) j[name] = text;
}

ordered_json node_json(const Node& n) {
  ordered_json j;
  j["node"] = n.id.value;
  put(j, "online", n.online);
  if (!n.cpus.empty()) j["cpus"] = in_runs(n.cpus);
  put(j, "cpu_count", n.cpu_count);
  put(j, "memory", n.memory);
  put(j, "free", n.free);
  for (const auto& [to, distance] : n.distance) j["distance"][fmt::to_string(to.value)] = distance;
  for (const PfnRange& r : n.ranges) j["ranges"].push_back({r.start.value, r.end.value});
  put(j, "memory_tier", n.memory_tier);
  put(j, "read_latency_ns", n.read_latency_ns);
  put(j, "write_latency_ns", n.write_latency_ns);
  put(j, "read_bandwidth_mbs", n.read_bandwidth_mbs);
  put(j, "write_bandwidth_mbs", n.write_bandwidth_mbs);
  for (const NodeId i : n.initiators) j["initiators"].push_back(i.value);
  return j;
}

ordered_json zone_json(const Zone& z) {
  ordered_json j;
  j["node"] = z.node.value;
  j["zone"] = kernel::zone_name(z.type);
  put(j, "start_pfn", z.start_pfn);
  put(j, "spanned", z.spanned);
  put(j, "present", z.present);
  put(j, "managed", z.managed);
  put(j, "cma", z.cma);
  put(j, "free", z.free);
  put(j, "boost", z.boost);
  put(j, "min", z.min);
  put(j, "low", z.low);
  put(j, "high", z.high);
  for (const PageCount p : z.protection) j["protection"].push_back(p.value);
  put(j, "free_pcp", z.free_pcp);
  if (!z.pagesets.empty()) {
    std::int64_t count = 0;
    for (const auto& list : z.pagesets) count += list.count;
    j["pagesets"] = {{"cpus", z.pagesets.size()}, {"count", count}};
  }
  put(j, "free_blocks", z.free_blocks);
  for (const auto& [type, blocks] : z.free_blocks_of)
    j["free_blocks_of"][std::string(observed::kFreeTypes.at(static_cast<std::size_t>(type)))] =
        blocks;
  for (const auto& [type, n] : z.pageblocks)
    j["pageblocks"][std::string(observed::kFreeTypes.at(static_cast<std::size_t>(type)))] = n;
  return j;
}

ordered_json processors_json(const observed::Processors& p) {
  ordered_json j = ordered_json::object();
  put(j, "count", p.count);
  put(j, "vendor", p.vendor);
  put(j, "model", p.model);
  put(j, "sockets", p.sockets);
  put(j, "cores_per_socket", p.cores_per_socket);
  put(j, "threads_per_core", p.threads_per_core);
  put(j, "physical_address_bits", p.physical_address_bits);
  return j;
}

ordered_json blocks_json(const Observed& m) {
  ordered_json j = ordered_json::object();
  put(j, "size", m.block_size);
  for (const auto& b : m.blocks) {
    ordered_json run;
    run["first"] = b.first;
    run["last"] = b.last;
    put(run, "state", b.state);
    put(run, "zones", b.valid_zones);
    put(run, "node", b.node);
    put(run, "removable", b.removable);
    j["runs"].push_back(run);
  }
  return j;
}

ordered_json remarks_json(const std::vector<observed::Remark>& remarks, const char* second) {
  ordered_json j = ordered_json::array();
  for (const auto& r : remarks) j.push_back({{"what", r.what}, {second, r.where}});
  return j;
}

std::string size_text(const Said<Bytes>& said) {
  if (!said) return "?";
  const double gib = static_cast<double>(said->value) / static_cast<double>(kGiB);
  return fmt::format("{:.1f} GiB", gib);
}

/// What a node has: as it says, or what its zones have.
Said<Bytes> memory_of(const Observed& m, const Node& n) {
  if (n.memory) return n.memory;
  Said<Bytes> sum;
  for (const Zone& z : m.zones)
    if (z.node == n.id && z.managed)
      sum = sum.value_or(Bytes{}) +
            Bytes{z.managed->value * m.page_size.value_or(Bytes{4 * kKiB}).value};
  return sum;
}

std::string pages_text(const Said<PageCount>& said) {
  return said ? fmt::to_string(said->value) : "?";
}

std::string cpus_text(const Node& n) {
  if (!n.cpus.empty()) return in_runs(n.cpus);
  if (!n.cpu_count) return "?";
  return *n.cpu_count == 0 ? "none" : fmt::format("{} of them", *n.cpu_count);
}

/// The largest order of which a zone has a free block.
std::string largest_text(const Zone& z) {
  if (!z.free_blocks) return "?";
  for (std::size_t o = z.free_blocks->size(); o-- > 0;)
    if ((*z.free_blocks)[o] > 0) return fmt::format("order {}", o);
  return "none";
}

std::string distances_text(const Node& n) {
  std::string out;
  for (const auto& [to, distance] : n.distance) out += fmt::format(" {}:{}", to.value, distance);
  return out.empty() ? " ?" : out;
}

}  // namespace

std::string in_runs(const std::vector<std::int64_t>& numbers) {
  std::string out;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t end = i + 1;
    while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) ++end;
    if (!out.empty()) out += ',';
    out += fmt::to_string(numbers[i]);
    if (end > i + 1) out += fmt::format("-{}", numbers[end - 1]);
    i = end;
  }
  return out;
}

ordered_json machine_json(const Observed& m) {
  ordered_json j;
  put(j, "architecture", m.architecture);
  put(j, "page_size", m.page_size);
  put(j, "kernel_release", m.kernel_release);
  j["processors"] = processors_json(m.processors);
  j["nodes"] = ordered_json::array();
  for (const Node& n : m.nodes) j["nodes"].push_back(node_json(n));
  j["zones"] = ordered_json::array();
  for (const Zone& z : m.zones) j["zones"].push_back(zone_json(z));
  j["memory_blocks"] = blocks_json(m);
  for (const PfnRange& r : m.system_ram) j["system_ram"].push_back({r.start.value, r.end.value});
  for (const auto& pool : m.huge_pages) {
    ordered_json p;
    put(p, "node", pool.node);
    p["size"] = pool.size.value;
    p["total"] = pool.total;
    put(p, "free", pool.free);
    j["huge_pages"].push_back(p);
  }
  for (const auto& swap : m.swaps) {
    ordered_json s{{"kind", swap.kind}, {"size", swap.size.value}};
    put(s, "used", swap.used);
    j["swaps"].push_back(s);
  }
  j["found"] = remarks_json(m.found, "where");
  j["assumed"] = remarks_json(observed::unsaid(m), "instead");
  return j;
}

std::string machine_table(const Observed& m) {
  std::string out;
  const auto line = [&](std::string text) { out += std::move(text) + "\n"; };
  if (!m.kernel_release.empty() || !m.architecture.empty())
    line(fmt::format("Linux {}, {}", m.kernel_release.empty() ? "?" : m.kernel_release,
                     m.architecture.empty() ? "?" : m.architecture));
  if (!m.processors.model.empty()) line(m.processors.model);
  line(fmt::format("{:<6}{:>12}{:>12}  {:<28}distances", "node", "memory", "free", "CPUs"));
  for (const Node& n : m.nodes)
    line(fmt::format("{:<6}{:>12}{:>12}  {:<28}{}", n.id.value, size_text(memory_of(m, n)),
                     size_text(n.free), cpus_text(n), distances_text(n).substr(1)));
  if (!m.zones.empty()) {
    line("\nzones, in pages");
    line(fmt::format("{:<6}{:<9}{:>12}{:>12}{:>11}{:>9}{:>9}{:>9}  {}", "node", "zone", "present",
                     "managed", "free", "min", "low", "high", "largest free block"));
    for (const Zone& z : m.zones)
      if (z.present != PageCount{0})
        line(fmt::format("{:<6}{:<9}{:>12}{:>12}{:>11}{:>9}{:>9}{:>9}  {}", z.node.value,
                         kernel::zone_name(z.type), pages_text(z.present), pages_text(z.managed),
                         pages_text(z.free), pages_text(z.min), pages_text(z.low),
                         pages_text(z.high), largest_text(z)));
  }
  if (m.block_size) {
    line("");
    line(fmt::format("memory blocks of {}", format_bytes(*m.block_size)));
    for (const auto& b : m.blocks)
      line(fmt::format("  {}-{}  {}{}{}", b.first, b.last, b.state,
                       b.node ? fmt::format(", node {}", b.node->value) : std::string(),
                       b.valid_zones.empty() ? std::string() : ", " + b.valid_zones));
  }
  line("");
  for (const auto& r : m.found) line(fmt::format("found: {} ({})", r.what, r.where));
  for (const auto& r : observed::unsaid(m)) line(fmt::format("assumed: {}: {}", r.what, r.where));
  return out;
}

std::string machine_dot(const Observed& m) {
  std::string out = "graph machine {\n  node [shape=box];\n";
  for (const Node& n : m.nodes) {
    std::string label = fmt::format("node {}\\nmemory {}\\nCPUs {}", n.id.value,
                                    size_text(memory_of(m, n)), cpus_text(n));
    if (n.read_latency_ns) label += fmt::format("\\n{} ns", *n.read_latency_ns);
    if (n.read_bandwidth_mbs) label += fmt::format(", {} MB/s", *n.read_bandwidth_mbs);
    const bool bare = n.cpus.empty() && n.cpu_count.value_or(1) == 0;
    out +=
        fmt::format("  n{} [label=\"{}\"{}];\n", n.id.value, label, bare ? ", style=dashed" : "");
  }
  for (const Node& n : m.nodes)
    for (const auto& [to, distance] : n.distance)
      if (n.id < to)
        out += fmt::format("  n{} -- n{} [label=\"{}\"];\n", n.id.value, to.value, distance);
  return out + "}\n";
}

}  // namespace mhp::cli
