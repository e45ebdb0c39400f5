#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/config/scenario.hpp"
#include "sim/core/diagnostic.hpp"
#include "sim/study/compare/uncertainty.hpp"

namespace mhp::cli {

/// Exit codes (docs/command-line.md).
enum ExitCode {
  kOk = 0,
  kCheckFailed = 1,
  kUsage = 2,
  kBadConfig = 3,
  kBadInput = 4,
  kNotWritten = 5,
  kInvariant = 6,  // used by invariant_failed
  kRunsFailed = 7,
  kNotAnswered = 8,
};

/// What commands that read a scenario have in common.
struct ScenarioArgs {
  std::string path;
  std::string machine;  ///< a file that takes the scenario's machine's place; empty: none
  std::vector<std::string> settings;
  std::optional<std::int64_t> seed;
};

/// Lets an option that names a file also name one of what ships, in a folder of configs:
/// "quickstart" of "scenarios" (config::find_shipped). A name that is neither ends the program with
/// kBadInput. `folders`: what is meant may be a folder, which then goes before what ships.
void let_name_shipped(CLI::Option& option, const std::string& folder, bool folders = false);

/// Adds SCENARIO, --set and --seed to a command; SCENARIO may be left out if `args` has one.
void add_scenario_options(CLI::App& command, ScenarioArgs& args);
/// Adds --set and --seed alone.
void add_setting_options(CLI::App& command, ScenarioArgs& args);
/// Adds --machine. With it SCENARIO may be left out, which says then what a machine of one's own is
/// asked.
void add_machine_option(CLI::App& command, ScenarioArgs& args);
/// The setting that --machine FILE stands for.
std::string machine_setting(const std::string& file);
/// Loads the scenario; --machine FILE is a setting before the others, machine=FILE, and --seed N
/// one more behind them, seed=N.
Result<config::Scenario> load(const ScenarioArgs& args);
/// Says on standard error that a profile stands for another kernel than its own
/// (config::kernel_note); an empty note is nothing.
void print_kernel_note(const std::string& note);

/// The same of several profiles, each once, as it comes.
class KernelNotes {
 public:
  void add(const std::string& note);
  /// All, for the member "kernel_note" of JSON; empty if there were none.
  std::string text() const;

 private:
  std::set<std::string> said_;
};

/// Adds --json to a command.
void add_json_option(CLI::App& command, bool& json);
/// Adds --no-progress to a command.
void add_progress_option(CLI::App& command, bool& no_progress);

/// The default of -j.
unsigned all_processors();
/// Adds --uncertainty and -j to a command.
void add_sampling_options(CLI::App& command, std::int64_t& samples, unsigned& threads);
/// Simulates the samples of --uncertainty; nothing if there are to be none.
Result<std::optional<study::Uncertainty>> sample_constants(const config::Scenario& scenario,
                                                           study::UncertaintyOptions options,
                                                           bool progress);

/// Prints diagnostics on standard error, a line each.
void print_errors(const Diagnostics& errors);
/// The exit code for a scenario that did not load: bad configuration, or a file that cannot be
/// read.
int exit_code_for(const std::string& path);
int exit_code_for(const ScenarioArgs& args);

/// A progress line on standard error, only on a terminal and unless switched off.
class Progress {
 public:
  explicit Progress(bool wanted);
  ~Progress();
  void show(const std::string& text);

 private:
  bool on_;
  bool shown_ = false;
};

}  // namespace mhp::cli
