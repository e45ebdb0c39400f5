#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>

#include "analysis/validation/pressure/compare.hpp"
#include "analysis/validation/pressure/known_misses.hpp"
#include "sim/cli/cli.hpp"
#include "sim/cli/command/verify/pressure_view.hpp"
#include "sim/cli/command/verify/verify.hpp"
#include "sim/config/kernel_profiles.hpp"
#include "sim/core/data_folder.hpp"
#include "sim/core/parallel.hpp"

namespace mhp::cli {

namespace verify_pressure {
namespace {

using pressure::Recording;

struct Args {
  std::vector<std::string> paths;
  std::string scenario;
  bool all = false;
  bool json = false;
  unsigned threads = all_processors();
};

std::string shipped_recordings() { return shipped("analysis/validation/pressure/recordings"); }
std::string configs() { return shipped("configs"); }

/// Files as they are, and those of folders in the order of their names.
std::vector<std::string> recording_files(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    const auto inside = files_in(path, ".json");
    files.insert(files.end(), inside.begin(), inside.end());
  }
  return files;
}

struct Loaded {
  std::string file;
  Result<Recording> recording;
};

std::vector<Loaded> load_all(const std::vector<std::string>& paths) {
  std::vector<Loaded> out;
  for (const std::string& file : recording_files(paths))
    out.push_back({file, pressure::load_recording(file)});
  return out;
}

/// Spread comes from what ships, whatever is compared.
pressure::Spread shipped_spread() {
  pressure::Spread spread;
  for (const Loaded& l : load_all({shipped_recordings()}))
    if (l.recording) spread.add(pressure::recorded_quantities(*l.recording));
  return spread;
}

int print_scenario(const std::vector<Loaded>& loaded, const std::string& name) {
  for (const Loaded& l : loaded) {
    if (!l.recording || l.recording->name != name) continue;
    const auto plan = pressure::plan_of(*l.recording, configs());
    if (!plan) {
      print_errors(plan.error());
      return kBadInput;
    }
    fmt::print("{}", plan->toml);
    return kOk;
  }
  print_errors({{{},
                 fmt::format("there is no recording {}", name),
                 "name one of analysis/validation/pressure/recordings, or give its file"}});
  return kBadInput;
}

/// What the files beside recordings say of them, by folder.
Result<std::map<std::string, pressure::KnownMisses>> misses_of(const std::vector<Loaded>& loaded) {
  std::map<std::string, pressure::KnownMisses> out;
  for (const Loaded& l : loaded) {
    const std::string folder = std::filesystem::path(l.file).parent_path().string();
    if (out.contains(folder)) continue;
    auto read = pressure::load_known_misses(folder);
    if (!read) return tl::unexpected<Diagnostics>(read.error());
    out[folder] = std::move(*read);
  }
  return out;
}

/// Misses that are named of recordings that are not there.
int report_absent(const std::vector<std::string>& paths,
                  const std::map<std::string, pressure::KnownMisses>& misses) {
  int code = kOk;
  for (const std::string& folder : paths) {
    const auto named = misses.find(std::filesystem::path(folder + "/.").parent_path().string());
    if (named == misses.end()) continue;
    for (const auto& [name, quantities] : named->second)
      if (!std::filesystem::exists(std::filesystem::path(folder) / (name + ".json"))) {
        print_errors({{{folder + "/" + pressure::kKnownMissesFile, 0, 0},
                       fmt::format("there is no recording {}", name),
                       "take its entry out"}});
        code = kCheckFailed;
      }
  }
  return code;
}

int execute(const Args& args) {
  const std::vector<std::string> paths =
      args.paths.empty() ? std::vector<std::string>{shipped_recordings()} : args.paths;
  const std::vector<Loaded> loaded = load_all(paths);
  if (!args.scenario.empty()) return print_scenario(loaded, args.scenario);
  if (loaded.empty()) {
    print_errors({{{paths.front(), 0, 0},
                   "there is no recording",
                   "give files, or folders with files, in JSON"}});
    return kBadInput;
  }
  const auto misses = misses_of(loaded);
  if (!misses) {
    print_errors(misses.error());
    return kBadInput;
  }
  const pressure::Spread spread = shipped_spread();
  std::vector<std::optional<Result<pressure::Comparison>>> compared(loaded.size());
  parallel_for(loaded.size(), args.threads, [&](std::size_t i) {
    if (loaded[i].recording)
      compared[i] = pressure::compare(*loaded[i].recording, spread, configs());
  });

  int code = kOk;
  KernelNotes notes;
  std::vector<PressureRow> rows;
  for (std::size_t i = 0; i < loaded.size(); ++i) {
    const auto& [file, recording] = loaded[i];
    if (!recording || !*compared[i]) {
      print_errors(recording ? compared[i]->error() : recording.error());
      code = kBadInput;
      continue;
    }
    const std::filesystem::path path(file);
    const auto& known = misses->at(path.parent_path().string());
    const auto named = known.find(path.stem().string());
    PressureRow row{file, std::move(**compared[i]), {}};
    if (named != known.end()) row.known = named->second;
    notes.add(row.comparison.kernel_note);
    for (const std::string& surprise : row.surprises())
      print_errors({{{file, 0, 0}, surprise, ""}});
    if (!row.as_expected()) code = std::max<int>(code, kCheckFailed);
    rows.push_back(std::move(row));
  }
  if (rows.empty()) return code;
  args.json ? print_pressure_json(rows, notes.text()) : print_pressure(rows, args.all);
  return std::max(code, report_absent(paths, *misses));
}

}  // namespace
}  // namespace verify_pressure

Check add_verify_pressure(CLI::App& verify, int& exit_code) {
  const auto args = std::make_shared<verify_pressure::Args>();
  CLI::App* command = verify.add_subcommand(
      "pressure", "replay what real kernels did while memory was full, and compare with chance");
  command->add_option("FILE", args->paths,
                      "recordings (JSON) or folders of them; default: those that ship");
  command
      ->add_option("--scenario", args->scenario,
                   "print the scenario that is made from the recording of this name, as TOML")
      ->type_name("NAME");
  command->add_flag("--all", args->all, "print what is inside its band, too");
  command->add_option("-j,--jobs", args->threads, "threads")->check(CLI::Range(1u, 1024u));
  add_json_option(*command, args->json);
  command->footer(
      "Examples:\n  mhpsim verify pressure\n"
      "  mhpsim verify pressure --scenario q-612-1G-cache-16G-mom0 >cache.toml\n"
      "  mhpsim run cache.toml\n\n"
      "A quantity is inside where the model lies within what real runs differ by.\n"
      "The exit code is 0 if every quantity is, but those that are named as known to miss.");
  command->callback([args, &exit_code] { exit_code = verify_pressure::execute(*args); });
  return [args] { return verify_pressure::execute(*args); };
}

}  // namespace mhp::cli
