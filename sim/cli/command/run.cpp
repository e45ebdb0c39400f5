#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "sim/cli/cli.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/figures.hpp"
#include "sim/cli/origin_view.hpp"
#include "sim/cli/output.hpp"
#include "sim/cli/run_progress.hpp"
#include "sim/cli/uncertainty_view.hpp"
#include "sim/config/kernel_profiles.hpp"
#include "sim/run/explain/resting.hpp"
#include "sim/run/result/run_content.hpp"

namespace mhp::cli {

namespace run_command {
namespace {

struct Args {
  ScenarioArgs scenario;
  std::int64_t samples = 0;
  unsigned threads = all_processors();
  std::uint64_t replicate = 0;
  std::string output;
  std::string timeline;
  bool force = false;
  bool json = false;
  bool no_progress = false;
};

void print_json(const config::Scenario& scenario, const run::RunResult& r,
                const std::optional<study::Uncertainty>& uncertainty) {
  nlohmann::ordered_json out;
  out["schema"] = "mhpsim-figures/1";
  out["scenario"] = scenario.run.name;
  out["seed"] = r.seed;
  out["placement"] = r.placement;
  if (const auto note = placement_note(r.placement); !note.empty()) out["note"] = note;
  if (const auto note = config::kernel_note(scenario.profile); !note.empty())
    out["kernel_note"] = note;
  if (scenario.origin) out["machine"] = origin_json(scenario.origin);
  out["outcome"] = word(r.outcome);
  out["reason"] = r.reason;
  out["fingerprint"] = run::fingerprint_text(r.fingerprint);
  out["metrics"] = nlohmann::ordered_json::array();
  const run::Constants constants(scenario.used);
  for (const run::Metric& m : r.metrics) {
    nlohmann::ordered_json row{{"name", m.name},
                               {"unit", word(m.unit)},
                               {"better", word(m.better)},
                               {"phase", word(m.phase)}};
    row["value"] = m.value ? nlohmann::ordered_json(*m.value) : nlohmann::ordered_json(nullptr);
    for (const run::TimeOf& of : r.times.metrics) {
      if (of.metric != m.name) continue;
      const auto resting = run::resting_of(r.times.rows, of.amounts, constants);
      row["rests_on"] = nlohmann::ordered_json::object();
      for (const auto& [basis, time] : resting.by_basis)
        row["rests_on"][basis] = resting.share(basis);
    }
    out["metrics"].push_back(std::move(row));
  }
  if (uncertainty) out["uncertainty"] = uncertainty_json(*uncertainty, {r.placement});
  fmt::print("{}\n", out.dump(2));
}

/// The figures but those that are 0, as a comparison shows them.
void print_figures(const std::vector<run::Metric>& metrics) {
  const auto is_zero = [](const run::Metric& m) { return m.value && *m.value == 0; };
  std::size_t width = 0;
  for (const run::Metric& m : metrics)
    if (!is_zero(m)) width = std::max(width, m.name.size());
  for (const run::Metric& m : metrics)
    if (!is_zero(m))
      fmt::print("{}\n", trimmed(fmt::format(
                             "  {:<{}} {:<8} {:>18} {}", m.name, width, word(m.phase),
                             m.value ? human(static_cast<double>(*m.value), m.unit) : "not reached",
                             m.value ? label(m.unit) : "")));
  if (const auto zeros = std::count_if(metrics.begin(), metrics.end(), is_zero); zeros > 0)
    fmt::print("\n{} figures that are 0 are left out (--json has them)\n", zeros);
}

void print_table(const config::Scenario& scenario, const run::RunResult& r,
                 const std::optional<study::Uncertainty>& uncertainty) {
  fmt::print("{}: {}\n", scenario.run.name, scenario.run.doc);
  fmt::print("{}, seed {}: {}{}\n\n", placement_text(r.placement), r.seed, word(r.outcome),
             r.reason.empty() ? "" : " (" + r.reason + ")");
  fmt::print("{}", origin_text(scenario.origin));
  print_figures(r.metrics);
  const run::Constants constants(scenario.used);
  if (!r.times.metrics.empty()) fmt::print("\n");
  for (const run::TimeOf& of : r.times.metrics) {
    const auto resting = run::resting_of(r.times.rows, of.amounts, constants);
    if (of.metric != "run" && resting.time.value > 0)
      fmt::print("  {}: {}\n", of.metric, run::resting_summary(resting, constants));
  }
  if (uncertainty) fmt::print("{}", uncertainty_table(*uncertainty, {r.placement}));
  fmt::print("\n{} events, fingerprint {}\n", r.engine.executed,
             run::fingerprint_text(r.fingerprint));
}

/// The same as mhpsim timeline makes of the result file.
int write_timeline(const Args& args, const config::Scenario& scenario, const run::RunResult& r) {
  if (args.timeline.empty()) return kOk;
  const record::FileContent file = run::run_content(scenario, r);
  return put_timeline({{file, args.timeline}}, args.timeline, args.force);
}

int execute(const Args& args) {
  const auto scenario = load(args.scenario);
  if (!scenario) return print_errors(scenario.error()), exit_code_for(args.scenario);
  if (!are_different_files({{"--output", args.output}, {"--timeline", args.timeline}}))
    return kUsage;
  const std::vector<std::string> inputs{args.scenario.path, args.scenario.machine};
  if (!replaces_none_of(inputs, "--output", args.output) ||
      !replaces_none_of(inputs, "--timeline", args.timeline))
    return kUsage;
  for (const std::string& path : {args.output, args.timeline})
    if (!path.empty() && !may_write_file(path, args.force)) return kNotWritten;
  run::RunResult result;
  {
    RunProgress progress(*scenario, !args.no_progress);
    run::RunOptions options{{}, static_cast<std::uint64_t>(scenario->run.seed), args.replicate, {}};
    options.record = !args.output.empty() || !args.timeline.empty();
    result = progress.simulate(*scenario, options);
  }
  if (!args.output.empty() && !write_run(*scenario, result, args.output, args.force))
    return kNotWritten;
  if (const int code = write_timeline(args, *scenario, result); code != kOk) return code;
  const auto sampled =
      sample_constants(*scenario, {{result.placement}, args.samples, result.seed, args.threads, {}},
                       !args.no_progress);
  if (!sampled) return print_errors(sampled.error()), kBadConfig;
  args.json ? print_json(*scenario, result, *sampled) : print_table(*scenario, result, *sampled);
  return kOk;
}

void describe(CLI::App& command, int& exit_code) {
  const auto args = std::make_shared<Args>();
  add_scenario_options(command, args->scenario);
  add_machine_option(command, args->scenario);
  add_sampling_options(command, args->samples, args->threads);
  command
      .add_option("--replicate", args->replicate,
                  "which set of random draws: a run of a study reproduces with its replicate")
      ->capture_default_str()
      ->type_name("N");
  command.add_option("-o,--output", args->output, "result file (HDF5)")->type_name("FILE.h5");
  command
      .add_option("--timeline", args->timeline,
                  "what went on and when, for trace viewers (JSON; docs/timelines.md)")
      ->type_name("FILE.json");
  command.add_flag("--force", args->force, "replace an existing result file");
  add_json_option(command, args->json);
  add_progress_option(command, args->no_progress);
  command.footer(
      "Examples:\n"
      "  mhpsim run configs/scenarios/quickstart.toml -o quickstart.h5\n"
      "  mhpsim run configs/scenarios/quickstart.toml --timeline quickstart.json\n"
      "  mhpsim run configs/scenarios/small-guest.toml --set "
      "kernel.memmap_placement=hotplugged_range --json\n\n"
      "An operation that fails in the simulation (ENOMEM) is a result: the exit code is 0.");
  command.callback([args, &exit_code] { exit_code = execute(*args); });
}

}  // namespace
}  // namespace run_command

void register_command_run(CommandRegistry& registry) {
  registry.add({"run", "simulate a scenario once", run_command::describe});
}

}  // namespace mhp::cli
