#include "sim/config/scenario_check.hpp"

#include <fmt/format.h>

#include "sim/core/units.hpp"
#include "sim/kernel/adder/adder.hpp"
#include "sim/kernel/boot/boot_state.hpp"
#include "sim/machine/topology.hpp"

namespace mhp::config {

namespace {

/// Where a key of a table stands, or the table if it has none.
const Location& place_of(const Value& table, const char* key) {
  const Value* v = table.find(key);
  return v != nullptr ? v->where : table.where;
}

bool reserves_too_much(const Scenario& s, const Value& root, Diagnostics& errors) {
  Bytes first_memory;
  for (const auto& node : s.machine.nodes)
    if (first_memory.value == 0) first_memory = node.memory;
  if (s.kernel.reserved_memory <= first_memory / 2) return false;
  errors.push_back({place_of(*root.find("kernel"), "reserved_memory"),
                    "the kernel reserves more than half of the first node's boot memory",
                    fmt::format("at most {}", format_bytes(first_memory / 2))});
  return true;
}

/// Checks one [[hotplug]] table.
class HotplugCheck {
 public:
  HotplugCheck(const Scenario& scenario, const HotplugParams& params, const Value& table,
               Diagnostics& errors)
      : s_(scenario), p_(params), table_(table), errors_(errors) {}

  void nodes() {
    const auto nodes = static_cast<std::int32_t>(s_.machine.nodes.size());
    for (const auto& [key, node] : {std::pair{"node", p_.node}, std::pair{"cpu_node", p_.cpu_node}})
      if (node.value < 0 || node.value >= nodes)
        report(key, fmt::format("there is no node {}", node.value),
               fmt::format("nodes are numbered 0 to {}", nodes - 1));
    if (p_.cpu_node.valid() && p_.cpu_node.value < nodes &&
        s_.machine.nodes[p_.cpu_node.index()].cpus == 0)
      report("cpu_node", fmt::format("node {} has no processors", p_.cpu_node.value),
             "choose a node with 'cpus'");
  }

  void demand() {
    const bool comes = p_.when == Arrival::free_below;
    const bool goes = p_.unplug_when == Departure::free_above;
    if ((comes || goes) && s_.run.until.value == 0)
      report(comes ? "when" : "unplug_when",
             "a device that comes or goes on demand may never do so",
             "say when the run ends: until = \"1h\"");
    if (comes && goes && p_.free_above <= p_.free_below + p_.size)
      report("free_above", "what is added would be taken away at once",
             fmt::format("more than free_below and the size of a device, {}",
                         format_bytes(p_.free_below + p_.size)));
  }

  void online() {
    if (p_.online != kernel::OnlineType::offline) return;
    if (adder_.onlines_itself)
      report("online", fmt::format("{} brings its memory online", p_.adder),
             "choose another 'online' or another 'adder'");
    else if (adder_.offline_limit.value > 0 && p_.size > adder_.offline_limit)
      report("online",
             fmt::format("{} stops adding when {} wait to go online", p_.adder,
                         format_bytes(adder_.offline_limit)),
             fmt::format("choose another 'online', or at most {}",
                         format_bytes(adder_.offline_limit)));
  }

  void size(Bytes block) {
    const bool by_factor = p_.growth_factor > 0;
    if (by_factor == (table_.find("size") != nullptr))
      return report("size",
                    by_factor ? "the devices have both 'size' and 'growth_factor'"
                              : "the devices have no size",
                    by_factor ? "keep one of them" : "add size, for example \"1GiB\"");
    if (p_.size.value == 0) return report("size", "the devices are empty", "give them a size");
    if (adder_.trims_to_blocks ? p_.size >= block : p_.size % block == Bytes{0}) return;
    report(by_factor ? "growth_factor" : "size",
           fmt::format("{} {}", format_bytes(p_.size),
                       adder_.trims_to_blocks ? "holds no whole memory block"
                                              : "is not a whole number of memory blocks"),
           fmt::format("a block of this machine is {}", format_bytes(block)));
  }

 private:
  void report(const char* key, std::string problem, std::string advice) {
    errors_.push_back({place_of(table_, key), std::move(problem), std::move(advice)});
  }

  const Scenario& s_;
  const HotplugParams& p_;
  const Value& table_;
  Diagnostics& errors_;
  const kernel::Adder& adder_ = *kernel::adders().find(p_.adder);
};

}  // namespace

void check_scenario(const Scenario& s, const Value& root, Diagnostics& errors) {
  if (reserves_too_much(s, root, errors)) return;
  const Bytes block = kernel::memory_block_size(machine::describe(s.machine), s.kernel);
  const Value::Array& tables = *root.find("hotplug")->array();
  for (std::size_t i = 0; i < s.hotplug.size(); ++i) {
    HotplugCheck check(s, s.hotplug[i].params, tables[i], errors);
    check.nodes();
    check.demand();
    check.online();
    check.size(block);
  }
}

}  // namespace mhp::config
