#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "analysis/host/derive.hpp"
#include "analysis/host/measure.hpp"

namespace mhp::cli {

/// What commands that measure the machine at hand have in common.
struct HostArgs {
  double seconds = 10;
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

/// The limits that the options say; --memory has a unit.
Result<host::Limits> limits_of(const HostArgs& args);

/// Measures and derives. Bad files and too little memory come back as diagnostics.
Result<Calibration> calibrate(const host::Host& host, const HostArgs& args);

/// One series with its raw repetitions.
nlohmann::ordered_json to_json(const host::Series& s);

}  // namespace mhp::cli
