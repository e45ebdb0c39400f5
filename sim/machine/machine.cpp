#include "sim/machine/machine.hpp"

#include <fmt/format.h>

#include <utility>

#include "sim/core/param_standing.hpp"
#include "sim/core/units.hpp"
#include "sim/machine/largest_latency.hpp"
#include "sim/machine/topology.hpp"

namespace mhp::machine {

ParamSet<MachineParams> machine_params() {
  using P = MachineParams;
  ParamSet<P> set;
  set.add("name", &P::name, {.doc = "what the machine is called in reports", .required = true})
      .add("doc", &P::doc, {.doc = "what the machine stands for"})
      .add("architecture", &P::architecture,
           {.doc = "what kernels run on it: the 'machine' of their kernel.architecture; empty: any",
            .linux_name = "uname -m"})
      .add("pdpe1gb", &P::pdpe1gb,
           {.doc = "the CPUs map 1 GiB by one page-table leaf", .linux_name = "cpuinfo: pdpe1gb"})
      .add("hypervisor", &P::hypervisor,
           {.doc = "the machine is a guest", .linux_name = "cpuinfo: hypervisor"})
      .add("host_page_size", &P::host_page_size,
           {.doc = "by what the host backs a guest's memory when it is first written: 2MiB "
                   "(transparent huge pages of the host), or 4KiB without them",
            .linux_name = "of the host: /sys/kernel/mm/transparent_hugepage/enabled",
            .min = kSmallestPage,
            .max = Bytes{2 * kMiB}})
      .add("la57", &P::la57,
           {.doc = "the CPUs have five-level page tables and the kernel uses them; without, memory "
                   "ends at 64 TiB",
            .linux_name = "cpuinfo: la57"})
      .add("physical_address_bits", &P::physical_address_bits,
           {.doc = "width of physical addresses: no memory lies beyond",
            .linux_name = "cpuinfo: address sizes",
            .min = 36,
            .max = 52})
      .add("mmio_hole_start", &P::mmio_hole_start,
           {.doc = "memory below 4 GiB ends here, the rest continues at 4 GiB",
            .min = Bytes{16 * kMiB},
            .max = Bytes{4 * kGiB}})
      .add("service_variability", &P::service_variability,
           {.doc = "squared coefficient of variation of the time that memory controllers and "
                   "links serve a request, in 1/1000: how early queues build up below full load",
            .source = "two published thread curves pass with it (docs/published.md, V06); range: "
                      "what each "
                      "of them alone asks for",
            .min = 0,
            .max = 100'000,
            .basis = "fitted",
            .low = 3000,
            .high = 9000,
            .data = {"B-PADATA-BDX", "B-PADATA-HSX"}})
      .subtable("socket")
      .subtable("core")
      .subtable("node")
      .subtable("link")
      .subtable("state")
      .subtable("origin");
  return set;
}

ParamSet<CoreParams> core_params() {
  using P = CoreParams;
  ParamSet<P> set;
  set.add("speed", &P::speed,
          {.doc = "speed of instructions relative to the core of the cost profile, in 1/1000",
           .source = "the core that the prices are for",
           .min = 1,
           .max = 100'000,
           .basis = "choice"})
      .add("clock", &P::clock,
           {.doc = "clock of the cores in MHz, all of them busy: prices hold for another in "
                   "proportion; "
                   "0: that of each price",
            .source = "the core that the prices are for",
            .min = 0,
            .max = 10'000,
            .basis = "choice"})
      .add("threads", &P::threads,
           {.doc =
                "hardware threads of a core: they share what it executes and its misses in flight",
            .min = 1,
            .max = 8,
            .basis = "choice"})
      .add("misses_in_flight_stream", &P::misses_in_flight_stream,
           {.doc = "cache misses that one core overlaps when it passes over memory in order, in "
                   "1/1000; 0: as many as the core of the cost profile",
            .source = "the core that the prices are for",
            .min = 0,
            .max = 1'000'000})
      .add("misses_in_flight_stride", &P::misses_in_flight_stride,
           {.doc = "cache misses that one core overlaps at known addresses far apart, in 1/1000; "
                   "0: as many as the core of the cost profile",
            .source = "the core that the prices are for",
            .min = 0,
            .max = 1'000'000})
      .add("misses_in_flight_locked", &P::misses_in_flight_locked,
           {.doc = "cache misses that one core overlaps when it passes over memory in order and "
                   "does a locked operation on each line, in 1/1000; 0: as many as without",
            .source = "what a locked operation takes on a Xeon is in its price",
            .min = 0,
            .max = 1'000'000,
            .basis = "choice"})
      .add(
          "second_level_line", &P::second_level_line,
          {.doc = "what a line that is read and written takes longer out of the second-level cache "
                  "than out of the first, in 1/1000 of a cycle; -1: as on the core of the cost "
                  "profile",
           .source = "the core that the prices are for",
           .min = -1,
           .max = 1'000'000,
           .basis = "choice"})
      .add("stream_start_misses", &P::stream_start_misses,
           {.doc = "cache misses that are waited for in full when a pass in order goes on after it "
                   "went back over a batch, until prefetching follows it again, in 1/1000",
            .source = "left out where nobody has measured it ('mhpsim calibrate' does)",
            .min = 0,
            .max = 100'000,
            .basis = "assumed",
            .low = 0,
            .high = 3000});
  return set;
}

ParamSet<NodeParams> node_params() {
  using P = NodeParams;
  ParamSet<P> set;
  set.add("memory", &P::memory,
          {.doc = "memory installed at boot", .required = true, .min = Bytes{0}})
      .add("cpus", &P::cpus,
           {.doc = "processors of the node; 0: as many as its cores have threads",
            .min = 0,
            .max = 8192})
      .add("cores", &P::cores,
           {.doc = "cores of the node; 0: as many as processors",
            .min = 0,
            .max = 8192,
            .basis = "choice"})
      .add("latency", &P::latency,
           {.doc = "idle load-to-use latency of the node's memory from its own processors",
            .min = SimTime{1},
            .max = kLargestLatency})
      .add("bandwidth", &P::bandwidth,
           {.doc = "what the node's memory controllers move a second",
            .min = BytesPerSecond{1'000'000}})
      .add("service_variability", &P::service_variability,
           {.doc = "as the machine's, for this node's memory controllers alone; -1: the machine's",
            .min = -1,
            .max = 100'000,
            .basis = "choice"})
      .add("access_unit", &P::access_unit,
           {.doc = "what the memory's medium reads and writes at once: a cache line, or more, and "
                   "then a line that goes back writes a whole unit",
            .source = "DRAM: a burst is a cache line",
            .min = Bytes{P::kLineBytes},
            .max = kSmallestPage,
            .basis = "derived"})
      .add("write_bandwidth", &P::write_bandwidth,
           {.doc = "what the node's memory takes a second if it is only written; 0: as much as its "
                   "'bandwidth', which is then what is read",
            .source = "DRAM: a bus reads as fast as it writes",
            .min = BytesPerSecond{0},
            .basis = "derived"});
  return set;
}

ParamSet<LinkParams> link_params() {
  using P = LinkParams;
  ParamSet<P> set;
  set.add("from", &P::from, {.doc = "one end", .required = true})
      .add("to", &P::to, {.doc = "the other end", .required = true})
      .add("latency", &P::latency,
           {.doc = "what crossing the link adds to a load's latency",
            .min = SimTime{0},
            .max = kLargestLatency})
      .add("bandwidth", &P::bandwidth,
           {.doc = "what the link moves a second", .min = BytesPerSecond{1'000'000}});
  return set;
}

namespace {

/// Reads every table of an array of tables by one parameter set.
template <class P>
std::vector<P> read_array(const Value& table, const std::string& key, const ParamSet<P>& set,
                          Diagnostics& errors, std::vector<ParamValue>* used) {
  std::vector<P> out;
  const Value* list = table.find(key);
  if (list == nullptr) return out;
  if (list->array() == nullptr) {
    errors.push_back({list->where, fmt::format("'{}' is {}", key, list->kind_name()),
                      fmt::format("write [[machine.{}]] tables", key)});
    return out;
  }
  for (const Value& element : *list->array()) {
    P p;
    set.read(with_standing_of(table, element), p, errors, used,
             fmt::format("machine.{}.{}", key, out.size()));
    out.push_back(std::move(p));
  }
  return out;
}

/// Processors follow from cores, or cores from processors.
void complete_cpus(const Value& table, Machine& machine, Diagnostics& errors) {
  for (std::size_t n = 0; n < machine.nodes.size(); ++n) {
    NodeParams& node = machine.nodes[n];
    if (node.cpus == 0) node.cpus = node.cores * machine.core.threads;
    if (node.cores == 0) node.cores = node.cpus;
    if (node.cores <= node.cpus) continue;
    const Value* cpus = (*table.find("node")->array())[n].find("cpus");
    errors.push_back(
        {cpus->where,
         fmt::format("machine.node.{} has {} cores and {} processors", n, node.cores, node.cpus),
         "a core is one processor at the least; leave one of them out"});
  }
}

/// A core has one miss in flight at the least.
void check_core(const Value& table, const CoreParams& core, Diagnostics& errors) {
  for (const auto& [name, misses] :
       {std::pair{"misses_in_flight_stream", core.misses_in_flight_stream},
        std::pair{"misses_in_flight_stride", core.misses_in_flight_stride},
        std::pair{"misses_in_flight_locked", core.misses_in_flight_locked}})
    if (misses != 0 && misses < 1000)
      errors.push_back({table.find(name)->where,
                        fmt::format("machine.core.{} is {}, less than one miss", name, misses),
                        "at least 1000, or 0 for the core of the cost profile"});
}

}  // namespace

Machine read_machine(const Value& table, Diagnostics& errors, std::vector<ParamValue>* used) {
  Machine machine;
  const std::size_t before = errors.size();
  static const auto general = machine_params();
  static const auto core_set = core_params();
  static const auto node = node_params();
  static const auto link = link_params();
  const Value no_core{Value::Table{}, table.where};
  general.read(table, machine.general, errors, used, "machine");
  const Value* stated = table.find("core");
  const Value& core = stated != nullptr ? *stated : no_core;
  core_set.read(with_standing_of(table, core), machine.core, errors, used, "machine.core");
  check_core(core, machine.core, errors);
  machine.nodes = read_array(table, "node", node, errors, used);
  machine.links = read_array(table, "link", link, errors, used);
  complete_cpus(table, machine, errors);
  const auto bad = [&](const std::string& problem, const std::string& remedy) {
    errors.push_back({table.where, problem, remedy});
  };
  const Bytes backed_by = machine.general.host_page_size;
  if (backed_by != kSmallestPage && backed_by != Bytes{2 * kMiB}) {
    const Value* given = table.find("host_page_size");
    errors.push_back(
        {given != nullptr ? given->where : table.where,
         fmt::format("a host has no pages of {} for its guest", format_bytes(backed_by)),
         "host_page_size is 4KiB or 2MiB"});
  }
  if (machine.nodes.empty()) bad("the machine has no node", "add a [[node]] table with its memory");
  bool memory = false;
  bool cpus = false;
  for (const NodeParams& n : machine.nodes) {
    memory = memory || n.memory.value > 0;
    cpus = cpus || n.cpus > 0;
  }
  if (!machine.nodes.empty() && !memory) bad("no node has boot memory", "give one node 'memory'");
  if (!machine.nodes.empty() && !cpus) bad("no node has processors", "give one node 'cpus'");
  const auto count = static_cast<std::int32_t>(machine.nodes.size());
  for (std::size_t i = 0; i < machine.nodes.size(); ++i) {
    const std::int64_t unit = machine.nodes[i].access_unit.value;
    if (unit % NodeParams::kLineBytes != 0)
      bad(fmt::format("machine.node.{}.access_unit is {} bytes, no multiple of a line", i, unit),
          "a multiple of 64 bytes");
  }
  for (std::size_t i = 0; i < machine.links.size(); ++i) {
    const LinkParams& l = machine.links[i];
    if (l.from.value >= count || l.to.value >= count || l.from.value < 0 || l.to.value < 0 ||
        l.from == l.to)
      bad(fmt::format("link {} joins nodes {} and {}", i, l.from.value, l.to.value),
          fmt::format("nodes are numbered 0 to {}", count - 1));
  }
  if (errors.size() == before && !Topology(machine).connected())
    bad("not every node can reach every other", "add [[link]] tables");
  return machine;
}

}  // namespace mhp::machine
