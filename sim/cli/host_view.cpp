#include "sim/cli/host_view.hpp"

#include <fmt/format.h>

#include <tuple>
#include <utility>

#include "sim/cli/cli.hpp"
#include "sim/config/toml_source.hpp"
#include "sim/core/units.hpp"

namespace mhp::cli {

void add_host_options(CLI::App& command, HostArgs& args) {
  command
      .add_option("--seconds", args.seconds,
                  "about how long to measure; every measurement is made three times at least")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 3600.0))
      ->type_name("S");
  command
      .add_option("--memory", args.memory,
                  "memory of a node to work in, as in 512MiB (default: 8 times its caches, and a "
                  "quarter of what is free at the most)")
      ->type_name("SIZE");
  command
      .add_option("--free-memory", args.free_memory,
                  "what counts as free on every node (default: what the system says is available)")
      ->type_name("SIZE");
  let_name_shipped(
      *command.add_option("--base", args.base, "cost profile that the rest is taken from")
           ->capture_default_str()
           ->type_name("FILE"),
      "costs");
  command.add_flag("--dry-run", args.dry_run,
                   "check what is given, say how much memory would be worked in, measure nothing");
  add_json_option(command, args.json);
  add_progress_option(command, args.no_progress);
}

namespace {

/// Says what is wrong and keeps the exit code; nothing comes of it.
std::nullopt_t refuse(const Diagnostics& errors, int code, int& exit_code) {
  print_errors(errors);
  exit_code = code;
  return std::nullopt;
}

}  // namespace

std::optional<HostLimits> read_limits(const HostArgs& args, int& exit_code) {
  HostLimits limits;
  limits.seconds = args.seconds;
  for (const auto& [option, text, bytes] :
       {std::tuple{"--memory", &args.memory, &limits.memory},
        std::tuple{"--free-memory", &args.free_memory, &limits.free}}) {
    if (text->empty()) continue;
    const auto read = parse_bytes(*text, {option, 0, 0});
    if (!read) return refuse(read.error(), kUsage, exit_code);
    *bytes = *read;
  }
  if (limits.memory && *limits.memory < host::kLeastMemory)
    return refuse({{{"--memory", 0, 0},
                    fmt::format("{} is too little to work in", format_bytes(*limits.memory)),
                    fmt::format("at least {}", format_bytes(host::kLeastMemory))}},
                  kUsage, exit_code);
  return limits;
}

std::optional<Base> read_base(const HostArgs& args, int& exit_code) {
  auto table = config::load_toml(args.base);
  if (!table) return refuse(table.error(), exit_code_for(args.base), exit_code);
  Diagnostics errors;
  auto costs = cost::read_cost_profile(*table, errors, nullptr);
  if (!errors.empty()) return refuse(errors, kBadConfig, exit_code);
  return Base{std::move(*table), std::move(costs)};
}

std::optional<host::Host> open_host(const HostLimits& limits, int& exit_code) {
  auto host = host::Host::here(limits.free);
  if (!host) return refuse(host.error(), kBadInput, exit_code);
  for (const host::HostNode& node : host->nodes())
    if (const auto plan = host::plan_memory(node, limits); !plan)
      return refuse(plan.error(), limits.memory ? kUsage : kBadInput, exit_code);
  return std::move(*host);
}

void print_plans(const host::Host& host, const host::Limits& limits, bool json) {
  nlohmann::ordered_json out;
  out["schema"] = "mhpsim-host-plan/1";
  for (const host::HostNode& node : host.nodes()) {
    const host::MemoryPlan plan = *host::plan_memory(node, limits);
    out["nodes"].push_back({{"node", node.os_index},
                            {"cores", node.cores.size()},
                            {"caches", node.cache.value},
                            {"free", node.free.value},
                            {"memory", plan.size.value},
                            {"cached", plan.cached},
                            {"notes", plan.notes}});
    if (json) continue;
    fmt::print("node {}: {} core{}, caches {}, {} free: {} to work in\n", node.os_index,
               node.cores.size(), node.cores.size() == 1 ? "" : "s", format_bytes(node.cache),
               format_bytes(node.free), format_bytes(plan.size));
    for (const std::string& note : plan.notes) fmt::print("note: {}\n", note);
  }
  if (json) fmt::print("{}\n", out.dump(2));
}

std::optional<Calibration> calibrate(const host::Host& host, const host::Limits& limits,
                                     const Base& base, const HostArgs& args, int& exit_code,
                                     std::vector<host::Bench> with) {
  Progress progress(!args.no_progress);
  auto measured = host::measure(
      host, limits, [&](const std::string& text) { progress.show("measuring, " + text); },
      std::move(with));
  if (!measured) return refuse(measured.error(), kBadInput, exit_code);
  auto constants = host::derive(*measured, base.costs);
  return Calibration{std::move(*measured), std::move(constants)};
}

void print_warnings(const host::Host& host, const Calibration& c) {
  for (const std::string& w : c.constants.warnings) fmt::print(stderr, "calibrate: {}\n", w);
  if (!host.is_this_system())
    fmt::print(stderr, "calibrate: hwloc's environment gives another machine's topology\n");
  if (!c.measured.pinned)
    fmt::print(stderr, "calibrate: threads could not be pinned to processors\n");
  if (!c.measured.bound) fmt::print(stderr, "calibrate: memory could not be bound to its node\n");
  if (host.left_out() > 0)
    fmt::print(stderr, "calibrate: {} node(s) without processors or memory left out\n",
               host.left_out());
}

nlohmann::ordered_json to_json(const host::Series& s) {
  return {{"unit", "ns/" + s.unit},  {"value", s.value()},           {"least", s.least()},
          {"median", s.median()},    {"repetitions", s.repetitions}, {"samples", s.samples},
          {"disturbed", s.disturbed}};
}

}  // namespace mhp::cli
