#include "sim/run/result/run_content.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "sim/config/kernel_profiles.hpp"
#include "sim/core/param_text.hpp"
#include "sim/core/version.hpp"
#include "sim/kernel/placement/placement.hpp"
#include "sim/run/result/run_id.hpp"

namespace mhp::run {

namespace {

using Ints = std::vector<std::int64_t>;
using Texts = std::vector<std::string>;
using record::Flags;
using record::Group;

Texts zone_names() {
  Texts names;
  for (int t = 0; t < kernel::kZoneTypes; ++t)
    names.emplace_back(kernel::zone_name(static_cast<kernel::ZoneType>(t)));
  return names;
}

Ints count_up(std::size_t n) {
  Ints out(n);
  for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<std::int64_t>(i);
  return out;
}

template <class Range, class F>
Ints column(const Range& rows, F&& f) {
  Ints out;
  for (const auto& row : rows) out.push_back(f(row));
  return out;
}

template <class Range, class F>
Flags flags(const Range& rows, Texts meanings, F&& f) {
  Flags out{{}, std::move(meanings)};
  for (const auto& row : rows) out.values.push_back(static_cast<std::uint8_t>(f(row)));
  return out;
}

void provenance(record::FileContent& file, const config::Scenario& s) {
  Group& g = file.group("provenance");
  const auto text = [&](auto field) {
    Texts out;
    for (const ParamValue& p : s.used) out.push_back(p.*field);
    return out;
  };
  const auto ends = [&](auto field) {
    Texts out;
    for (const ParamValue& p : s.used)
      out.push_back(p.range ? fmt::format("{}", (*p.range).*field) : "");
    return out;
  };
  Texts units, data;
  for (const ParamValue& p : s.used) {
    units.push_back(unit_text(p.unit));
    data.push_back(fmt::format("{}", fmt::join(p.data, " ")));
  }
  g.coordinate("param", count_up(s.used.size()), "1", "parameter in force, defaults included")
      .coordinate("override", count_up(s.overrides.size()), "1",
                  "setting given on the command line")
      .variable("overrides", {"override"}, s.overrides, "1", "key=value, in their order")
      .variable("name", {"param"}, text(&ParamValue::name), "1", "full path of the parameter")
      .variable("value", {"param"}, text(&ParamValue::value), "1", "value in force, in its unit")
      .variable("unit", {"param"}, units, "1", "unit of the value")
      .variable("source", {"param"}, text(&ParamValue::source), "1", "where the value comes from")
      .variable("basis", {"param"}, text(&ParamValue::basis), "1",
                "what the value rests on; empty if nobody says")
      .variable("low", {"param"}, ends(&ParamRange::low), "1",
                "least value that it may truly have, in its unit; empty without a range")
      .variable("high", {"param"}, ends(&ParamRange::high), "1", "greatest such value")
      .variable("data", {"param"}, data, "1",
                "ids of the published measurements that set it, separated by blanks")
      .variable("linux_name", {"param"}, text(&ParamValue::linux_name), "1",
                "the kernel's own name of the parameter")
      .text("resolved_config", s.resolved_text,
            "the scenario with references and overrides put in, as TOML")
      .text("source_config", s.source_text, "the scenario file as it was read");
}

Group& series(record::FileContent& file, const std::string& name, const RunResult& r) {
  return file.group(name)
      .coordinate("time", column(r.samples, [](const Sample& s) { return s.time.value; }), "ns",
                  "simulated time")
      .coordinate("node", count_up(r.nodes), "1", "NUMA node")
      .coordinate("zone", zone_names(), "1", "zone type");
}

void zones(record::FileContent& file, const RunResult& r) {
  Group& g = series(file, "zones", r);
  const auto put = [&](const char* name, std::int64_t Sample::ZoneState::*field,
                       const char* long_name) {
    Ints data;
    for (const Sample& s : r.samples)
      for (const auto& z : s.zones) data.push_back(z.*field);
    g.variable(name, {"time", "node", "zone"}, std::move(data), "page", long_name);
  };
  using Z = Sample::ZoneState;
  put("nr_free_pages", &Z::free, "free pages, per-CPU lists included");
  put("spanned_pages", &Z::spanned, "pages from the zone's first to its last, holes included");
  put("present_pages", &Z::present, "pages that exist in the zone");
  put("managed_pages", &Z::managed, "pages that the page allocator manages");
  put("min", &Z::min, "min watermark, without boost");
  put("low", &Z::low, "low watermark, without boost");
  put("high", &Z::high, "high watermark, without boost");
  put("boost", &Z::boost, "what kswapd is to free beyond the watermarks");
  put("pcp", &Z::pcp, "pages on per-CPU lists, which watermarks do not see");
}

void buddy(record::FileContent& file, const RunResult& r) {
  Group& g =
      series(file, "buddy", r)
          .coordinate("order", count_up(static_cast<std::size_t>(r.geometry.max_order()) + 1), "1",
                      "order of the block: 2^order pages");
  Ints data;
  for (const Sample& s : r.samples)
    for (const auto& z : s.zones)
      data.insert(data.end(), z.free_blocks.begin(),
                  z.free_blocks.begin() + r.geometry.max_order() + 1);
  g.variable("free_blocks", {"time", "node", "zone", "order"}, std::move(data), "1",
             "free blocks, as in /proc/buddyinfo");
  const auto put = [&](const char* name, auto index, const char* long_name) {
    std::vector<double> values;
    for (const Sample& s : r.samples)
      for (const auto& z : s.zones)
        for (int order = 0; order <= r.geometry.max_order(); ++order)
          values.push_back(z.present > 0 ? static_cast<double>(index(z.free_blocks, order)) / 1000
                                         : std::numeric_limits<double>::quiet_NaN());
    g.variable(name, {"time", "node", "zone", "order"}, std::move(values), "1", long_name);
  };
  put("fragmentation_index", kernel::fragmentation_index,
      "why a request would fail: towards 0 for want of memory, towards 1 because it lies apart; -1 "
      "if it would not; NaN where the zone has no memory");
  put("unusable_free_index", kernel::unusable_free_index,
      "share of the free pages that lie in smaller blocks; NaN where the zone has no memory");
}

void memmap(record::FileContent& file, const RunResult& r) {
  const auto& b = r.blocks;
  Texts zones = zone_names();
  zones.push_back("none");
  const Texts policies = kernel::placements().names();
  const auto policy = static_cast<std::size_t>(
      std::find(policies.begin(), policies.end(), r.placement) - policies.begin());
  const auto boot = static_cast<std::size_t>(
      std::find(policies.begin(), policies.end(), "boot_memory") - policies.begin());
  file.group("memmap")
      .coordinate("block", column(b, [](const BlockState& x) { return x.block.value; }), "1",
                  "memory block, as in /sys/devices/system/memory")
      .variable("start_pfn", {"block"},
                column(b, [](const BlockState& x) { return x.start.value; }), "page",
                "first page frame")
      .variable("pages", {"block"}, column(b, [](const BlockState& x) { return x.pages.value; }),
                "page", "size of the block")
      .variable("memmap_pages", {"block"},
                column(b, [](const BlockState& x) { return x.memmap_pages.value; }), "page",
                "pages that the block's memmap fills")
      .variable("memmap_node", {"block"},
                column(b, [](const BlockState& x) { return x.memmap_node.value; }), "1",
                "node on which the memmap lies")
      .variable("memmap_zone", {"block"},
                flags(b, zones,
                      [&](const BlockState& x) {
                        return x.memmap_zone ? static_cast<std::size_t>(*x.memmap_zone)
                                             : zones.size() - 1;
                      }),
                "1", "zone in which the memmap lies; none while its block is offline")
      .variable("placement", {"block"},
                flags(b, policies,
                      [&](const BlockState& x) { return x.placement_refused ? boot : policy; }),
                "1", "placement that the kernel followed")
      .variable("init_start", {"block"},
                column(b, [](const BlockState& x) { return x.init_start.value; }), "ns",
                "begin of the onlining that initialises the memmap; -1 if it never began")
      .variable("online_at", {"block"},
                column(b, [](const BlockState& x) { return x.online_at.value; }), "ns",
                "when the block was online; -1 if never")
      .variable("unusable_pages", {"block"},
                column(b, [](const BlockState& x) { return x.head_pages.value; }), "page",
                "pages of the block that hold memmap");
}

void hotplug(record::FileContent& file, const RunResult& r) {
  const auto& ops = r.operations;
  Texts reasons;
  for (const Operation& op : ops) reasons.push_back(op.reason);
  file.group("hotplug")
      .coordinate("op", count_up(ops.size()), "1", "operation, in the order in which they ended")
      .variable("kind", {"op"},
                flags(ops, all_words<Operation::Kind>(), [](const Operation& o) { return o.kind; }),
                "1", "what was done")
      .variable("device", {"op"}, column(ops, [](const Operation& o) { return o.device; }), "1",
                "device, in the order of insertion")
      .variable("block", {"op"}, column(ops, [](const Operation& o) { return o.block.value; }), "1",
                "memory block; -1 for a whole device")
      .variable("node", {"op"}, column(ops, [](const Operation& o) { return o.node.value; }), "1",
                "node of the memory")
      .variable("submitted", {"op"},
                column(ops, [](const Operation& o) { return o.submitted.value; }), "ns",
                "when it was asked for")
      .variable("started", {"op"}, column(ops, [](const Operation& o) { return o.started.value; }),
                "ns", "when device_hotplug_lock was granted")
      .variable("finished", {"op"},
                column(ops, [](const Operation& o) { return o.finished.value; }), "ns",
                "when it ended")
      .variable(
          "result", {"op"},
          flags(ops, all_words<kernel::Status>(), [](const Operation& o) { return o.status; }), "1",
          "what the kernel returned")
      .variable("failure_reason", {"op"}, std::move(reasons), "1",
                "what stood in the way; empty for success");
}

void metrics(record::FileContent& file, const RunResult& r) {
  Texts names, units, phases, better, definitions;
  std::vector<double> values;
  for (const Metric& m : r.metrics) {
    names.push_back(m.name);
    units.emplace_back(word(m.unit));
    phases.emplace_back(word(m.phase));
    better.emplace_back(word(m.better));
    definitions.emplace_back(m.definition);
    values.push_back(m.value ? static_cast<double>(*m.value)
                             : std::numeric_limits<double>::quiet_NaN());
  }
  file.group("metrics")
      .coordinate("metric", count_up(names.size()), "1", "figure of the run")
      .variable("name", {"metric"}, std::move(names), "1", "its name")
      .variable("phase", {"metric"}, std::move(phases), "1",
                "the part of the run that it describes")
      .variable("unit", {"metric"}, std::move(units), "1", "unit of the value")
      .variable("better", {"metric"}, std::move(better), "1", "which direction is better")
      .variable("definition", {"metric"}, std::move(definitions), "1", "what the figure is")
      .variable("value", {"metric"}, std::move(values), "1",
                "the figure in its unit; NaN if the run did not get there");
}

Group& amounts(Group& g, const TimeTable& t) {
  const auto put = [&](const char* name, const char* unit, auto amount, const char* long_name) {
    Ints data;
    for (const TimeOf& m : t.metrics)
      for (const Amounts& a : m.amounts) data.push_back(amount(a));
    g.variable(name, {"metric", "row"}, std::move(data), unit, long_name);
  };
  put(
      "units", "1", [](const Amounts& a) { return a.units; },
      "units of work, or times it happened");
  put(
      "time", "ns", [](const Amounts& a) { return a.time().value; },
      "time that it took; the rows add up to the metric");
  put(
      "own", "ns", [](const Amounts& a) { return a.own.value; },
      "of it the CPU time of work; of all else the whole");
  put(
      "stall", "ns", [](const Amounts& a) { return a.stall.value; },
      "of it latency of memory on an idle machine");
  put(
      "contention", "ns", [](const Amounts& a) { return a.contention.value; },
      "of it what others' traffic made it longer");
  return g;
}

void ledger(record::FileContent& file, const RunResult& r) {
  const auto text = [&](auto field) {
    Texts out;
    for (const TimeRow& row : r.times.rows) out.push_back(field(row));
    return out;
  };
  const auto words = [](const std::vector<std::string>& list) {
    return fmt::format("{}", fmt::join(list, " "));
  };
  Texts names;
  for (const TimeOf& m : r.times.metrics) names.push_back(m.metric);
  const auto& rows = r.times.rows;
  Group& g = file.group("ledger");
  g.coordinate("metric", std::move(names), "1", "metric that is explained; run: from the start on")
      .coordinate("row", count_up(rows.size()), "1", "what time was spent on")
      .variable("phase", {"row"}, text([](const TimeRow& x) { return x.phase; }), "1",
                "part of the hot-plug")
      .variable("kind", {"row"}, text([](const TimeRow& x) { return x.kind; }), "1",
                "work, wait, stage of a device or pause of the scenario")
      .variable("name", {"row"}, text([](const TimeRow& x) { return x.name; }), "1",
                "primitive, condition, stage or pause")
      .variable("memory", {"row"}, column(rows, [](const TimeRow& x) { return x.memory; }), "1",
                "node whose memory the work touched; -1 for none")
      .variable("cpu", {"row"}, column(rows, [](const TimeRow& x) { return x.cpu; }), "1",
                "node of the processor; -1 for none")
      .variable("own_rests_on", {"row"},
                text([&](const TimeRow& x) { return words(x.own_rests_on); }), "1",
                "parameters that 'own' rests on, the price first")
      .variable("stall_rests_on", {"row"},
                text([&](const TimeRow& x) { return words(x.stall_rests_on); }), "1",
                "parameters that 'stall' rests on")
      .variable("contention_rests_on", {"row"},
                text([&](const TimeRow& x) { return words(x.contention_rests_on); }), "1",
                "parameters that 'contention' rests on");
  amounts(g, r.times);
}

}  // namespace

std::string fingerprint_text(std::uint64_t fingerprint) { return hex_text(fingerprint); }

std::string run_id(const config::Scenario& scenario, const RunResult& r) {
  ScenarioHash hash(scenario.used);
  const auto exchange = [&](const char* name, const std::string& ran) {
    for (const ParamValue& p : scenario.used) {
      if (p.name != name) continue;
      hash.remove(p.name, p.value);
      hash.add(p.name, ran);
    }
  };
  exchange("kernel.memmap_placement", r.placement);
  exchange("seed", fmt::to_string(r.seed));
  return hex_text(run_id(hash, r.replicate));
}

record::FileContent run_content(const config::Scenario& scenario, const RunResult& r) {
  record::FileContent file;
  file.attribute("Conventions", "CF-1.8")
      .attribute("schema", "mhpsim-run/1")
      .attribute("title", fmt::format("{} ({})", scenario.run.name, r.placement))
      .attribute("run_id", run_id(scenario, r))
      .attribute("study", scenario.run.name)
      .attribute("program_version", kProgramVersion)
      .attribute("model_version", kModelVersion)
      .attribute("fingerprint", fingerprint_text(r.fingerprint))
      .attribute("seed", static_cast<std::int64_t>(r.seed))
      .attribute("replicate", static_cast<std::int64_t>(r.replicate))
      .attribute("placement", r.placement)
      .attribute("outcome", std::string(word(r.outcome)))
      .attribute("reason", r.reason)
      .attribute("status", "complete");
  if (const auto note = kernel::placements().find(r.placement)->note(); !note.empty())
    file.attribute("placement_note", note);
  if (const auto note = config::kernel_note(scenario.profile); !note.empty())
    file.attribute("kernel_note", note);
  provenance(file, scenario);
  zones(file, r);
  buddy(file, r);
  memmap(file, r);
  hotplug(file, r);
  metrics(file, r);
  ledger(file, r);
  return file;
}

}  // namespace mhp::run
