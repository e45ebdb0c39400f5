#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "analysis/validation/captures/replay.hpp"
#include "sim/cli/cli.hpp"
#include "sim/cli/command/verify/verify.hpp"

namespace mhp::cli {

namespace {

struct Args : RecordingArgs {
  std::vector<std::string> paths;
  std::size_t show = 20;
};

using validation::CaptureReport;
using validation::ClassCount;
using validation::NoiseKind;

/// Files as they are, and the captures of folders in the order of their names.
std::vector<std::string> capture_files(std::vector<std::string> paths) {
  namespace fs = std::filesystem;
  if (paths.empty()) paths.push_back(MHP_SOURCE_DIR "/analysis/validation/captures/recordings");
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    const auto inside = files_in(path, ".json");
    files.insert(files.end(), inside.begin(), inside.end());
  }
  return files;
}

/// Replays every capture; what cannot be read is printed and gives the exit code.
std::vector<CaptureReport> replay_all(const Args& args, int& code) {
  std::vector<CaptureReport> reports;
  std::map<std::string, Result<kernel::KernelProfile>> profiles;
  for (const std::string& file : capture_files(args.paths)) {
    const auto capture = validation::load_capture(file);
    if (!capture) {
      print_errors(capture.error());
      code = kBadInput;
      continue;
    }
    const auto [profile, first] =
        profiles.try_emplace(capture->kernel, profile_of(capture->kernel, args));
    if (!profile->second) {
      if (first) print_errors(profile->second.error());
      code = kBadInput;
      continue;
    }
    if (first) print_kernel_note(*profile->second);
    // Recordings are read as they are replayed: what is missing or of another kind shows here.
    const auto bad_field = [&](const std::exception& e) {
      print_errors({Diagnostic{{file, 0, 0},
                               fmt::format("a field is not as in captures: {}", e.what()),
                               "see the format in analysis/validation/captures/README.md"}});
      code = kBadInput;
    };
    try {
      reports.push_back(validation::replay(*capture, *profile->second));
    } catch (const nlohmann::json::exception& e) {
      bad_field(e);
    } catch (const std::out_of_range& e) {  // a region or place that is not mapped
      bad_field(e);
    } catch (const std::invalid_argument& e) {  // no number
      bad_field(e);
    }
  }
  return reports;
}

/// The sum over captures whose names begin with the same letter, or over all.
struct Sum {
  std::int64_t captures = 0;
  std::int64_t without_mismatch = 0;
  ClassCount exact;
  ClassCount noise;
  ClassCount chance;
  std::array<std::int64_t, validation::kNoiseKinds> worst{};

