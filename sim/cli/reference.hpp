#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace mhp::cli {

/// What the subcommands say of themselves, as a manual page (groff) and as completion for bash.
std::string man_page(const CLI::App& program);
std::string bash_completion(const CLI::App& program);

}  // namespace mhp::cli
