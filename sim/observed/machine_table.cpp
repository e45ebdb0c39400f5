#include "sim/observed/machine_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "sim/core/param_standing.hpp"
#include "sim/observed/kernel_table.hpp"
#include "sim/observed/table.hpp"
#include "sim/observed/texts/lines.hpp"
#include "sim/observed/zones_table.hpp"

namespace mhp::observed {

namespace {

constexpr int kLocalDistance = 10;
constexpr int kRemoteDistance = 20;

/// "115ns" as 115; nothing if it is another unit.
std::int64_t nanoseconds(const Value* v) {
  constexpr std::int64_t kUsual = 100;
  if (v == nullptr || v->string() == nullptr) return kUsual;
  std::string_view text = *v->string();
  if (text.ends_with("ns")) text.remove_suffix(2);
  return number_of(text, 1'000'000).value_or(kUsual);
}

/// Copies a number of the machine that this one is like, with what it is worth: none of it was seen
/// here.
void copy(const Value& from, const std::string& key, const Like& like, Table& to) {
  const Value* number = from.find(key);
  if (number == nullptr) return;
  to.put(key, {number->data, to.where()});
  for (const Value::Member& m : *from.table())
    if (described_name(m.key) == key && m.key.ends_with("_range"))
      to.put(m.key, {m.value.data, to.where()});
  if (from.find(key + "_range") != nullptr) to.set(key + "_basis", "assumed");
  to.set(key + "_source", fmt::format("{} {}", like.same ? "as" : "assumed to be like", like.name));
}

class Machine {
 public:
  Machine(const Observed& o, const Like& like, const Location& where)
      : o_(o), like_(like), table_(where) {
    std::int32_t last = 0;
    for (const Node& n : o.nodes) last = std::max(last, n.id.value);
    for (const Zone& z : o.zones) last = std::max(last, z.node.value);
    nodes_ = static_cast<std::size_t>(last) + 1;
    for (std::size_t n = 0; n < nodes_; ++n) cpus_.push_back(cpus_of(n));
    if (std::all_of(cpus_.begin(), cpus_.end(), [](std::int64_t n) { return n == 0; })) {
      cpus_[0] = o.processors.count.value_or(0);
      if (cpus_[0] == 0) {
        cpus_[0] = 1;
        assumed_.push_back({"processors", "one, on node 0"});
      }
    }
  }

  Result<Parts> parts() {
    general();
    if (auto memory = nodes(); !memory) return tl::unexpected<Diagnostics>(memory.error());
    links();
    if (tells_state(o_)) {
      table_.put("state", state_table(o_, nodes_, table_.where(), assumed_));
    } else {
      assumed_.push_back({"state of memory", "as after a boot: free, but for the boot memmap"});
    }
    Parts parts;
    parts.kernel = kernel_table(o_, tells_state(o_), table_.where(), assumed_);
    parts.hotplug = hotplug_table(o_, table_.where(), assumed_);
    parts.machine = table_.take();
    parts.assumed = std::move(assumed_);
    return parts;
  }

 private:
  std::int64_t cpus_of(std::size_t n) const {
    const Node* node = o_.find_node(NodeId{static_cast<std::int32_t>(n)});
    if (node == nullptr) return 0;
    return node->cpu_count.value_or(static_cast<std::int64_t>(node->cpus.size()));
  }
  bool has_flag(std::string_view flag) const {
    const auto& flags = o_.processors.flags;
    return std::find(flags.begin(), flags.end(), flag) != flags.end();
  }

  void general() {
    constexpr std::size_t kLongest = 80;
    const std::string model =
        o_.processors.model.empty() ? "a machine" : printable(o_.processors.model, kLongest);
    table_.set("name", fmt::format("{}, {} node{}", model, nodes_, nodes_ == 1 ? "" : "s"))
        .set("doc", "as it says of itself; speeds are assumed");
    if (!o_.processors.flags.empty()) {
      table_.set("pdpe1gb", has_flag("pdpe1gb"))
          .set("hypervisor", has_flag("hypervisor"))
          .set("la57", has_flag("la57"));
    } else if (architecture_of(o_).starts_with("x86")) {
      assumed_.push_back({"features of the processors", "1 GiB leaves, five levels, no guest"});
    }
    if (const auto bits = o_.processors.physical_address_bits.value_or(0); bits >= 36 && bits <= 52)
      table_.set("physical_address_bits", bits);
    if (const Value* core = like_.machine.find("core")) {
      Value copied = *core;
      table_.put("core", std::move(copied));
    }
    assumed_.push_back({"speed of cores, memory and links",
                        like_.same ? fmt::format("as the family {}", like_.name)
                                   : fmt::format("as {}: the processor is not known", like_.name)});
  }

