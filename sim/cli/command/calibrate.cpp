#include <fmt/format.h>

#include <memory>

#include "analysis/validation/host/profile_files.hpp"
#include "sim/cli/cli.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/host_view.hpp"
#include "sim/cli/narrowing_view.hpp"
#include "sim/cli/output.hpp"
#include "sim/config/kernel_profiles.hpp"
#include "sim/config/toml_writer.hpp"
#include "sim/core/data_folder.hpp"
#include "sim/core/units.hpp"

namespace mhp::cli {

namespace calibrate_command {
namespace {

struct Args : HostArgs {
  std::string costs_file;
  std::string machine_file;
  bool force = false;
  std::string scenario = shipped("configs/scenarios/quickstart.toml");
  std::int64_t samples = 20;
  unsigned threads = all_processors();
};

/// A constant as it is shown, with its name and unit.
struct Row {
  std::string name;
  std::string unit;
  const host::Constant* constant;
};

std::vector<Row> rows_of(const host::Constants& c) {
  std::vector<Row> rows;
  for (std::size_t n = 0; n < c.nodes.size(); ++n) {
    rows.push_back({fmt::format("node.{}.latency", n), "ns", &c.nodes[n].latency_ns});
    rows.push_back({fmt::format("node.{}.bandwidth", n), "GB/s", &c.nodes[n].bandwidth});
  }
  for (std::size_t l = 0; l < c.links.size(); ++l) {
    rows.push_back({fmt::format("link.{}.latency", l), "ns", &c.links[l].latency_ns});
    rows.push_back({fmt::format("link.{}.bandwidth", l), "GB/s", &c.links[l].bandwidth});
  }
  rows.push_back({"core.misses_in_flight_stream", "", &c.in_flight_stream});
  rows.push_back({"core.misses_in_flight_stride", "", &c.in_flight_stride});
  rows.push_back({"core.stream_start_misses", "", &c.stream_start});
  rows.push_back({"service_variability", "", &c.variability});
  if (c.clock.is.value > 0) rows.push_back({"core.clock", "MHz", &c.clock});
  for (const auto& p : c.primitives)
    rows.push_back(
        {fmt::format("{}.cpu", kernel::kPrimitiveNames[static_cast<std::size_t>(p.primitive)]),
         "ns", &p.cpu_ns});
  return rows;
}

void print_text(const host::Host& host, const Calibration& c) {
  fmt::print("{}, {} node{}, {} of memory to work in, {} % in huge pages\n\n", host.cpu().model,
             host.nodes().size(), host.nodes().size() == 1 ? "" : "s",
             format_bytes(c.measured.memory.front().size), c.measured.huge_percent);
  fmt::print("{:<34} {:>9} {:>9} {:>9}  {:<12} {:>5} {:>10}\n", "measured", "quartile", "least",
             "median", "ns per", "times", "disturbed");
  for (const auto& [name, s] : c.measured.all())
    fmt::print("{:<34} {:>9.4g} {:>9.4g} {:>9.4g}  {:<12} {:>5} {:>8.0f} %\n", name, s->value(),
               s->least(), s->median(), s->unit, s->repetitions.size(),
               100 * static_cast<double>(s->disturbed) / static_cast<double>(s->samples));
  fmt::print("\n{:<34} {:>9} {:>19}  {:<5} basis\n", "constant", "value", "range", "unit");
  for (const Row& r : rows_of(c.constants)) {
    const host::Constant& k = *r.constant;
    fmt::print("{:<34} {:>9.4g} {:>19}  {:<5} {}: {}\n", r.name, k.is.value,
               fmt::format("{:.4g}..{:.4g}", k.is.low, k.is.high), r.unit, k.basis, k.source);
  }
}

void print_json(const host::Host& host, const Calibration& c, const Narrowing& narrowing,
                const std::string& kernel_note) {
  using nlohmann::ordered_json;
  ordered_json out;
  out["schema"] = "mhpsim-calibrate/1";
  out["processor"] = host.cpu().model;
  out["family"] = host.cpu().family;
  out["memory"] = c.measured.memory.front().size.value;
  out["cached"] = c.measured.memory.front().cached;
  out["flushed"] = c.measured.memory.front().flushed;
  out["huge_percent"] = c.measured.huge_percent;
  out["pinned"] = c.measured.pinned;
  out["bound"] = c.measured.bound;
  for (const auto& [name, s] : c.measured.all()) out["measured"][name] = to_json(*s);
  for (const Row& r : rows_of(c.constants)) {
    const host::Constant& k = *r.constant;
    out["constants"][r.name] = {{"value", k.is.value}, {"low", k.is.low},  {"high", k.is.high},
                                {"unit", r.unit},      {"basis", k.basis}, {"source", k.source}};
  }
  if (!kernel_note.empty()) out["kernel_note"] = kernel_note;
  out["narrowing"] = narrowing_json(narrowing);
  out["warnings"] = c.constants.warnings;
  fmt::print("{}\n", out.dump(2));
}

int execute(const Args& args) {
  if (!are_different_files({{"--output", args.costs_file}, {"--machine", args.machine_file}}))
    return kUsage;
  for (const std::string& path : {args.costs_file, args.machine_file})
    if (!path.empty() && !may_write_file(path, args.force)) return kNotWritten;
  int code = kOk;
  const auto limits = read_limits(args, code);
  if (!limits) return code;
  const auto base = read_base(args, code);
  if (!base) return code;
  const auto scenario = load({args.scenario, {}, {}});
  if (!scenario) return print_errors(scenario.error()), exit_code_for(args.scenario);
  const auto host = open_host(*limits, code);
  if (!host) return code;
  if (args.dry_run) {
    print_plans(*host, *limits, args.json);
    return kOk;
  }
  const auto c = calibrate(*host, *limits, *base, args, code);
  if (!c) return code;
  const Value costs = host::cost_table(base->table, c->constants, host->cpu().model);
  const Value machine = host::machine_table(c->constants, host->cpu(), host->nodes());
  host::read_back_costs(costs);
  host::read_back_machine(machine);
  const auto narrows =
      narrowing(*scenario, costs, machine, args.samples, args.threads, !args.no_progress);
  if (!narrows) return print_errors(narrows.error()), kBadConfig;
  if (args.json) {
    print_json(*host, *c, *narrows, config::kernel_note(scenario->profile));
  } else {
    print_text(*host, *c);
    fmt::print("{}", narrowing_text(*narrows));
  }
  print_warnings(*host, *c);
  for (const auto& [table, path] :
       {std::pair{&costs, &args.costs_file}, std::pair{&machine, &args.machine_file}})
    if (!path->empty() && !write_text(config::to_toml(*table), *path, args.force))
      return kNotWritten;
  return kOk;
}

void describe(CLI::App& command, int& exit_code) {
  const auto args = std::make_shared<Args>();
  command.add_option("-o,--output", args->costs_file, "write a cost profile")
      ->type_name("COSTS.toml");
  command.add_option("--machine", args->machine_file, "write a machine")->type_name("MACHINE.toml");
  command.add_flag("--force", args->force, "replace existing files");
  add_host_options(command, *args);
  let_name_shipped(
      *command
           .add_option("--scenario", args->scenario,
                       "scenario whose times are told before and after, on its own machine's sizes")
           ->capture_default_str()
           ->type_name("FILE"),
      "scenarios");
  command
      .add_option(
          "--uncertainty", args->samples,
          "samples of constants, before and after, for the intervals of those times; 0: none")
      ->capture_default_str()
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{100'000}))
      ->type_name("N");
  command.add_option("-j,--jobs", args->threads, "threads that simulate samples")
      ->check(CLI::Range(1u, 1024u))
      ->type_name("N");
  command.footer(
      "Example:\n"
      "  mhpsim calibrate -o costs.toml --machine machine.toml\n"
      "  mhpsim compare configs/scenarios/small-guest.toml --set costs=costs.toml --set "
      "machine=machine.toml\n\n"
      "What is measured, and the arithmetic: docs/calibration.md.");
  command.callback([args, &exit_code] { exit_code = execute(*args); });
}

}  // namespace
}  // namespace calibrate_command

void register_command_calibrate(CommandRegistry& registry) {
  registry.add({"calibrate", "measure the machine at hand and derive costs and a machine from it",
                calibrate_command::describe});
}

}  // namespace mhp::cli
