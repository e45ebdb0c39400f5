#include "analysis/validation/host/profile_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "sim/core/invariant.hpp"
#include "sim/core/units.hpp"

namespace mhp::host {

namespace {

const std::string kBy = "measured by mhpsim calibrate: ";

void put(Value& table, const std::string& key, decltype(Value::data) data) {
  if (Value* there = table.find(key)) {
    there->data = std::move(data);
    return;
  }
  table.table()->push_back({key, Value{std::move(data), {}}, {}});
}

std::string text_of(const Value& table, const std::string& key) {
  const Value* v = table.find(key);
  return v != nullptr && v->string() != nullptr ? *v->string() : std::string();
}

Value empty_table() { return Value{Value::Table{}, {}}; }

using Text = std::string (*)(double);

std::string cost_text(double ns) {
  return format_picoseconds(Picoseconds{std::llround(ns * 1000)});
}
std::string time_text(double ns) { return format_time_exact(SimTime{std::llround(ns)}); }
/// To whole MB/s.
std::string bandwidth_text(double bytes_per_ns) {
  return format_bandwidth(BytesPerSecond{std::llround(bytes_per_ns * 1000) * 1'000'000});
}

/// What the number `key` is worth.
void put_standing(Value& table, const std::string& key, const Constant& c, Value low, Value high) {
  put(table, key + "_basis", c.basis);
  put(table, key + "_range", Value::Array{std::move(low), std::move(high)});
  put(table, key + "_source", (c.basis == "assumed" ? "" : kBy) + c.source);
}

/// Bounds that hold the value itself whatever rounding did.
double low_of(const Constant& c) { return std::min(c.is.low, c.is.value); }
double high_of(const Constant& c) { return std::max(c.is.high, c.is.value); }

/// An amount with its unit.
void put_amount(Value& table, const std::string& key, const Constant& c, Text text) {
  put(table, key, text(c.is.value));
  put_standing(table, key, c, {text(low_of(c)), {}}, {text(high_of(c)), {}});
}

/// A plain number, which files have in 1/1000.
void put_permille(Value& table, const std::string& key, const Constant& c) {
  const auto permille = [](double v) { return std::int64_t{std::llround(v * 1000)}; };
  put(table, key, permille(c.is.value));
  put_standing(table, key, c, {permille(low_of(c)), {}}, {permille(high_of(c)), {}});
}

/// The machine's clock, at which what was measured on it holds. Without a range: whatever the clock
/// was, the prices are of the same.
void put_clock(Value& table, const Constant& clock) {
  put(table, "clock", std::int64_t{std::llround(clock.is.value)});
  put(table, "clock_basis", clock.basis);
  put(table, "clock_source", kBy + clock.source);
}

/// Processors of a core; 0 where their numbers are none that a machine can have.
std::int64_t threads_of(const HostNode& host) {
  constexpr std::int64_t kMost = 8;
  const auto cores = static_cast<std::int64_t>(host.cores.size());
  if (cores == 0 || host.cpus % cores != 0 || host.cpus / cores > kMost) return 0;
  return host.cpus / cores;
}

/// Both files say it: the prices are for this core, and the machine has it with other prices too.
void put_misses_in_flight(Value& core, const Constants& constants) {
  put_permille(core, "misses_in_flight_stream", constants.in_flight_stream);
  put_permille(core, "misses_in_flight_stride", constants.in_flight_stride);
}

}  // namespace

Value cost_table(const Value& base, const Constants& constants, const std::string& processor) {
  Value out = base;
  const std::string rest = text_of(base, "name");
  put(out, "name", fmt::format("{}, measured; the rest of '{}'", processor, rest));
  const bool clocked = constants.clock.is.value > 0;
  for (const PrimitiveConstant& p : constants.primitives) {
    const std::string key(kernel::kPrimitiveNames[static_cast<std::size_t>(p.primitive)]);
    Value* table = out.find(key);
    if (table == nullptr) continue;
    put(*table, "source",
        fmt::format("all but cpu as '{}' has it: {}", rest, text_of(*table, "source")));
    put_amount(*table, "cpu", p.cpu_ns, cost_text);
    if (clocked && table->find("clock") == nullptr) put_clock(*table, constants.clock);
  }
  // What was not measured holds at the clock that it held at, if the machine's is known.
  Value core = empty_table();
  if (const Value* given = base.find("core"); clocked && given != nullptr)
    for (const char* key : {"clock", "clock_basis", "clock_source"})
      if (const Value* v = given->find(key)) put(core, key, v->data);
  put_misses_in_flight(core, constants);
  put(out, "core", std::move(core.data));
  return out;
}

Value machine_table(const Constants& constants, const CpuFlags& cpu,
                    const std::vector<HostNode>& hosts) {
  Value out = empty_table();
  put(out, "name", cpu.model);
  put(out, "doc",
      "the machine on which mhpsim calibrate ran" + (cpu.family.empty() ? "" : ": " + cpu.family));
  put(out, "source", std::string("memory, processors and flags: hwloc and /proc/cpuinfo"));
  put(out, "basis", std::string("measured"));
  put(out, "hypervisor", cpu.hypervisor);
  put(out, "pdpe1gb", cpu.pdpe1gb);
  put(out, "la57", cpu.la57);
  put(out, "physical_address_bits", cpu.physical_address_bits);
  put_permille(out, "service_variability", constants.variability);
  Value core = empty_table();
  put(core, "speed", std::int64_t{1000});
  put(core, "speed_basis", std::string("choice"));
  put(core, "speed_source", std::string("1 by definition: the cost profile is this machine's"));
  if (constants.clock.is.value > 0) put_clock(core, constants.clock);
  if (const std::int64_t threads = threads_of(hosts.front()); threads > 0) {
    put(core, "threads", threads);
    put(core, "threads_basis", std::string("measured"));
    put(core, "threads_source", std::string("processors a core: hwloc"));
  }
  put_misses_in_flight(core, constants);
  put_permille(core, "stream_start_misses", constants.stream_start);
  put(out, "core", std::move(core.data));
  Value::Array nodes;
  for (std::size_t n = 0; n < constants.nodes.size(); ++n) {
    const HostNode& h = hosts[n];
    Value node = empty_table();
    put(node, "memory", format_bytes(Bytes{round_down(h.memory.value, kMiB)}));
    put(node, "cpus", h.cpus);
    put(node, "cores", static_cast<std::int64_t>(h.cores.size()));
    put(node, "source", std::string("memory and processors: hwloc"));
    put_amount(node, "latency", constants.nodes[n].latency_ns, time_text);
    put_amount(node, "bandwidth", constants.nodes[n].bandwidth, bandwidth_text);
    nodes.push_back(std::move(node));
  }
  put(out, "node", std::move(nodes));
  Value::Array links;
  for (const LinkConstants& l : constants.links) {
    Value link = empty_table();
    put(link, "from", static_cast<std::int64_t>(l.from));
    put(link, "to", static_cast<std::int64_t>(l.to));
    put(link, "source", std::string("a link between every two nodes"));
    put_amount(link, "latency", l.latency_ns, time_text);
    put_amount(link, "bandwidth", l.bandwidth, bandwidth_text);
    links.push_back(std::move(link));
  }
  if (!links.empty()) put(out, "link", std::move(links));
  return out;
}

machine::Machine read_back_machine(const Value& table) {
  Diagnostics errors;
  machine::Machine machine = machine::read_machine(table, errors, nullptr);
  MHP_INVARIANT(errors.empty(), "the measured machine is not readable: {}", errors.front().text());
  return machine;
}

cost::CostProfile read_back_costs(const Value& table) {
  Diagnostics errors;
  cost::CostProfile costs = cost::read_cost_profile(table, errors, nullptr);
  MHP_INVARIANT(errors.empty(), "the measured costs are not readable: {}", errors.front().text());
  return costs;
}

}  // namespace mhp::host
