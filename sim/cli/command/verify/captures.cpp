#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>

#include "analysis/validation/captures/replay.hpp"
#include "sim/cli/cli.hpp"
#include "sim/cli/command/verify/captures_view.hpp"
#include "sim/cli/command/verify/verify.hpp"

namespace mhp::cli {

namespace {

using validation::CaptureReport;

struct Args : RecordingArgs {
  std::vector<std::string> paths;
  std::size_t show = 20;
};

constexpr const char* kShipped = MHP_SOURCE_DIR "/analysis/validation/captures/recordings";

/// Folders among the paths; that of the recordings that ship if none are given.
std::vector<std::string> folders_of(const std::vector<std::string>& paths) {
  if (paths.empty()) return {kShipped};
  std::vector<std::string> folders;
  std::error_code error;
  for (const std::string& path : paths)
    if (std::filesystem::is_directory(path, error)) folders.push_back(path);
  return folders;
}

/// Files as they are, and the captures of folders in the order of their names.
std::vector<std::string> capture_files(std::vector<std::string> paths) {
  if (paths.empty()) paths.push_back(kShipped);
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

/// A capture that cannot be replayed.
CaptureReport broken(const std::string& file, const Diagnostics& why) {
  CaptureReport report;
  report.name = std::filesystem::path(file).stem().string();
  report.fault = validation::Fault{
      0, "", why.front().problem + (why.front().remedy.empty() ? "" : "; " + why.front().remedy)};
  return report;
}

/// Profiles by which kernels are replayed: their own, or that of the nearest older one.
class Profiles {
 public:
  explicit Profiles(const RecordingArgs& args) : args_(args) {}

  /// Replays a capture and notes by which.
  CaptureReport replay(const std::string& file, const validation::Capture& capture) {
    const std::string series = capture.series();
    const auto& profile = read_.try_emplace(series, profile_of(series, args_)).first->second;
    if (!profile) return broken(file, profile.error());
    CaptureReport report = validation::replay(capture, *profile);
    report.profile = profile->version;
    return report;
  }

 private:
  const RecordingArgs& args_;
  std::map<std::string, Result<kernel::KernelProfile>> read_;
};

/// Captures that are known to miss, of the folders in which captures lie.
class KnownMisses {
 public:
  Result<std::optional<validation::KnownMiss>> of(const std::string& file) {
    const std::filesystem::path path(file);
    const std::string folder = path.parent_path().string();
    const auto& known =
        read_.try_emplace(folder, validation::load_known_misses(folder)).first->second;
    if (!known) return tl::unexpected<Diagnostics>(known.error());
    const auto one = known->find(path.stem().string());
    return one == known->end() ? std::nullopt : std::optional(one->second);
  }
  /// Those of a folder that are not there.
  std::vector<std::string> absent(const std::string& folder) {
    std::vector<std::string> names;
    if (const auto known = validation::load_known_misses(folder))
      for (const auto& [name, miss] : *known)
        if (!std::filesystem::exists(std::filesystem::path(folder) / (name + ".json")))
          names.push_back(name);
    return names;
  }

 private:
  std::map<std::string, Result<std::map<std::string, validation::KnownMiss>>> read_;
};

CaptureReport replay_one(const std::string& file, Profiles& profiles) {
  const auto capture = validation::load_capture(file);
  if (!capture) return broken(file, capture.error());
  return profiles.replay(file, *capture);
}

int execute(const Args& args) {
  const auto files = capture_files(args.paths);
  if (files.empty()) {
    print_errors({Diagnostic{{args.paths.empty() ? "" : args.paths.front(), 0, 0},
                             "there is no capture",
                             "give files, or folders with files, in JSON"}});
    return kBadInput;
  }
  int code = kOk;
  const auto worse = [&](int other) { code = std::max(code, other); };
  Profiles profiles(args);
  KnownMisses known;
  std::vector<Replayed> captures;
  for (const std::string& file : files) {
    Replayed one{file, replay_one(file, profiles), {}};
    if (auto miss = known.of(file)) {
      one.known = *miss;
    } else {
      print_errors(miss.error());
      return kBadInput;
    }
    if (one.report.fault) {
      print_errors({Diagnostic{{file, 0, 0}, one.reason(), ""}});
      worse(kBadInput);
    } else if (!one.as_expected()) {
      worse(kCheckFailed);
    }
    captures.push_back(std::move(one));
  }
  args.json ? print_captures_json(captures) : print_captures(captures, args.show);
  for (const std::string& folder : folders_of(args.paths))
    for (const std::string& name : known.absent(folder)) {
      print_errors({Diagnostic{{folder + "/" + validation::kKnownMissesFile, 0, 0},
                               fmt::format("there is no capture {}", name),
                               "take its entry out"}});
      worse(kCheckFailed);
    }
  return code;
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
