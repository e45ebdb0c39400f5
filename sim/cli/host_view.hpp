#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "analysis/validation/host/derive.hpp"
#include "analysis/validation/host/measure.hpp"
#include "sim/core/data_folder.hpp"

namespace mhp::cli {

/// What commands that measure the machine at hand have in common.
struct HostArgs {
  double seconds = 20;
  std::string memory;
  std::string free_memory;
  std::string base = shipped("configs/costs/xeon.toml");
  bool dry_run = false;
  bool json = false;
  bool no_progress = false;
};

/// Adds --seconds, --memory, --free-memory, --base, --dry-run, --json and --no-progress to a
/// command.
void add_host_options(CLI::App& command, HostArgs& args);

// What follows gives nothing where something is wrong; it has then said so and set the exit code.
// What is given is read before the machine is looked at.

/// What the options allow, and what they say of the machine.
struct HostLimits : host::Limits {
  std::optional<Bytes> free;
};
std::optional<HostLimits> read_limits(const HostArgs& args, int& exit_code);

/// The cost profile that what is not measured comes from.
struct Base {
  Value table;
  cost::CostProfile costs;
};
std::optional<Base> read_base(const HostArgs& args, int& exit_code);

/// The machine at hand, with memory to work in on every node.
std::optional<host::Host> open_host(const HostLimits& limits, int& exit_code);

/// Prints on which nodes and in how much memory of theirs would be worked.
void print_plans(const host::Host& host, const host::Limits& limits, bool json);

/// The machine's times and the constants that follow.
struct Calibration {
  host::Measurements measured;
  host::Constants constants;
};

/// Measures, `with` in turn with it, and derives.
std::optional<Calibration> calibrate(const host::Host& host, const host::Limits& limits,
                                     const Base& base, const HostArgs& args, int& exit_code,
                                     std::vector<host::Bench> with = {});

/// Prints on standard error what is doubtful about a calibration.
void print_warnings(const host::Host& host, const Calibration& c);

/// One series with its raw repetitions.
nlohmann::ordered_json to_json(const host::Series& s);

}  // namespace mhp::cli
