#include "sim/observed/folded.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "sim/observed/texts/lines.hpp"
#include "sim/observed/texts/number_list.hpp"

namespace mhp::observed {

namespace {

constexpr std::int64_t kMostBlocks = std::int64_t{1} << 25;
constexpr std::int64_t kMostCount = std::int64_t{1} << 40;

/// "node3" as 3.
std::optional<NodeId> node_of(std::string_view name) {
  if (!take(name, "node")) return std::nullopt;
  const auto id = number_of(name, kMostNodes - 1);
  if (!id) return std::nullopt;
  return NodeId{static_cast<std::int32_t>(*id)};
}

/// Of "always [madvise] never" the word in brackets; of other texts all.
std::string chosen(std::string_view text) {
  const std::size_t open = text.find('[');
  const std::size_t close = text.find(']', open);
  if (open == std::string_view::npos || close == std::string_view::npos)
    return std::string(trimmed(text));
  return std::string(text.substr(open + 1, close - open - 1));
}

void read_run(Scan& scan, std::string_view run, Observed& into) {
  const std::size_t dash = run.find('-');
  if (dash == std::string_view::npos)
    return scan.fail(run, fmt::format("'{}' is no run of memory blocks", printable(run)),
                     "\"0-31 online Normal node0 1\"");
  Blocks blocks;
  blocks.first = scan.number(run.substr(0, dash), "first block", kMostBlocks);
  blocks.last = scan.number(run.substr(dash + 1), "last block", kMostBlocks);
  if (scan.failed()) return;
  const std::int64_t next = into.blocks.empty() ? 0 : into.blocks.back().last + 1;
  if (blocks.last < blocks.first || blocks.first < next)
    return scan.fail(run, fmt::format("blocks {} are out of order", printable(run)),
                     "runs in ascending order");
  blocks.state = scan.word();
  if (blocks.state != "online" && blocks.state != "offline" && blocks.state != "going-offline")
    return scan.fail(run,
                     fmt::format("'{}' is no state of a memory block", printable(blocks.state)),
                     "online, offline or going-offline");
  blocks.valid_zones = scan.word();
  if (blocks.valid_zones == "-") blocks.valid_zones.clear();
  std::replace(blocks.valid_zones.begin(), blocks.valid_zones.end(), ',', ' ');
  blocks.node = node_of(scan.word());
  const std::string_view removable = scan.word();
  if (removable == "0" || removable == "1") blocks.removable = removable == "1";
  into.blocks.push_back(std::move(blocks));
}

/// "MemTotal:   4014572 kB" of node/nodeN/meminfo.
void read_meminfo_line(Scan& scan, Node& node) {
  std::string_view name = scan.word();
  if (name.ends_with(':')) name.remove_suffix(1);
  const std::int64_t n = scan.number(name, kMostCount);
  if (scan.failed()) return;
  node.meminfo[std::string(name)] = n;
  if (name == "MemTotal") node.memory = Bytes{n * kKiB};
  if (name == "MemFree") node.free = Bytes{n * kKiB};
}

/// "hugepages-2048kB 10 2 0": huge pages, free ones, surplus.
void read_pool(Scan& scan, std::string_view pool, const Node& node, Observed& into) {
  std::string_view size = pool.substr(std::string_view("hugepages-").size());
  if (size.ends_with("kB")) size.remove_suffix(2);
  HugePages pages;
  pages.node = node.id;
  pages.size = Bytes{scan.number(size, "size", kMostBytes / kKiB) * kKiB};
  pages.total = scan.number("huge pages", kMostCount);
  if (scan.failed()) return;
  if (!trimmed(scan.rest()).empty()) pages.free = scan.number("free huge pages", kMostCount);
  if (!trimmed(scan.rest()).empty()) pages.surplus = scan.number("surplus", kMostCount);
  if (pages.total > 0) into.huge_pages.push_back(pages);
}

void read_access(Scan& scan, Node& node) {
  const std::string_view what = scan.word();
  const std::int64_t n = scan.number(what, kMostCount);
  if (scan.failed() || n == 0) return;  // 0: firmware does not say
  if (what == "read_latency") node.read_latency_ns = n;
  if (what == "write_latency") node.write_latency_ns = n;
  if (what == "read_bandwidth") node.read_bandwidth_mbs = n;
  if (what == "write_bandwidth") node.write_bandwidth_mbs = n;
}

void read_node_line(Scan& scan, Node& node, Observed& into) {
  const std::string_view what = scan.word();
  if (what == "cpulist") {
    const auto cpus = numbers_of_list(scan.rest(), kMostCpus);
    if (!cpus && !trimmed(scan.rest()).empty())
      return scan.fail(scan.rest(), "this is no list of processors", "\"0-3,8\"");
    if (cpus) node.cpus = *cpus;
    node.cpu_count = static_cast<std::int64_t>(node.cpus.size());
  } else if (what == "distance") {
    // In the order of the nodes that are online, which `online` has said.
    std::vector<NodeId> online;
    for (const Node& n : into.nodes)
      if (n.online.value_or(false)) online.push_back(n.id);
    for (std::size_t i = 0; !trimmed(scan.rest()).empty() && !scan.failed(); ++i) {
      const auto d = static_cast<int>(scan.number("distance", 255));
      const auto to = i < online.size() ? online[i] : NodeId{static_cast<std::int32_t>(i)};
      node.distance.emplace_back(to, d);
    }
  } else if (what == "meminfo") {
    read_meminfo_line(scan, node);
  } else if (what.starts_with("hugepages-")) {
    read_pool(scan, what, node, into);
  } else if (what == "access0") {
    read_access(scan, node);
  }
}

}  // namespace

Result<void> read_memory_section(std::string_view text, const Location& at, Observed& into) {
  Scan scan(text, at);
  while (scan.next_line()) {
    const std::string_view word = scan.word();
    if (word == "block_size_bytes") {
      std::string_view size = scan.word();
      take(size, "0x");
      into.block_size = Bytes{scan.number(size, "block size", kMostBytes, 16)};
      const std::int64_t n = into.block_size->value;
      if (!scan.failed() && (n < kMiB || (n & (n - 1)) != 0))
        scan.fail(size, "the size of memory blocks is a power of two, in hexadecimal", "8000000");
    } else if (word == "auto_online_blocks") {
      into.settings["devices/system/memory/auto_online_blocks"] = std::string(trimmed(scan.rest()));
    } else if (!word.empty()) {
      read_run(scan, word, into);
    }
  }
  into.found.push_back({"memory blocks", "/sys/devices/system/memory"});
  return scan.result();
}

Result<void> read_node_section(std::string_view text, const Location& at, Observed& into) {
  Scan scan(text, at);
  bool access = false;
  while (scan.next_line()) {
    const std::string_view word = scan.word();
    if (word == "possible" || word == "online" || word.starts_with("memory_tier")) {
      const auto ids = numbers_of_list(scan.rest(), kMostNodes - 1);
      if (!ids) {
        scan.fail(scan.rest(), "this is no list of nodes", "\"0-1\"");
        continue;
      }
      constexpr std::size_t kMostPossible = 64;  // some kernels think of 1,024
      if (word == "possible" && ids->size() > kMostPossible) continue;
      for (const std::int64_t id : *ids) {
        Node& node = into.node(NodeId{static_cast<std::int32_t>(id)});
        if (word == "online") node.online = true;
        if (word.starts_with("memory_tier"))
          node.memory_tier = static_cast<int>(
              number_of(word.substr(std::string_view("memory_tier").size()), 1024).value_or(0));
      }
    } else if (const auto id = node_of(word)) {
      access = access || scan.rest().starts_with("access0");
      read_node_line(scan, into.node(*id), into);
    }
  }
  into.found.push_back({"nodes, their processors and distances", "/sys/devices/system/node"});
  if (access) into.found.push_back({"latency and bandwidth of nodes", "access0 of nodes (HMAT)"});
  return scan.result();
}

Result<void> read_settings_section(std::string_view text, const Location& at, Observed& into) {
  Scan scan(text, at);
  while (scan.next_line()) {
    std::string_view path = scan.word();
    const std::string_view full = path;
    if (take(path, "/proc/sys/")) {
      std::string name(path);
      std::replace(name.begin(), name.end(), '/', '.');
      if (const auto n = number_of(trimmed(scan.rest()), kMostCount)) into.sysctl[name] = *n;
    } else if (take(path, "/sys/")) {
      into.settings[std::string(path)] = chosen(scan.rest());
    } else if (full == "processes") {
      into.settings["processes"] = std::string(trimmed(scan.rest()));
    }
  }
  into.found.push_back({"sysctls and parameters", "/proc/sys, /sys"});
  return scan.result();
}

}  // namespace mhp::observed
