#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "analysis/validation/captures/replay.hpp"
#include "sim/cli/cli.hpp"
#include "sim/cli/command/verify/captures_view.hpp"
#include "sim/cli/command/verify/verify.hpp"
#include "sim/config/architectures.hpp"
#include "sim/config/kernel_profiles.hpp"
#include "sim/core/data_folder.hpp"
#include "sim/core/parallel.hpp"

namespace mhp::cli {

namespace verify_captures {
namespace {

using validation::CaptureReport;

struct Args : RecordingArgs {
  std::vector<std::string> paths;
  std::size_t show = 20;
  unsigned threads = all_processors();
};

std::string shipped_recordings() { return shipped("analysis/validation/captures/recordings"); }

/// Folders among the paths; that of the recordings that ship if none are given.
std::vector<std::string> folders_of(const std::vector<std::string>& paths) {
  if (paths.empty()) return {shipped_recordings()};
  std::vector<std::string> folders;
  std::error_code error;
  for (const std::string& path : paths)
    if (std::filesystem::is_directory(path, error)) folders.push_back(path);
  return folders;
}

/// Files as they are, and the captures of folders in the order of their names.
std::vector<std::string> capture_files(std::vector<std::string> paths) {
  if (paths.empty()) paths.push_back(shipped_recordings());
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
  Diagnostic said = why.front();
  said.where.file.clear();  // stands before it; line and column stay
  report.fault = validation::Fault{0, "", said.text()};
  return report;
}

/// A capture that was replayed, and what is to be said of the profile by which.
struct Attempt {
  CaptureReport report;
  std::string note;
};

/// Profiles by which kernels are replayed: their own, or that of the nearest older one. For several
/// threads.
class Profiles {
 public:
  explicit Profiles(const RecordingArgs& args) : args_(args) {}

  Attempt replay(const std::string& file, const validation::Capture& capture) {
    const std::string series = capture.series();
    const auto& profile = of(series);
    if (!profile) return {broken(file, profile.error()), {}};
    Attempt out{validation::replay(capture, *profile), config::kernel_note(*profile)};
    out.report.profile = config::nearest_kernel_profile(series, args_.kernels)->name;
    return out;
  }

 private:
  const Result<kernel::KernelProfile>& of(const std::string& series) {
    const std::lock_guard lock(mutex_);
    if (!read_.contains(series)) read_.emplace(series, profile_of(series, args_));
    return read_.at(series);
  }

  const RecordingArgs& args_;
  std::mutex mutex_;
  std::map<std::string, Result<kernel::KernelProfile>> read_;  // what is in it stays
};

/// What the files beside captures say of them.
class Folders {
 public:
  struct Folder {
    Result<std::map<std::string, validation::KnownMiss>> misses;
    Result<std::map<std::string, std::int64_t>> steps;
  };
  const Folder& of(const std::string& file) {
    return at(std::filesystem::path(file).parent_path().string());
  }
  /// One that of() has read.
  const Folder& known(const std::string& file) const {
    return read_.at(std::filesystem::path(file).parent_path().string());
  }
  const Folder& at(const std::string& folder) {
    const auto found = read_.find(folder);
    if (found != read_.end()) return found->second;
    return read_
        .emplace(folder,
                 Folder{validation::load_known_misses(folder), validation::load_contents(folder)})
        .first->second;
  }
  /// Captures that are named in one of these files of a folder and not there.
  std::vector<Diagnostic> absent(const std::string& folder) {
    std::vector<Diagnostic> out;
    const auto look = [&](const char* list, const auto& named) {
      if (!named) return;
      for (const auto& [name, what] : *named)
        if (!std::filesystem::exists(std::filesystem::path(folder) / (name + ".json")))
          out.push_back({{folder + "/" + list, 0, 0},
                         fmt::format("there is no capture {}", name),
                         "take its entry out"});
    };
    look(validation::kKnownMissesFile, at(folder).misses);
    look(validation::kContentsFile, at(folder).steps);
    return out;
  }

 private:
  std::map<std::string, Folder> read_;
};

template <class T>
std::optional<T> named(const std::map<std::string, T>& list, const std::string& file) {
  const auto one = list.find(std::filesystem::path(file).stem().string());
  return one == list.end() ? std::nullopt : std::optional(one->second);
}

Attempt replay_one(const std::string& file, Profiles& profiles,
                   const validation::Architectures& architectures,
                   const std::map<std::string, std::int64_t>& steps) {
  const auto capture = validation::load_capture(file, architectures);
  if (!capture) return {broken(file, capture.error()), {}};
  const auto has = static_cast<std::int64_t>(capture->steps.size());
  if (const auto listed = named(steps, file); listed && *listed != has)
    return {
        broken(file,
               {{{file, 0, 0},
                 fmt::format("it has {} steps, by {} {}", has, validation::kContentsFile, *listed),
                 ""}}),
        {}};
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
  const auto architectures = config::load_architectures();
  if (!architectures) {
    print_errors(architectures.error());
    return kBadInput;
  }
  Folders folders;
  for (const std::string& file : files) {
    const auto& beside = folders.of(file);
    if (beside.misses && beside.steps) continue;
    print_errors(beside.misses ? beside.steps.error() : beside.misses.error());
    return kBadInput;
  }
  Profiles profiles(args);
  std::vector<Attempt> attempts(files.size());
  parallel_for(files.size(), args.threads, [&](std::size_t i) {
    attempts[i] = replay_one(files[i], profiles, *architectures, *folders.known(files[i]).steps);
  });

  int code = kOk;
  const auto worse = [&](int other) { code = std::max(code, other); };
  KernelNotes notes;
  std::vector<Replayed> captures;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string& file = files[i];
    notes.add(attempts[i].note);
    Replayed one{file, std::move(attempts[i].report), named(*folders.known(file).misses, file)};
    if (one.report.fault) {
      print_errors({Diagnostic{{file, 0, 0}, one.reason(), ""}});
      worse(kBadInput);
    } else if (!one.as_expected()) {
      worse(kCheckFailed);
    }
    captures.push_back(std::move(one));
  }
  args.json ? print_captures_json(captures, notes.text()) : print_captures(captures, args.show);
  for (const std::string& folder : folders_of(args.paths))
    for (const Diagnostic& absent : folders.absent(folder)) {
      print_errors({absent});
      worse(kCheckFailed);
    }
  return code;
}

}  // namespace
}  // namespace verify_captures

Check add_verify_captures(CLI::App& verify, int& exit_code) {
  const auto args = std::make_shared<verify_captures::Args>();
  CLI::App* captures = verify.add_subcommand(
      "captures", "replay recorded sessions of real kernels and compare every page count");
  captures->add_option("FILE", args->paths,
                       "captures (JSON) or folders of them; default: those that ship");
  captures->add_option("--show", args->show, "mismatches to print, 0 for all")
      ->capture_default_str()
      ->type_name("N");
  captures->add_option("-j,--jobs", args->threads, "threads")->check(CLI::Range(1u, 1024u));
  add_recording_options(*captures, *args);
  captures->footer(
      "Example:\n  mhpsim verify captures\n  mhpsim verify captures my-recordings/*.json");
  captures->callback([args, &exit_code] { exit_code = verify_captures::execute(*args); });
  return [args] { return verify_captures::execute(*args); };
}

}  // namespace mhp::cli
