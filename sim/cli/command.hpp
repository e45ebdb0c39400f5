#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "sim/core/registry.hpp"

namespace mhp::cli {

/// A subcommand. Help, man page and shell completion come from what it describes itself to be.
struct Command {
  std::string name;
  std::string doc;
  /// Gives the subcommand its options, its examples and what it does when it is chosen, which sets
  /// the exit code.
  void (*describe)(CLI::App& command, int& exit_code) = nullptr;
};

using CommandRegistry = Registry<Command>;

/// Adds every subcommand of the folder command (generated from its files).
void register_all_commands(CommandRegistry& registry);

}  // namespace mhp::cli
