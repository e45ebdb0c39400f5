#include "sim/cli/debate_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <tuple>

#include "sim/cli/figures.hpp"
#include "sim/cli/origin_view.hpp"
#include "sim/config/kernel_profiles.hpp"
#include "sim/run/result/objection.hpp"

namespace mhp::cli {

namespace {

using nlohmann::ordered_json;
using Row = std::vector<std::string>;

std::string kernels_text(const kernel::PlacementPolicy& p) {
  return p.in_no_kernel() ? "none" : p.kernels;
}

std::string value_text(double value, std::string_view unit) {
  if (unit == "byte") return human(value, Unit::byte);
  if (unit == "ns") return human(value, Unit::ns);
  if (value == std::floor(value)) return human(value, Unit::one);
  return value < 1000 ? fmt::format("{:.3g}", value) : human(value, Unit::one);
}

/// '+' if a value is better than the one it is held against, '-' if it is worse.
char sign_of(const run::Objection& o, const std::optional<double>& value,
             const std::optional<double>& against) {
  if (!value || !against || *value == *against || o.better == Better::none) return ' ';
  return (*value < *against) == (o.better == Better::lower) ? '+' : '-';
}

std::string title_of(const run::Objection& o) {
  const bool shown = o.unit == "1" || o.unit == "byte" || o.unit == "ns";
  return shown ? std::string(o.title) : fmt::format("{} [{}]", o.title, o.unit);
}

/// A row for each objection: its id, its title, a cell for each placement.
std::vector<Row> rows_of(const std::vector<DebateColumn>& columns) {
  std::vector<Row> rows;
  const auto& all = run::objections();
  for (std::size_t i = 0; i < all.size(); ++i) {
    Row row{std::string(all[i].id), title_of(all[i])};
    for (const DebateColumn& c : columns) {
      const auto& value = c.values[i];
      row.push_back(value ? value_text(*value, all[i].unit) +
                                sign_of(all[i], value, columns.front().values[i])
                          : "none ");
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

/// What was argued, and what the placements are, a line each.
std::string legend(const std::vector<DebateColumn>& columns, const char* bullet,
                   const char* emphasis) {
  std::string out;
  for (const run::Objection& o : run::objections())
    out += fmt::format("{}{}{}{} {}\n", bullet, emphasis, o.id, emphasis, o.argued);
  out += '\n';
  for (const DebateColumn& c : columns) {
    const kernel::PlacementPolicy& p = *c.placement;
    out += fmt::format("{}{}{} {}{}: {}. By {}; kernels: {}", bullet, emphasis, p.position, p.name,
                       emphasis, p.doc, p.proposed, kernels_text(p));
    if (!p.assumes.empty()) out += fmt::format("; assumed: {}", fmt::join(p.assumes, "; "));
    if (c.outcome != run::Outcome::ok)
      out += fmt::format(". Here: {}, {}", word(c.outcome), c.reason);
    out += '\n';
  }
  return out;
}

constexpr const char* kKey =
    "+ better than the first column, - worse; figures are of the whole run unless they say more";

}  // namespace

std::vector<std::string> placements_by_position() {
  std::vector<const kernel::PlacementPolicy*> all;
  for (const auto& [name, placement] : kernel::placements().entries()) all.push_back(&placement);
  const auto rank = [](const kernel::PlacementPolicy* p) {
    const bool numbered = p->position.size() > 1 && p->position.front() == 'P';
    return std::tuple(!numbered, numbered ? std::atoi(p->position.c_str() + 1) : 0, p->position,
                      p->name);
  };
  std::sort(all.begin(), all.end(), [&](auto* a, auto* b) { return rank(a) < rank(b); });
  std::vector<std::string> names;
  for (const auto* p : all) names.push_back(p->name);
  return names;
}

std::string debate_text(const config::Scenario& scenario,
                        const std::vector<DebateColumn>& columns) {
  std::string out = fmt::format("{}: {}\n\n", scenario.run.name, scenario.run.doc);
  out += origin_text(scenario.origin);
  const auto rows = rows_of(columns);
  std::vector<std::size_t> width(columns.size() + 2);
  for (std::size_t c = 0; c < columns.size(); ++c)
    width[c + 2] = columns[c].placement->position.size() + 1;
  for (const Row& row : rows)
    for (std::size_t c = 0; c < row.size(); ++c) width[c] = std::max(width[c], row[c].size());
  Row head{"", ""};
  for (const DebateColumn& c : columns) head.push_back(c.placement->position + ' ');
  const auto print = [&](const Row& row) {
    std::string line = fmt::format("{:<{}}  {:<{}}", row[0], width[0], row[1], width[1]);
    for (std::size_t c = 2; c < row.size(); ++c) line += fmt::format("  {:>{}}", row[c], width[c]);
    out += trimmed(std::move(line)) + '\n';
  };
  print(head);
  for (const Row& row : rows) print(row);
  return out + fmt::format("\n{}\n\n", kKey) + legend(columns, "", "");
}

std::string debate_markdown(const config::Scenario& scenario,
                            const std::vector<DebateColumn>& columns) {
  std::string out = fmt::format("**{}**: {}\n\n| | ", scenario.run.name, scenario.run.doc);
  for (const DebateColumn& c : columns)
    out += fmt::format("| {} `{}` ", c.placement->position, c.placement->name);
  out += "|\n|---|---";
  for (std::size_t c = 0; c < columns.size(); ++c) out += "|--:";
  out += "|\n";
  for (const Row& row : rows_of(columns)) {
    for (const std::string& cell : row) out += fmt::format("| {} ", trimmed(cell));
    out += "|\n";
  }
  return out + fmt::format("\n{}\n\n", kKey) + legend(columns, "- ", "**");
}

std::string debate_json(const config::Scenario& scenario,
                        const std::vector<DebateColumn>& columns) {
  ordered_json out;
  out["schema"] = "mhpsim-debate/1";
  out["scenario"] = scenario.run.name;
  if (const auto note = config::kernel_note(scenario.profile); !note.empty())
    out["kernel_note"] = note;
  out["placements"] = ordered_json::array();
  for (const DebateColumn& c : columns) {
    const kernel::PlacementPolicy& p = *c.placement;
    out["placements"].push_back({{"name", p.name},
                                 {"position", p.position},
                                 {"kernels", kernels_text(p)},
                                 {"proposed", p.proposed},
                                 {"assumed", p.assumes},
                                 {"outcome", word(c.outcome)},
                                 {"reason", c.reason}});
  }
  out["objections"] = ordered_json::array();
  out["more"] = ordered_json::array();  // what goes on from an objection: O3b from O3
  const auto& all = run::objections();
  for (std::size_t i = 0; i < all.size(); ++i) {
    ordered_json values = ordered_json::object();
    for (const DebateColumn& c : columns) values[c.placement->name] = json_number(c.values[i]);
    const bool goes_on = std::isalpha(static_cast<unsigned char>(all[i].id.back())) != 0;
    out[goes_on ? "more" : "objections"].push_back({{"id", all[i].id},
                                                    {"title", all[i].title},
                                                    {"unit", all[i].unit},
                                                    {"better", word(all[i].better)},
                                                    {"argued", all[i].argued},
                                                    {"values", std::move(values)}});
  }
  return out.dump(2) + "\n";
}

}  // namespace mhp::cli
