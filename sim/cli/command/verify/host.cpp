#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "analysis/validation/host/experiments.hpp"
#include "analysis/validation/host/profile_files.hpp"
#include "sim/cli/cli.hpp"
#include "sim/cli/command/verify/verify.hpp"
#include "sim/cli/host_view.hpp"
#include "sim/config/toml_source.hpp"

namespace mhp::cli {

namespace verify_host {
namespace {

struct Args : HostArgs {
  std::string costs_file;
  std::string machine_file;
};

struct Profile {
  machine::Machine machine;
  cost::CostProfile costs;
};

/// What both files hold; says what is wrong with them.
std::optional<Profile> load_profile(const Args& args, int& exit_code) {
  Profile out;
  Diagnostics errors;
  const auto refuse = [&](const Diagnostics& wrong, const std::string& path) {
    print_errors(wrong);
    exit_code = exit_code_for(path);
    return std::nullopt;
  };
  const auto machine = config::load_machine(args.machine_file);
  if (!machine) return refuse(machine.error(), args.machine_file);
  out.machine = machine::read_machine(*machine, errors, nullptr);
  if (!errors.empty()) return refuse(errors, args.machine_file);
  const auto costs = config::load_toml(args.costs_file);
  if (!costs) return refuse(costs.error(), args.costs_file);
  out.costs = cost::read_cost_profile(*costs, errors, nullptr);
  if (!errors.empty()) return refuse(errors, args.costs_file);
  return out;
}

/// What is given instead of a calibration, or where its rest comes from.
struct Given {
  std::optional<Profile> profile;
  std::optional<Base> base;
};

std::optional<Given> load_given(const Args& args, int& exit_code) {
  Given given;
  if (args.costs_file.empty())
    given.base = read_base(args, exit_code);
  else
    given.profile = load_profile(args, exit_code);
  return given.base || given.profile ? std::optional(std::move(given)) : std::nullopt;
}

/// Does the experiments: with the files' constants, or in turn with a calibration.
std::optional<Profile> run(const host::Host& host, const host::Limits& limits, const Args& args,
                           Given given, host::Experiments& experiments, int& exit_code) {
  if (given.base) {
    const auto c = calibrate(host, limits, *given.base, args, exit_code, experiments.benches());
    if (!c) return std::nullopt;
    print_warnings(host, *c);
    return Profile{
        host::read_back_machine(host::machine_table(c->constants, host.cpu(), host.nodes())),
        host::read_back_costs(host::cost_table(given.base->table, c->constants, host.cpu().model))};
  }
  Progress progress(!args.no_progress);
  auto benches = experiments.benches();
  if (!host::run_rounds(host, host.nodes().front().cores.front(), benches, limits.seconds,
                        [&](const std::string& text) { progress.show(text); }))
    fmt::print(stderr, "verify host: threads could not be pinned to processors\n");
  return std::move(given.profile);
}

const char* word(const host::Experiment& e) { return e.pass() ? "pass" : "FAIL"; }

void print_text(const host::Comparison& all) {
  fmt::print("{:<20} {:>9} {:>9} {:>10} {:>9}  {:<15} what\n", "experiment", "real", "simulated",
             "deviation", "within", "verdict, ns per");
  for (const host::Experiment& e : all.experiments) {
    fmt::print("{:<20} {:>9.4g} {:>9.4g} {:>8.1f} % {:>7.0f} %  {} {:<11} {}\n", e.name,
               e.real.value(), e.simulated, 100 * e.deviation(), 100 * e.criterion(), word(e),
               e.real.unit, e.what);
    fmt::print("    raw:");
    for (const double r : e.real.repetitions) fmt::print(" {:.4g}", r);
    fmt::print("\n");
  }
  for (const std::string& note : all.notes) fmt::print("note: {}\n", note);
  fmt::print("{} of {} within their criterion\n",
             std::count_if(all.experiments.begin(), all.experiments.end(),
                           [](const auto& e) { return e.pass(); }),
             all.experiments.size());
}

void print_json(const host::Comparison& all) {
  using nlohmann::ordered_json;
  ordered_json out;
  out["schema"] = "mhpsim-verify-host/1";
  out["pass"] = all.pass();
  out["experiments"] = ordered_json::array();
  for (const host::Experiment& e : all.experiments)
    out["experiments"].push_back({{"name", e.name},
                                  {"what", e.what},
                                  {"contended", e.contended},
                                  {"real", to_json(e.real)},
                                  {"simulated", e.simulated},
                                  {"deviation", e.deviation()},
                                  {"criterion", e.criterion()},
                                  {"pass", e.pass()}});
  out["notes"] = all.notes;
  fmt::print("{}\n", out.dump(2));
}

int execute(const Args& args) {
  if (args.costs_file.empty() != args.machine_file.empty()) {
    fmt::print(stderr, "--costs and --machine belong together; give both or neither\n");
    return kUsage;
  }
  int code = kOk;
  const auto limits = read_limits(args, code);
  if (!limits) return code;
  auto given = load_given(args, code);
  if (!given) return code;
  const auto host = open_host(*limits, code);
  if (!host) return code;
  if (args.dry_run) {
    print_plans(*host, *limits, args.json);
    return kOk;
  }
  auto experiments = host::Experiments::prepare(*host, *limits);
  if (!experiments) {
    print_errors(experiments.error());
    return kBadInput;
  }
  const auto profile = run(*host, *limits, args, std::move(*given), *experiments, code);
  if (!profile) return code;
  const host::Comparison all = experiments->compare(profile->machine, profile->costs);
  args.json ? print_json(all) : print_text(all);
  return all.pass() ? kOk : kCheckFailed;
}

}  // namespace
}  // namespace verify_host

void add_verify_host(CLI::App& verify, int& exit_code) {
  const auto args = std::make_shared<verify_host::Args>();
  CLI::App* command = verify.add_subcommand(
      "host", "do memmap work for real on this machine and simulated, and compare");
  command->add_option("--costs", args->costs_file, "cost profile of 'mhpsim calibrate'")
      ->type_name("FILE");
  command->add_option("--machine", args->machine_file, "machine of 'mhpsim calibrate'")
      ->type_name("FILE");
  add_host_options(*command, *args);
  command->footer(
      "Without files the machine is calibrated meanwhile, in turn with the experiments.\n\n"
      "Examples:\n"
      "  mhpsim verify host\n"
      "  mhpsim verify host --costs costs.toml --machine machine.toml --seconds 30\n\n"
      "The exit code is 0 if every experiment is within its criterion: 15 % with one thread, 25 % "
      "with several.\nWhat else runs on the machine disturbs the measurement.");
  command->callback([args, &exit_code] { exit_code = verify_host::execute(*args); });
}

}  // namespace mhp::cli
