#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "analysis/validation/captures/own_change.hpp"
#include "sim/cli/cli.hpp"
#include "sim/cli/command/verify/verify.hpp"
#include "sim/cli/origin_view.hpp"
#include "sim/config/kernel_profiles.hpp"
#include "sim/core/data_folder.hpp"
#include "sim/core/read_file.hpp"
#include "sim/observed/snapshot_file.hpp"
#include "sim/observed/texts/recognise.hpp"
#include "sim/run/looks.hpp"

namespace mhp::cli {

namespace verify_zoneinfo {
namespace {

using nlohmann::ordered_json;
using validation::CaptureReport;

struct Args {
  std::string before;
  std::string after;
  ScenarioArgs scenario;
  std::int64_t bound = validation::kNoiseBound;
  bool json = false;
};

Result<observed::Observed> look(const std::string& path) {
  auto text = read_file_text(path, observed::kMostSnapshotBytes);
  if (!text) return tl::unexpected<Diagnostics>(text.error());
  auto seen = observed::observe({{path, std::move(*text)}});
  if (seen && seen->zones.empty())
    return fail({path, 0, 0}, "no zone is in it", "a snapshot, or a copy of /proc/zoneinfo");
  return seen;
}

/// The model before anything is added, and when the run has ended.
struct Moments {
  validation::ModelMoment start;
  validation::ModelMoment end;
  run::RunResult result;
};

// A run that has ended cannot be looked at: just before it does, when all has been done for a
// while.
Moments simulate(config::Scenario scenario) {
  scenario.run.settle = std::max(scenario.run.settle, kMillisecond);
  run::RunOptions options{{}, static_cast<std::uint64_t>(scenario.run.seed), 0, {}, false};
  Moments m;
  m.result = run::simulate(scenario, options);
  run::Looks looks;
  looks.at = {SimTime{}, m.result.samples.back().time - SimTime{1}};
  std::vector<validation::ModelMoment> seen;
  looks.see = [&](const run::System& s, const auto&) {
    seen.push_back(validation::moment_of(s.mm, s.hotplug));
  };
  run::simulate(scenario, options, looks);
  m.start = seen.front();
  m.end = seen.back();
  return m;
}

void print_table(const CaptureReport& report, const Moments& m, const Args& args) {
  const auto& noise = report.worst[static_cast<std::size_t>(validation::NoiseKind::free_pages)];
  fmt::print("{} and {}: the run ended {}{}\n", args.before, args.after, word(m.result.outcome),
             m.result.reason.empty() ? "" : " (" + m.result.reason + ")");
  fmt::print("{:<34} {:>7} {:>7}\n", "changes", "checks", "agree");
  fmt::print("{:<34} {:>7} {:>7}\n", "page for page", report.exact.checks, report.exact.passed);
  fmt::print("{:<34} {:>7} {:>7}   worst {} of {} pages\n", "free pages, within the bound",
             report.noise.checks, report.noise.passed, noise, args.bound);
  std::string zone;
  fmt::print("\n{:<28} {:>12} {:>12} {:>12}\n", "zone, by the model [pages]", "spanned", "present",
             "managed");
  for (std::size_t i = 0; i < m.end.zones.size(); ++i) {
    const auto& z = m.end.zones[i];
    const auto& was = m.start.zones[i];
    if (z.present.value == 0 && was.present.value == 0) continue;
    fmt::print("{:<28} {:>+12} {:>+12} {:>+12}\n",
               fmt::format("node {} {}", z.node.value, kernel::zone_name(z.type)),
               (z.spanned - was.spanned).value, (z.present - was.present).value,
               (z.managed - was.managed).value);
  }
  fmt::print("{:<28} {:>+12}\n", "nr_memmap_pages [pages]",
             m.end.nr_memmap_pages - m.start.nr_memmap_pages);
  for (const auto& [what, n] : report.unmodelled)
    fmt::print("not compared: {} (not in both files)\n", what);
  if (report.mismatches.empty()) return;
  fmt::print("\n{:<40} {:>24} {:>24}\n", "differs", "machine", "model");
  for (const auto& miss : report.mismatches)
    fmt::print("{:<40} {:>24} {:>24}\n", miss.quantity, miss.expected, miss.got);
}

void print_json(const CaptureReport& report, const Moments& m, const config::Scenario& scenario,
                const Args& args) {
  ordered_json out;
  out["schema"] = "mhpsim-verify/1";
  out["before"] = args.before;
  out["after"] = args.after;
  out["scenario"] = scenario.run.name;
  if (const auto note = config::kernel_note(scenario.profile); !note.empty())
    out["kernel_note"] = note;
  if (scenario.origin) out["machine"] = origin_json(scenario.origin);
  out["outcome"] = word(m.result.outcome);
  out["as_expected"] = report.mismatches.empty();
  out["checks"] = report.checks();
  out["passed"] = report.exact.passed + report.noise.passed;
  out["by_class"] = {
      {"exact", {{"checks", report.exact.checks}, {"passed", report.exact.passed}}},
      {"noise",
       {{"checks", report.noise.checks},
        {"passed", report.noise.passed},
        {"bound", args.bound},
        {"worst", report.worst[static_cast<std::size_t>(validation::NoiseKind::free_pages)]}}}};
  out["not_compared"] = ordered_json::array();
  for (const auto& [what, n] : report.unmodelled) out["not_compared"].push_back(what);
  out["mismatches"] = ordered_json::array();
  for (const auto& miss : report.mismatches)
    out["mismatches"].push_back(
        {{"class", miss.check_class == validation::CheckClass::exact ? "exact" : "noise"},
         {"quantity", miss.quantity},
         {"expected", miss.expected},
         {"got", miss.got}});
  fmt::print("{}\n", out.dump(2));
}

int execute(Args args) {
  Diagnostics errors;
  const auto before = look(args.before);
  const auto after = look(args.after);
  for (const auto* file : {&before, &after})
    if (!*file) errors.insert(errors.end(), file->error().begin(), file->error().end());
  if (!errors.empty()) return print_errors(errors), kBadInput;
  // Nobody knows the machine better than the first look at it.
  if (args.scenario.machine.empty()) args.scenario.machine = args.before;
  const auto scenario = load(args.scenario);
  if (!scenario) return print_errors(scenario.error()), exit_code_for(args.scenario);
  const Moments m = simulate(*scenario);
  CaptureReport report;
  report.name = args.after;
  validation::Score score(report);
  score.at(0, "change");
  validation::compare_change(score, *before, *after, m.start, m.end, args.bound);
  args.json ? print_json(report, m, *scenario, args) : print_table(report, m, args);
  return report.mismatches.empty() ? kOk : kCheckFailed;
}

}  // namespace
}  // namespace verify_zoneinfo

void add_verify_zoneinfo(CLI::App& verify, int& exit_code) {
  auto* command = verify.add_subcommand(
      "zoneinfo", "hold a machine of your own, before and after memory was added, against a run");
  const auto args = std::make_shared<verify_zoneinfo::Args>();
  command->add_option("BEFORE", args->before, "snapshot, or copy of /proc/zoneinfo, before the add")
      ->required();
  command->add_option("AFTER", args->after, "the same, once the memory was online")->required();
  args->scenario.path = shipped("configs/scenarios/own-machine.toml");
  let_name_shipped(
      *command
           ->add_option("--scenario", args->scenario.path, "scenario of what was done in between")
           ->capture_default_str()
           ->type_name("FILE"),
      "scenarios");
  command
      ->add_option("--machine", args->scenario.machine,
                   "machine that the run begins with (default: BEFORE)")
      ->type_name("FILE");
  command
      ->add_option("--set", args->scenario.settings,
                   "set a parameter: key=value, with the path that 'mhpsim list params' shows")
      ->take_all()
      ->type_name("KEY=VALUE");
  command
      ->add_option("--bound", args->bound,
                   "pages by which a zone's free memory may change otherwise, for what else the "
                   "machine does")
      ->capture_default_str()
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 40))
      ->type_name("PAGES");
  add_json_option(*command, args->json);
  command->footer(
      "Examples:\n"
      "  mhpsim snapshot -o before.snapshot\n"
      "  (plug the memory and bring it online)\n"
      "  mhpsim snapshot -o after.snapshot\n"
      "  mhpsim verify zoneinfo before.snapshot after.snapshot --set hotplug.0.size=16GiB\n\n"
      "Exit codes: 0 if everything that must be the same is, 1 if something differs.");
  command->callback([args, &exit_code] { exit_code = verify_zoneinfo::execute(*args); });
}

}  // namespace mhp::cli
