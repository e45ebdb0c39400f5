#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "sim/core/data_folder.hpp"
#include "sim/core/diagnostic.hpp"
#include "sim/kernel/profile.hpp"

namespace mhp::cli {

/// A check with what ships, as the command without arguments does it; returns the exit code.
using Check = std::function<int()>;

/// Each adds one check to the verify command.
Check add_verify_captures(CLI::App& verify, int& exit_code);
Check add_verify_growth(CLI::App& verify, int& exit_code);
Check add_verify_pressure(CLI::App& verify, int& exit_code);
Check add_verify_published(CLI::App& verify, int& exit_code);
/// This one measures the machine that it runs on.
void add_verify_host(CLI::App& verify, int& exit_code);
/// This one asks for recordings of somebody's own.
void add_verify_zoneinfo(CLI::App& verify, int& exit_code);

/// What checks against recordings of real kernels have in common.
struct RecordingArgs {
  std::string kernels = shipped("configs/kernels");
  bool json = false;
};

/// Adds --kernels and --json to a check.
void add_recording_options(CLI::App& command, RecordingArgs& args);
/// The profile of a kernel series, for example "6.12", or the nearest.
Result<kernel::KernelProfile> profile_of(const std::string& series, const RecordingArgs& args);

/// The files of a folder with an extension, in the order of their names; none if it cannot be read.
std::vector<std::string> files_in(const std::string& folder, const char* extension);

}  // namespace mhp::cli
