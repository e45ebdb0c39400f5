#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/cli/comparison_view.hpp"
#include "sim/cli/figures.hpp"
#include "sim/cli/origin_view.hpp"
#include "sim/cli/uncertainty_view.hpp"

namespace mhp::cli {

namespace {

using analysis::NoInterval;
using study::Comparison;
using study::MetricRow;

using Cells = std::vector<std::string>;

bool all_zero(const MetricRow& row) {
  return std::all_of(row.values.begin(), row.values.end(), [](const auto& value) {
    return value.second && value.second->mean == 0 && value.second->centre() == 0 &&
           value.second->hi.value_or(0) == 0;
  });
}

std::size_t most_runs(const ComparisonView& view) {
  std::size_t most = 0;
  for (const ComparedPart& part : view.parts)
    for (const auto& p : part.comparison.placements) most = std::max(most, p.runs);
  return most;
}

/// "+1.234 s (+82.1 %) *".
std::string difference_cell(const MetricRow& row, const std::string& column) {
  const auto& d = row.diff.at(column);
  if (!d) return "";
  std::string text = signed_difference(*d, row.unit);
  if (d->significant) text += *d->significant ? " *" : " ~";
  return text;
}

std::string value_cell(const MetricRow& row, const std::string& column) {
  const auto& e = row.values.at(column);
  if (!e) return "not reached";
  std::string text = human(e->centre(), row.unit);
  if (e->lo && *e->hi > *e->lo)
    text += fmt::format(" [{}, {}]", human(*e->lo, row.unit), human(*e->hi, row.unit));
  return text;
}

/// The head, how each column ended, and the metrics that are shown.
std::vector<Cells> cells_of(const ComparisonView& view, const Comparison& c) {
  std::vector<Cells> out{{"", "phase"}, {"outcome", std::string(word(run::MetricPhase::run))}};
  for (const auto& p : c.placements) {
    out[0].push_back(p.name);
    out[1].emplace_back(word(p.outcome));
  }
  for (std::size_t i = 1; i < c.placements.size(); ++i)
    out[0].push_back(c.placements.size() > 2 ? "difference: " + c.placements[i].name
                                             : "difference");
  out[1].resize(out[0].size());
  for (const MetricRow& row : c.metrics) {
    if (!is_shown(view, row) || (view.metrics.empty() && all_zero(row))) continue;
    Cells cells{labelled(row.name, row.unit), std::string(word(row.phase))};
    for (const auto& p : c.placements) cells.push_back(value_cell(row, p.name));
    for (std::size_t i = 1; i < c.placements.size(); ++i)
      cells.push_back(difference_cell(row, c.placements[i].name));
    out.push_back(std::move(cells));
  }
  return out;
}

/// Columns of figures stand flush right, at least 18 letters wide; differences flush left.
std::string aligned_cells(const std::vector<Cells>& rows, std::size_t figures) {
  constexpr std::size_t kFigure = 18, kDifference = 28, kPhase = 7;
  std::vector<std::size_t> width(rows.front().size(), kDifference);
  width[0] = 0;
  width[1] = kPhase;
  std::fill_n(width.begin() + 2, figures, kFigure);
  for (const Cells& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
  std::string out;
  for (const Cells& row : rows) {
    std::string line = fmt::format("{:<{}} {:<{}}", row[0], width[0], row[1], width[1]);
    for (std::size_t i = 2; i < row.size(); ++i)
      line += i < 2 + figures ? fmt::format(" {:>{}}", row[i], width[i])
                              : fmt::format("  {:<{}}", row[i], width[i]);
    out += trimmed(std::move(line)) + '\n';
  }
  return out;
}

std::string left_out_text(const ComparisonView& view, const Comparison& c) {
  if (!view.metrics.empty()) return "";
  const auto count = std::count_if(c.metrics.begin(), c.metrics.end(), all_zero);
  return count == 0 ? ""
                    : fmt::format(
                          "\n{} figures that are 0 everywhere are left out (--json has "
                          "them)\n",
                          count);
}

/// What intervals and marks mean, and why some figures have none.
std::string legend_of(const ComparisonView& view) {
  if (most_runs(view) < 2) return "";
  if (most_runs(view) < analysis::kFewest)
    return fmt::format(
        "\nmeans, of quantiles and extremes medians; fewer than {} replicates give no interval, "
        "and "
        "no difference is called more than chance\n",
        analysis::kFewest);
  std::string out =
      "\n[95 % interval] of the mean, of quantiles and extremes of the median; * the difference is "
      "more than chance, ~ it may be chance\n(in pairs, 95 %); no mark: it is the same in every "
      "replicate\n";
  for (const ComparedPart& part : view.parts)
    for (const MetricRow& row : part.comparison.metrics)
      for (const auto& [column, e] : row.values)
        if (is_shown(view, row) && e && e->none == NoInterval::operations)
          out += fmt::format("{}, {}: no interval: {}\n", row.name, column, word(e->none));
  return out;
}

/// For each metric of time the shares that rest on assumed and on fitted constants.
std::string resting_table(const ComparisonView& view, const Comparison& c) {
  const run::Constants constants(view.simulated->used);
  run::Resting all;
  std::vector<Cells> rows;
  for (const MetricRow& row : c.metrics) {
    if (row.rests_on.empty() || !is_shown(view, row)) continue;
    for (const auto& [column, resting] : row.rests_on) all.add(resting);
    Cells cells{row.name, std::string(word(row.phase))};
    for (const auto& p : c.placements) {
      const auto r = row.rests_on.find(p.name);
      cells.push_back(r == row.rests_on.end()
                          ? "not reached"
                          : fmt::format("{:.1f} %, {:.1f} %", 100 * r->second.share("assumed"),
                                        100 * r->second.share("fitted")));
    }
    rows.push_back(std::move(cells));
  }
  if (rows.empty()) return "";
  return "\nshare of it that rests on assumed constants, on fitted ones" +
         run::largest_text(all, constants, "fitted") + '\n' +
         aligned_cells(rows, c.placements.size());
}

std::string of_text(const ComparedPart& part) {
  std::string out;
  for (const auto& [name, value] : part.of)
    out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", name, value);
  return out;
}

std::string setup_text(const ComparisonView& view) {
  const std::size_t runs = most_runs(view);
  return fmt::format("{}{} replicate{}\n", view.seed ? fmt::format("seed {}, ", *view.seed) : "",
                     runs, runs == 1 ? "" : "s");
}

std::string ends_text(const Comparison& c) {
  std::string out;
  for (const auto& p : c.placements)
    if (!p.reason.empty()) out += fmt::format("\n{}: {}: {}\n", p.name, word(p.outcome), p.reason);
  for (const auto& p : c.placements)
    if (const auto note = placement_note(p.placement); !note.empty())
      out += fmt::format("\n{}\n", note);
  return out;
}

std::string markdown_cell(const std::string& cell) {
  std::string out;
  for (const char c : cell) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

}  // namespace

std::string signed_difference(const study::Difference& difference, Unit unit) {
  const double d = difference.abs.centre();
  if (d == 0) return "=";
  std::string text = (d > 0 ? "+" : "") + human(d, unit);
  // Relative to the size of the baseline, so that the sign always tells the direction.
  if (difference.rel) text += fmt::format(" ({:+.1f} %)", std::copysign(100 * *difference.rel, d));
  return text;
}

bool is_shown(const ComparisonView& view, const MetricRow& row) {
  return view.metrics.empty() ||
         std::any_of(view.metrics.begin(), view.metrics.end(), [&](const std::string& name) {
           return study::MetricName{row.name, row.unit, row.better, row.phase}.is(name);
         });
}

std::string comparison_table(const ComparisonView& view) {
  std::string out = fmt::format("{}\n{}", view.title, setup_text(view));
  if (view.simulated != nullptr && view.simulated->origin)
    out += '\n' + origin_text(view.simulated->origin);
  for (const ComparedPart& part : view.parts) {
    const Comparison& c = part.comparison;
    out += '\n';
    if (!part.of.empty()) out += of_text(part) + '\n';
    out += aligned_cells(cells_of(view, c), c.placements.size());
    out += left_out_text(view, c);
    if (view.parts.size() == 1) out += legend_of(view);
    if (view.simulated != nullptr) out += resting_table(view, c);
    if (view.uncertainty) {
      Cells names;
      for (const auto& p : c.placements) names.push_back(p.name);
      out += uncertainty_table(*view.uncertainty, names);
    }
    out += ends_text(c);
  }
  return view.parts.size() == 1 ? out : out + legend_of(view);
}

std::string comparison_markdown(const ComparisonView& view) {
  std::string out = fmt::format("**{}**, {}", markdown_cell(view.title), setup_text(view));
  for (const ComparedPart& part : view.parts) {
    out += '\n';
    if (!part.of.empty()) out += fmt::format("*{}*\n\n", markdown_cell(of_text(part)));
    const std::size_t figures = part.comparison.placements.size();
    bool first = true;
    for (const Cells& row : cells_of(view, part.comparison)) {
      for (const std::string& cell : row) out += fmt::format("| {} ", markdown_cell(cell));
      out += "|\n";
      if (!std::exchange(first, false)) continue;
      for (std::size_t i = 0; i < row.size(); ++i)
        out += i >= 2 && i < 2 + figures ? "|--:" : "|---";
      out += "|\n";
    }
    out += left_out_text(view, part.comparison);
    for (const auto& p : part.comparison.placements)
      if (!p.reason.empty())
        out += markdown_cell(fmt::format("\n{}: {}: {}\n", p.name, word(p.outcome), p.reason));
  }
  return out + legend_of(view);
}

}  // namespace mhp::cli
