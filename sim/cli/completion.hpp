#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace mhp::cli {

/// What the subcommands say of themselves as completion of the command line. Both complete
/// commands, options, and what ships where a command takes a scenario, study or question; all else
/// as files.
std::string bash_completion(const CLI::App& program);
/// To be sourced, or to be found as _mhpsim in fpath.
std::string zsh_completion(const CLI::App& program);

}  // namespace mhp::cli