  void add(const CaptureReport& r) {
    ++captures;
    without_mismatch += r.all_passed() ? 1 : 0;
    for (auto [sum, one] : {std::pair{&exact, &r.exact}, std::pair{&noise, &r.noise},
                            std::pair{&chance, &r.chance}}) {
      sum->checks += one->checks;
      sum->passed += one->passed;
    }
    for (std::size_t k = 0; k < worst.size(); ++k) worst[k] = std::max(worst[k], r.worst[k]);
  }
  std::int64_t worst_of(validation::NoiseKind k) const {
    return worst[static_cast<std::size_t>(k)];
  }
};

std::map<std::string, std::int64_t> all_unmodelled(const std::vector<CaptureReport>& reports) {
  std::map<std::string, std::int64_t> out;
  for (const CaptureReport& r : reports)
    for (const auto& [what, count] : r.unmodelled) out[what] += count;
  return out;
}

void print_row(const std::string& name, const Sum& s) {
  fmt::print("{:<38} {:>4}/{:<4} {:>8}/{:<8} {:>6}/{:<6} {:>6} {:>5} {:>3}/{:<3}\n", name,
             s.without_mismatch, s.captures, s.exact.passed, s.exact.checks, s.noise.passed,
             s.noise.checks, s.worst_of(NoiseKind::free_pages), s.worst_of(NoiseKind::slab),
             s.chance.passed, s.chance.checks);
}

void print_table(const std::vector<CaptureReport>& reports, std::size_t show) {
  std::map<std::string, Sum> families;
  Sum all;
  for (const CaptureReport& r : reports) {
    families[reports.size() > 8 ? r.name.substr(0, 1) + "-*" : r.name].add(r);
    all.add(r);
  }
  fmt::print("{:<38} {:>9} {:>17} {:>13} {:>6} {:>5} {:>7}\n", "captures", "no miss", "exact",
             "noise", "free", "slab", "chance");
  for (const auto& [name, sum] : families) print_row(name, sum);
  if (families.size() > 1) print_row("all", all);
  std::size_t shown = 0;
  std::size_t left_out = 0;
  for (const CaptureReport& r : reports) {
    for (const auto& m : r.mismatches) {
      if (show != 0 && shown++ >= show)
        ++left_out;
      else
        fmt::print("{} step {} ({}): {}: kernel {}, model {}\n", m.capture, m.step, m.label,
                   m.quantity, m.expected, m.got);
    }
  }
  if (left_out > 0) fmt::print("... and {} more (--show 0 prints all)\n", left_out);
  const std::int64_t missed =
      all.exact.checks - all.exact.passed + all.noise.checks - all.noise.passed;
  fmt::print(
      "\n{} checks, {} mismatches. free, slab: largest deviation in pages of what is noise (change "
      "of a\nzone's free pages, at most {}; slab of an operation, at most {} and {} per mille). "
      "chance: outcomes\nin which model and recording happen to agree, of those that hang on stray "
      "allocations; not scored.\n",
      all.exact.checks + all.noise.checks, missed, validation::kNoiseBound, validation::kSlabBound,
      validation::kSlabBoundPermille);
  for (const auto& [what, count] : all_unmodelled(reports))
    fmt::print("not modelled: {} ({} times)\n", what, count);
}

void print_json(const std::vector<CaptureReport>& reports) {
  using nlohmann::ordered_json;
  Sum all;
  ordered_json mismatches = ordered_json::array();
  for (const CaptureReport& r : reports) {
    all.add(r);
    for (const auto& m : r.mismatches)
      mismatches.push_back(
          {{"capture", m.capture},
           {"step", m.step},
           {"label", m.label},
           {"class", m.check_class == validation::CheckClass::exact ? "exact" : "noise"},
           {"quantity", m.quantity},
           {"expected", m.expected},
           {"got", m.got}});
  }
  ordered_json chances = ordered_json::array();
  for (const CaptureReport& r : reports)
    for (const auto& c : r.chances)
      chances.push_back({{"capture", c.capture},
                         {"step", c.step},
                         {"label", c.label},
                         {"quantity", c.quantity},
                         {"expected", c.expected},
                         {"got", c.got}});
  ordered_json out;
  out["schema"] = "mhpsim-verify/1";
  out["captures"] = all.captures;
  out["exact"] = all.without_mismatch;
  out["checks"] = all.exact.checks + all.noise.checks;
  out["passed"] = all.exact.passed + all.noise.passed;
  out["by_class"]["exact"] = {{"checks", all.exact.checks}, {"passed", all.exact.passed}};
  out["by_class"]["noise"] = {{"checks", all.noise.checks},
                              {"passed", all.noise.passed},
                              {"bound", validation::kNoiseBound},
                              {"worst", all.worst_of(NoiseKind::free_pages)},
                              {"slab_bound", validation::kSlabBound},
                              {"slab_bound_permille", validation::kSlabBoundPermille},
                              {"slab_worst", all.worst_of(NoiseKind::slab)}};
  out["chance"] = all.chance.checks;
  out["chance_outcomes"] = std::move(chances);
  out["unmodelled"] = ordered_json::array();
  for (const auto& [what, count] : all_unmodelled(reports))
    out["unmodelled"].push_back({{"quantity", what}, {"count", count}});
  out["mismatches"] = std::move(mismatches);
  fmt::print("{}\n", out.dump(2));
}

int execute(const Args& args) {
  int code = kOk;
  const auto reports = replay_all(args, code);
  args.json ? print_json(reports) : print_table(reports, args.show);
  const bool passed = std::all_of(reports.begin(), reports.end(),
                                  [](const CaptureReport& r) { return r.all_passed(); });
  return code != kOk ? code : passed ? kOk : kCheckFailed;
}

}  // namespace

void add_verify_captures(CLI::App& verify, int& exit_code) {
  const auto args = std::make_shared<Args>();
  CLI::App* captures = verify.add_subcommand(
      "captures", "replay recorded sessions of real kernels and compare every page count");
  captures->add_option("FILE", args->paths,
                       "captures (JSON) or folders of them; default: those that ship");
  captures->add_option("--show", args->show, "mismatches to print, 0 for all")
      ->capture_default_str()
      ->type_name("N");
  add_recording_options(*captures, *args);
  captures->footer(
      "Example:\n  mhpsim verify captures analysis/validation/captures/recordings/*.json");
  captures->callback([args, &exit_code] { exit_code = execute(*args); });
}

}  // namespace mhp::cli
