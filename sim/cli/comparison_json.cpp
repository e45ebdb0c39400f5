#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/cli/comparison_view.hpp"
#include "sim/cli/figures.hpp"
#include "sim/cli/origin_view.hpp"
#include "sim/cli/uncertainty_view.hpp"
#include "sim/run/result/run_content.hpp"

namespace mhp::cli {

namespace {

using analysis::Estimate;
using analysis::NoInterval;
using nlohmann::ordered_json;
using study::Comparison;
using study::MetricRow;

/// Why there is no interval; nothing to say where there is one, or where one run is all.
void say_why_none(ordered_json& json, const Estimate& e) {
  if (e.none != NoInterval::there_is && e.none != NoInterval::one)
    json["no_interval"] = word(e.none);
}

ordered_json value_json(const std::optional<Estimate>& e) {
  if (!e) return nullptr;
  ordered_json out{{"mean", json_number(e->mean)}};
  if (e->median) out["median"] = json_number(e->median);
  out["lo"] = json_number(e->lo);
  out["hi"] = json_number(e->hi);
  say_why_none(out, *e);
  return out;
}

ordered_json difference_json(const std::optional<study::Difference>& d) {
  if (!d) return nullptr;
  ordered_json out{{"abs", json_number(d->abs.centre())}};
  out["rel"] = d->rel ? ordered_json(*d->rel) : ordered_json(nullptr);
  out["lo"] = json_number(d->abs.lo);
  out["hi"] = json_number(d->abs.hi);
  out["significant"] = d->significant ? ordered_json(*d->significant) : ordered_json(nullptr);
  say_why_none(out, d->abs);
  return out;
}

ordered_json metric_json(const MetricRow& row, const Comparison& c) {
  ordered_json out{{"name", row.name},
                   {"unit", word(row.unit)},
                   {"better", word(row.better)},
                   {"phase", word(row.phase)},
                   {"estimate", word(row.centre)}};
  out["values"] = ordered_json::object();
  out["diff"] = ordered_json::object();
  for (std::size_t i = 0; i < c.placements.size(); ++i) {
    const std::string& name = c.placements[i].name;
    out["values"][name] = value_json(row.values.at(name));
    if (i > 0) out["diff"][name] = difference_json(row.diff.at(name));
  }
  if (row.rests_on.empty()) return out;
  out["rests_on"] = ordered_json::object();
  for (const auto& [column, resting] : row.rests_on) {
    auto& shares = out["rests_on"][column] = ordered_json::object();
    for (const auto& [basis, time] : resting.by_basis) shares[basis] = resting.share(basis);
  }
  return out;
}

/// The members of one comparison.
void add_comparison(ordered_json& out, const ComparisonView& view, const Comparison& c) {
  out["baseline"] = c.placements.front().name;
  out["placements"] = ordered_json::array();
  for (const auto& p : c.placements) {
    ordered_json row{{"name", p.name},
                     {"outcome", word(p.outcome)},
                     {"reason", p.reason},
                     {"fingerprint", run::fingerprint_text(p.fingerprint)}};
    if (p.placement != p.name) row["placement"] = p.placement;
    row["runs"] = p.runs;
    if (const auto note = placement_note(p.placement); !note.empty()) row["note"] = note;
    out["placements"].push_back(std::move(row));
  }
  out["metrics"] = ordered_json::array();
  for (const MetricRow& row : c.metrics)
    if (is_shown(view, row)) out["metrics"].push_back(metric_json(row, c));
}

std::size_t runs_of(const ComparisonView& view) {
  std::size_t most = 0;
  for (const ComparedPart& part : view.parts)
    for (const auto& p : part.comparison.placements) most = std::max(most, p.runs);
  return most;
}

/// As RFC 4180 has it.
std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

std::string csv_number(const std::optional<double>& value) {
  return value ? json_number(value).dump() : "";
}

void add_csv_line(std::string& out, const std::vector<std::string>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) out += (i > 0 ? "," : "") + csv_cell(cells[i]);
  out += '\n';
}

}  // namespace

std::string comparison_json(const ComparisonView& view) {
  ordered_json out;
  out["schema"] = "mhpsim-compare/2";
  out["scenario"] = view.scenario.empty() ? ordered_json(nullptr) : ordered_json(view.scenario);
  out["seed"] = view.seed ? ordered_json(*view.seed) : ordered_json(nullptr);
  out["replicates"] = runs_of(view);
  if (!view.kernel_note.empty()) out["kernel_note"] = view.kernel_note;
  if (view.simulated != nullptr && view.simulated->origin)
    out["machine"] = origin_json(view.simulated->origin);
  if (view.parts.size() == 1 && view.parts.front().of.empty()) {
    add_comparison(out, view, view.parts.front().comparison);
  } else {
    out["comparisons"] = ordered_json::array();
    for (const ComparedPart& part : view.parts) {
      ordered_json one;
      one["of"] = ordered_json::object();
      for (const auto& [name, value] : part.of) one["of"][name] = value;
      add_comparison(one, view, part.comparison);
      out["comparisons"].push_back(std::move(one));
    }
  }
  if (view.uncertainty) {
    std::vector<std::string> names;
    for (const auto& p : view.parts.front().comparison.placements) names.push_back(p.name);
    out["uncertainty"] = uncertainty_json(*view.uncertainty, names);
  }
  if (view.conditions) {
    out["conditions_met"] = ordered_json::array();
    for (const MetCondition& m : view.met)
      out["conditions_met"].push_back(
          {{"condition", m.condition},
           {"comparison", m.part},
           {"column", m.column},
           {"why", m.why == study::Condition::Met::holds ? "holds" : "not reached"}});
  }
  return out.dump(2) + "\n";
}

std::string comparison_csv(const ComparisonView& view) {
  std::vector<std::string> head;
  for (const auto& [name, value] : view.parts.front().of) head.push_back(name);
  for (const char* name :
       {"column", "placement", "outcome", "runs", "metric", "phase", "unit", "better", "estimate",
        "value", "lo", "hi", "no_interval", "baseline", "difference", "relative", "difference_lo",
        "difference_hi", "significant"})
    head.emplace_back(name);
  std::string out;
  add_csv_line(out, head);
  for (const ComparedPart& part : view.parts)
    for (const MetricRow& row : part.comparison.metrics) {
      if (!is_shown(view, row)) continue;
      for (const auto& p : part.comparison.placements) {
        std::vector<std::string> line;
        for (const auto& [name, value] : part.of) line.push_back(value);
        const auto& e = row.values.at(p.name);
        const std::optional<double> value = e ? std::optional(e->centre()) : std::nullopt;
        line.insert(
            line.end(),
            {p.name, p.placement, std::string(word(p.outcome)), std::to_string(p.runs), row.name,
             std::string(word(row.phase)), std::string(word(row.unit)),
             std::string(word(row.better)), std::string(word(row.centre)), csv_number(value),
             csv_number(e ? e->lo : std::nullopt), csv_number(e ? e->hi : std::nullopt),
             e ? std::string(word(e->none)) : "not reached"});
        const auto d = row.diff.find(p.name);
        line.push_back(d == row.diff.end() ? "" : part.comparison.placements.front().name);
        if (d != row.diff.end() && d->second) {
          const study::Difference& x = *d->second;
          line.insert(line.end(),
                      {csv_number(x.abs.centre()), csv_number(x.rel), csv_number(x.abs.lo),
                       csv_number(x.abs.hi), x.significant ? (*x.significant ? "yes" : "no") : ""});
        } else {
          line.resize(head.size());
        }
        add_csv_line(out, line);
      }
    }
  return out;
}

}  // namespace mhp::cli
