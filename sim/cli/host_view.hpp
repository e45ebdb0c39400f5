#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "analysis/validation/host/derive.hpp"
#include "analysis/validation/host/measure.hpp"

namespace mhp::cli {

/// What commands that measure the machine at hand have in common.
struct HostArgs {
  double seconds = 20;
  std::string memory;
  std::string base = MHP_SOURCE_DIR "/configs/costs/xeon.toml";
  bool json = false;
  bool no_progress = false;
};

/// Adds --seconds, --memory, --base, --json and --no-progress to a command.
void add_host_options(CLI::App& command, HostArgs& args);

/// The machine at hand, its times and the constants that follow.
struct Calibration {
  host::Measurements measured;
  Value base;  ///< the cost profile that the rest comes from
  host::Constants constants;
};

/// The machine at hand, with the limits that the options set. If there is something wrong, says so
/// and gives the exit code.
std::optional<host::Host> open_host(const HostArgs& args, host::Limits& limits, int& exit_code);

/// Measures, `with` in turn with it, and derives. If that cannot be, says so and gives the exit
/// code.
std::optional<Calibration> calibrate(const host::Host& host, const host::Limits& limits,
                                     const HostArgs& args, int& exit_code,
                                     std::vector<host::Bench> with = {});

/// Prints on standard error what is doubtful about a calibration.
void print_warnings(const host::Host& host, const Calibration& c);

/// One series with its raw repetitions.
nlohmann::ordered_json to_json(const host::Series& s);

}  // namespace mhp::cli
