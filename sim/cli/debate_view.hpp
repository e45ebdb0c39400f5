#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/config/scenario.hpp"
#include "sim/kernel/placement/placement.hpp"
#include "sim/run/result/outcome.hpp"

namespace mhp::cli {

/// What the debate says of one placement: a column of its table.
struct DebateColumn {
  const kernel::PlacementPolicy* placement = nullptr;
  run::Outcome outcome = run::Outcome::ok;
  std::string reason;
  std::vector<std::optional<double>> values;  ///< in the order of run::objections()
};

/// All placements by their position in the debate: P0 to P17, then those without a number.
std::vector<std::string> placements_by_position();

/// The table of objections and placements for people, or as Markdown; what was argued stands below.
/// Cells are marked `+` where they are better than the first column, `-` where they are worse.
std::string debate_text(const config::Scenario& scenario, const std::vector<DebateColumn>& columns);
std::string debate_markdown(const config::Scenario& scenario,
                            const std::vector<DebateColumn>& columns);
/// "mhpsim-debate/1".
std::string debate_json(const config::Scenario& scenario, const std::vector<DebateColumn>& columns);

}  // namespace mhp::cli
