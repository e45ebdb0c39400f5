#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "analysis/validation/replay.hpp"
#include "sim/cli/cli.hpp"

namespace mhp::cli {

namespace {

struct Args {
  std::vector<std::string> files;
  std::string kernels = MHP_CONFIG_DIR "/kernels";
  std::size_t show = 20;
};

void print_row(const validation::CaptureReport& r) {
  fmt::print("{:<38} {:>7}/{:<7} {:>5}/{:<5} {:>6}\n", r.name, r.exact.passed, r.exact.checks,
             r.noise.passed, r.noise.checks, r.noise.worst);
  for (const auto& [what, count] : r.unmodelled)
    if (what.starts_with("operation")) fmt::print("    replay ends: {} is not modelled\n", what);
}

void print_mismatches(const std::vector<validation::Mismatch>& all, std::size_t show) {
  std::size_t shown = 0;
  for (const auto& m : all) {
    if (show != 0 && shown++ == show) {
      fmt::print("... and {} more (--show 0 prints all)\n", all.size() - show);
      return;
    }
    fmt::print("{} step {} ({}): {}: kernel {}, model {}\n", m.capture, m.step, m.label, m.quantity,
               m.expected, m.got);
  }
}

int execute(const Args& args) {
  std::vector<validation::Mismatch> mismatches;
  std::map<std::string, std::int64_t> unmodelled;
  std::int64_t checks = 0;
  int code = kOk;
  fmt::print("{:<38} {:>15} {:>11} {:>6}\n", "capture", "exact", "noise", "worst");
  for (const std::string& file : args.files) {
    const auto capture = validation::load_capture(file);
    if (!capture) {
      print_errors(capture.error());
      code = kBadInput;
      continue;
    }
    const auto profile =
        config::load_kernel_profile(fmt::format("{}/linux-{}.toml", args.kernels, capture->kernel));
    if (!profile) {
      print_errors(profile.error());
      code = kBadInput;
      continue;
    }
    const auto report = validation::replay(*capture, *profile);
    print_row(report);
    checks += report.checks();
    mismatches.insert(mismatches.end(), report.mismatches.begin(), report.mismatches.end());
    for (const auto& [what, count] : report.unmodelled) unmodelled[what] += count;
  }
  print_mismatches(mismatches, args.show);
  fmt::print(
      "\n{} checks, {} mismatches. Noise: change of free pages of a zone, at most {} pages off.\n",
      checks, mismatches.size(), validation::kNoiseBound);
  for (const auto& [what, count] : unmodelled)
    fmt::print("not modelled: {} ({} times)\n", what, count);
  return code != kOk ? code : mismatches.empty() ? kOk : kCheckFailed;
}

}  // namespace

void add_verify(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("verify", "compare the model with reality");
  command->require_subcommand(1);
  const auto args = std::make_shared<Args>();
  CLI::App* captures = command->add_subcommand(
      "captures", "replay recorded sessions of real kernels and compare every page count");
  captures->add_option("FILE", args->files, "captures (JSON)")->required();
  captures->add_option("--show", args->show, "mismatches to print, 0 for all")
      ->capture_default_str()
      ->type_name("N");
  captures->add_option("--kernels", args->kernels, "folder of kernel profiles")
      ->capture_default_str()
      ->type_name("DIR");
  captures->footer("Example:\n  mhpsim verify captures analysis/validation/captures/*.json");
  captures->callback([args, &exit_code] { exit_code = execute(*args); });
}

}  // namespace mhp::cli
