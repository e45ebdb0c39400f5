#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace mhp::cli {

/// Is given a subcommand and how it is called: "verify captures".
using CommandVisitor = std::function<void(const CLI::App&, const std::string&)>;
/// Every subcommand, those inside another after it.
void for_each_command(const CLI::App& program, const CommandVisitor& visit);

/// What the subcommands say of themselves as a manual page (groff).
std::string man_page(const CLI::App& program);

}  // namespace mhp::cli