  Result<void> nodes() {
    Value::Array all;
    Bytes sum;
    const Value& like = (*like_.machine.find("node")->array())[0];
    for (std::size_t n = 0; n < nodes_; ++n) {
      const NodeId id{static_cast<std::int32_t>(n)};
      const Bytes memory = memory_of(id);
      sum += memory;
      Table node(table_.where());
      node.set("memory", fmt::format("{}KiB", memory.value / kKiB)).set("cpus", cpus_[n]);
      const Node* said = o_.find_node(id);
      const bool own = cpus_[n] > 0;
      if (own && said != nullptr && said->read_latency_ns)
        node.set("latency", fmt::format("{}ns", *said->read_latency_ns))
            .set("latency_basis", "published")
            .set("latency_source", "access0 of the node (HMAT)");
      else
        copy(like, "latency", like_, node);
      if (said != nullptr && said->read_bandwidth_mbs)
        node.set("bandwidth", fmt::format("{}MB/s", *said->read_bandwidth_mbs))
            .set("bandwidth_basis", "published")
            .set("bandwidth_source", "access0 of the node (HMAT)");
      else
        copy(like, "bandwidth", like_, node);
      all.push_back(node.take());
    }
    if (sum.value == 0)
      return fail(table_.where(), "it does not say how much memory there is",
                  "/proc/zoneinfo, /proc/meminfo or numactl -H would");
    table_.set("node", std::move(all));
    return {};
  }

  Bytes memory_of(NodeId id) const {
    const std::int64_t page = o_.page_size ? o_.page_size->value : 4 * kKiB;
    if (const auto present = present_in(o_, id)) return Bytes{present->value * page};
    const Node* node = o_.find_node(id);
    if (node != nullptr && node->memory) return *node->memory;
    const bool nobody = std::none_of(o_.nodes.begin(), o_.nodes.end(),
                                     [](const Node& n) { return n.memory.has_value(); });
    const auto total = o_.meminfo.find("MemTotal");
    if (id.value == 0 && nobody && total != o_.meminfo.end()) return Bytes{total->second * kKiB};
    return Bytes{};
  }

  int distance(std::size_t from, std::size_t to) const {
    for (const auto& [a, b] : {std::pair{from, to}, std::pair{to, from}}) {
      const Node* node = o_.find_node(NodeId{static_cast<std::int32_t>(a)});
      if (node == nullptr) continue;
      for (const auto& [id, d] : node->distance)
        if (id.index() == b) return d;
    }
    return kRemoteDistance;
  }

  /// A link between any two nodes, whose latency is what firmware's distance makes of the local
  /// one.
  void links() {
    if (nodes_ < 2) return;
    const Value& node = (*like_.machine.find("node")->array())[0];
    const std::int64_t local = nanoseconds(node.find("latency"));
    const Value* all = like_.machine.find("link");
    Value::Array links;
    for (std::size_t a = 0; a < nodes_; ++a)
      for (std::size_t b = a + 1; b < nodes_; ++b) {
        Table link(table_.where());
        const std::int64_t d = std::max(distance(a, b), kLocalDistance + 1);
        std::int64_t latency =
            std::max<std::int64_t>(1, local * (d - kLocalDistance) / kLocalDistance);
        std::string source =
            fmt::format("distance {} of firmware, of a local latency of {} ns", d, local);
        for (const auto& [memory, cpu] : {std::pair{a, b}, std::pair{b, a}})
          if (const Node* said = o_.find_node(NodeId{static_cast<std::int32_t>(memory)});
              cpus_[memory] == 0 && cpus_[cpu] > 0 && said != nullptr && said->read_latency_ns) {
            latency = std::max<std::int64_t>(1, *said->read_latency_ns - local);
            source = "access0 of the node (HMAT), less the local latency";
          }
        link.set("from", static_cast<std::int64_t>(a))
            .set("to", static_cast<std::int64_t>(b))
            .set("latency", fmt::format("{}ns", latency))
            .set("latency_basis", "assumed")
            .set("latency_source", std::move(source))
            .set("latency_range", std::vector<std::string>{fmt::format("{}ns", (latency + 1) / 2),
                                                           fmt::format("{}ns", 2 * latency)});
        if (all != nullptr && all->array() != nullptr && !all->array()->empty())
          copy(all->array()->front(), "bandwidth", like_, link);
        links.push_back(link.take());
      }
    table_.set("link", std::move(links));
  }

  const Observed& o_;
  const Like& like_;
  Table table_;
  std::size_t nodes_ = 1;
  std::vector<std::int64_t> cpus_;
  std::vector<Remark> assumed_;
};

}  // namespace

Result<Parts> parts_of(const Observed& observed, const Like& like, const Location& where) {
  return Machine(observed, like, where).parts();
}

}  // namespace mhp::observed
