#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/observed/observed.hpp"
#include "sim/observed/texts/recognise.hpp"

namespace mhp::cli {

// The subcommands of `mhpsim machine`, a file each.
void add_machine_show(CLI::App& parent, int& exit_code);
void add_machine_import(CLI::App& parent, int& exit_code);
void add_machine_why(CLI::App& parent, int& exit_code);

/// The texts of files, "-" for standard input; an error for one that cannot be read.
Result<std::vector<observed::InputText>> read_inputs(const std::vector<std::string>& paths);

/// What a machine says of itself, as JSON; what it does not say is left out, but for "assumed".
nlohmann::ordered_json machine_json(const observed::Observed& machine);
/// The same for people.
std::string machine_table(const observed::Observed& machine);
/// Its nodes as a graph for Graphviz: an edge for each distance.
std::string machine_dot(const observed::Observed& machine);

/// "0-3,8": the numbers of a list in runs.
std::string in_runs(const std::vector<std::int64_t>& numbers);

}  // namespace mhp::cli
