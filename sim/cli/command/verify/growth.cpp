#include "analysis/validation/growth/growth.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "sim/cli/cli.hpp"
#include "sim/cli/command/verify/verify.hpp"
#include "sim/config/kernel_profiles.hpp"
#include "sim/core/data_folder.hpp"

namespace mhp::cli {

namespace verify_growth {
namespace {

using validation::GrowthReport;
using validation::GrowthRow;

struct Args : RecordingArgs {
  std::string folder = shipped("analysis/validation/growth/counts");
};

/// Compares every run of the folder; what cannot be read is printed and gives the exit code.
GrowthReport compare_all(const Args& args, KernelNotes& notes, int& code) {
  const auto files = files_in(args.folder, ".json");
  GrowthReport report;
  if (files.empty()) {
    print_errors({{Location{args.folder, 0, 0}, "there are no instruction counts in this folder",
                   "give a folder of them, for example analysis/validation/growth/counts"}});
    code = kBadInput;
  }
  for (const std::string& file : files) {
    const auto run = validation::load_count_run(file);
    if (!run) {
      print_errors(run.error());
      code = kBadInput;
      continue;
    }
    const auto profile = profile_of(run->kernel, args);
    if (!profile) {
      print_errors(profile.error());
      code = kBadInput;
      continue;
    }
    notes.add(config::kernel_note(*profile));
    validation::compare_growth(*run, *profile, report);
  }
  validation::compare_runs(report);
  return report;
}

void print_table(GrowthReport report) {
  std::stable_sort(report.rows.begin(), report.rows.end(),
                   [](const GrowthRow& a, const GrowthRow& b) {
                     return std::tie(a.work, a.kernel) < std::tie(b.work, b.kernel);
                   });
  fmt::print("{:<33} {:<24} {:>6} {:>10} {:>10} {:>8} {:>9}\n", "counted by the model", "run",
             "calls", "disturbed", "per unit", "fixed", "deviation");
  for (const GrowthRow& r : report.rows)
    fmt::print("{:<33} {:<24} {:>6} {:>10} {:>10.2f} {:>8.0f} {:>+8.2f}%\n", r.work, r.run, r.calls,
               r.disturbed, r.per_unit, r.fixed, 100 * r.deviation);
  std::int64_t equal = 0;
  for (const auto& c : report.calls) {
    equal += c.kernel == c.model ? 1 : 0;
    if (c.kernel != c.model)
      fmt::print("{} {}: kernel {} calls, model {}\n", c.run, c.function, c.kernel, c.model);
  }
  fmt::print(
      "\nInstructions of the kernel for each unit that the model counts; deviation from the median "
      "of\nthe runs of one kernel: at most {:.2f} %, bound {:.0f} %. Numbers of calls: {} of {} "
      "equal.\n",
      100 * report.worst_deviation(), 100 * validation::kGrowthBound, equal, report.calls.size());
}

void print_json(const GrowthReport& report, const std::string& kernel_note) {
  using nlohmann::ordered_json;
  ordered_json out;
  out["schema"] = "mhpsim-verify-growth/1";
  if (!kernel_note.empty()) out["kernel_note"] = kernel_note;
  out["bound"] = validation::kGrowthBound;
  out["worst_deviation"] = report.worst_deviation();
  out["passed"] = report.passed();
  out["units"] = ordered_json::array();
  for (const GrowthRow& r : report.rows)
    out["units"].push_back({{"work", r.work},
                            {"kernel", r.kernel},
                            {"run", r.run},
                            {"function", r.function},
                            {"calls", r.calls},
                            {"disturbed", r.disturbed},
                            {"instructions_per_unit", r.per_unit},
                            {"instructions_fixed", r.fixed},
                            {"deviation", r.deviation}});
  out["calls"] = ordered_json::array();
  for (const auto& c : report.calls)
    out["calls"].push_back(
        {{"run", c.run}, {"function", c.function}, {"kernel", c.kernel}, {"model", c.model}});
  fmt::print("{}\n", out.dump(2));
}

int execute(const Args& args) {
  int code = kOk;
  KernelNotes notes;
  const GrowthReport report = compare_all(args, notes, code);
  args.json ? print_json(report, notes.text()) : print_table(report);
  return code != kOk ? code : report.passed() ? kOk : kCheckFailed;
}

}  // namespace
}  // namespace verify_growth

Check add_verify_growth(CLI::App& verify, int& exit_code) {
  const auto args = std::make_shared<verify_growth::Args>();
  CLI::App* growth = verify.add_subcommand(
      "growth", "set the model's counts of work against instruction counts of real kernels");
  growth->add_option("FOLDER", args->folder,
                     "folder of instruction counts; default: those that ship");
  add_recording_options(*growth, *args);
  growth->footer("Example:\n  mhpsim verify growth");
  growth->callback([args, &exit_code] { exit_code = verify_growth::execute(*args); });
  return [args] { return verify_growth::execute(*args); };
}

}  // namespace mhp::cli
