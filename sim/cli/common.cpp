#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>
#include <string>
#include <thread>

#include "sim/cli/cli.hpp"
#include "sim/config/kernel_profiles.hpp"
#include "sim/config/shipped.hpp"
#include "sim/core/data_folder.hpp"

namespace mhp::cli {

void let_name_shipped(CLI::Option& option, const std::string& folder, bool folders) {
  const std::string called = option.get_name();
  const auto found = [folder, folders, called](std::string& named) {
    std::error_code ignored;
    if (folders && std::filesystem::is_directory(named, ignored)) return std::string();
    std::string path = config::find_shipped(named, folder);
    if (config::is_plain_name(path) && !std::filesystem::exists(path, ignored)) {
      print_errors({config::no_such_name({called, 0, 0}, named, folder)});
      throw CLI::RuntimeError(kBadInput);
    }
    named = std::move(path);
    return std::string();
  };
  option.transform(CLI::Validator(found, ""));
}

void add_scenario_options(CLI::App& command, ScenarioArgs& args) {
  auto* path = command.add_option(
      "SCENARIO", args.path, "scenario file (TOML), or the name of one that ships: quickstart");
  let_name_shipped(*path, "scenarios");
  if (args.path.empty())
    path->required();
  else
    path->capture_default_str();
  add_setting_options(command, args);
}

void add_setting_options(CLI::App& command, ScenarioArgs& args) {
  command
      .add_option("--set", args.settings,
                  "set a parameter: key=value, with the path that 'mhpsim list params' shows")
      ->take_all()
      ->type_name("KEY=VALUE");
  command.add_option("--seed", args.seed, "seed of all random draws (default: the scenario's)")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
}

void add_machine_option(CLI::App& command, ScenarioArgs& args) {
  let_name_shipped(
      *command
           .add_option(
               "--machine", args.machine,
               "in place of the scenario's machine: a snapshot ('mhpsim snapshot') or another "
               "text in which a machine says what it is, or a machine file (TOML)")
           ->type_name("FILE"),
      "machines");
  CLI::Option* path = command.get_option("SCENARIO");
  path->required(false);
  command.parse_complete_callback([&args, path] {
    if (path->count() > 0) return;
    if (!args.machine.empty())
      args.path = shipped("configs/scenarios/own-machine.toml");
    else if (args.path.empty())
      throw CLI::RequiredError("SCENARIO");
  });
}

// A path that could be read as another value than a text.
std::string machine_setting(const std::string& file) {
  const bool plain = !file.empty() && (file[0] == '/' || file[0] == '.');
  return fmt::format("machine={}{}", plain ? "" : "./", file);
}

Result<config::Scenario> load(const ScenarioArgs& args) {
  auto settings = args.settings;
  if (!args.machine.empty()) settings.insert(settings.begin(), machine_setting(args.machine));
  if (args.seed) settings.push_back(fmt::format("seed={}", *args.seed));
  auto scenario = config::load_scenario(args.path, settings);
  if (scenario) print_kernel_note(config::kernel_note(scenario->profile));
  return scenario;
}

void print_kernel_note(const std::string& note) {
  if (!note.empty()) fmt::print(stderr, "note: {}\n", note);
}

void KernelNotes::add(const std::string& note) {
  if (said_.insert(note).second) print_kernel_note(note);
}

std::string KernelNotes::text() const {
  std::string all;
  for (const std::string& note : said_)
    if (!note.empty()) all += (all.empty() ? "" : "; ") + note;
  return all;
}

void add_json_option(CLI::App& command, bool& json) {
  command.add_flag("--json", json, "print one JSON object");
}

void add_progress_option(CLI::App& command, bool& no_progress) {
  command.add_flag("--no-progress", no_progress, "no progress line");
}

unsigned all_processors() { return std::max(1u, std::thread::hardware_concurrency()); }

void add_sampling_options(CLI::App& command, std::int64_t& samples, unsigned& threads) {
  command
      .add_option("--uncertainty", samples,
                  "samples of all constants that have a range: every time gets an interval")
      ->check(CLI::Range(std::int64_t{2}, std::int64_t{100'000}))
      ->type_name("N");
  command.add_option("-j,--jobs", threads, "threads")
      ->capture_default_str()
      ->check(CLI::Range(1u, 1024u))
      ->type_name("N");
}

Result<std::optional<study::Uncertainty>> sample_constants(const config::Scenario& scenario,
                                                           study::UncertaintyOptions options,
                                                           bool wanted) {
  if (options.samples == 0) return std::nullopt;
  Progress progress(wanted);
  options.progress = [&](std::size_t done, std::size_t all) {
    progress.show(fmt::format("{} of {} samples", done, all));
  };
  auto sampled = study::uncertainty(scenario, options);
  if (!sampled) return tl::unexpected<Diagnostics>(sampled.error());
  return std::optional(std::move(*sampled));
}

// A file that many others name is read, and wrong, as often.
void print_errors(const Diagnostics& errors) {
  std::set<std::string> said;
  for (const Diagnostic& d : errors)
    if (std::string line = d.text(); said.insert(line).second) fmt::print(stderr, "{}\n", line);
}

int exit_code_for(const std::string& path) {
  std::error_code ignored;
  const bool readable =
      std::filesystem::is_regular_file(path, ignored) && access(path.c_str(), R_OK) == 0;
  return readable ? kBadConfig : kBadInput;
}

int exit_code_for(const ScenarioArgs& args) {
  const int code = args.machine.empty() ? kBadConfig : exit_code_for(args.machine);
  return code == kBadConfig ? exit_code_for(args.path) : code;
}

Progress::Progress(bool wanted) : on_(wanted && isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() {
  if (shown_) fmt::print(stderr, "\r\033[K");
}

void Progress::show(const std::string& text) {
  if (!on_) return;
  shown_ = true;
  fmt::print(stderr, "\r\033[K{}", text);
  std::fflush(stderr);
}

}  // namespace mhp::cli
