#include "sim/cli/comparison_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "sim/cli/figures.hpp"
#include "sim/cli/origin_view.hpp"
#include "sim/cli/uncertainty_view.hpp"
#include "sim/config/kernel_profiles.hpp"
#include "sim/run/result/run_content.hpp"

namespace mhp::cli {

namespace {

using nlohmann::ordered_json;

ordered_json values_json(const study::MetricRow& row, const study::CompareOptions& options) {
  ordered_json out = ordered_json::object();
  for (const std::string& p : options.placements) {
    const auto& e = row.values.at(p);
    out[p] = e ? ordered_json{{"mean", json_number(e->mean)},
                              {"lo", json_number(e->lo)},
                              {"hi", json_number(e->hi)}}
               : ordered_json(nullptr);
  }
  return out;
}

ordered_json diff_json(const study::MetricRow& row, const study::CompareOptions& options) {
  ordered_json out = ordered_json::object();
  for (std::size_t i = 1; i < options.placements.size(); ++i) {
    const auto& d = row.diff.at(options.placements[i]);
    if (!d) {
      out[options.placements[i]] = nullptr;
      continue;
    }
    ordered_json entry{{"abs", json_number(d->abs.mean)}};
    entry["rel"] = d->rel ? ordered_json(*d->rel) : ordered_json(nullptr);
    entry["lo"] = json_number(d->abs.lo);
    entry["hi"] = json_number(d->abs.hi);
    entry["significant"] = d->significant ? ordered_json(*d->significant) : ordered_json(nullptr);
    out[options.placements[i]] = std::move(entry);
  }
  return out;
}

ordered_json resting_json(const study::MetricRow& row) {
  ordered_json out = ordered_json::object();
  for (const auto& [placement, resting] : row.rests_on) {
    out[placement] = ordered_json::object();
    for (const auto& [basis, time] : resting.by_basis) out[placement][basis] = resting.share(basis);
  }
  return out;
}

/// For each metric of time the shares that rest on assumed and on fitted constants.
std::string resting_table(const config::Scenario& scenario, const study::Comparison& c,
                          std::size_t width) {
  const run::Constants constants(scenario.used);
  run::Resting all;
  for (const auto& row : c.metrics)
    for (const auto& [placement, resting] : row.rests_on) all.add(resting);
  std::string out = "\nshare of it that rests on assumed constants, on fitted ones" +
                    run::largest_text(all, constants, "fitted") + '\n';
  for (const auto& row : c.metrics) {
    if (row.rests_on.empty()) continue;
    out += fmt::format("{:<{}} {:<7}", row.name, width, word(row.phase));
    for (const auto& p : c.placements) {
      const auto r = row.rests_on.find(p.name);
      out += fmt::format(" {:>18}",
                         r == row.rests_on.end()
                             ? "not reached"
                             : fmt::format("{:.1f} %, {:.1f} %", 100 * r->second.share("assumed"),
                                           100 * r->second.share("fitted")));
    }
    out += '\n';
  }
  return out;
}

/// "+1.234 s (+82.1 %)", with a star if it is more than chance.
std::string difference_text(const study::MetricRow& row, const std::string& placement) {
  const auto& d = row.diff.at(placement);
  if (!d) return "";
  if (d->abs.mean == 0) return "=";
  std::string text = (d->abs.mean > 0 ? "+" : "") + human(d->abs.mean, row.unit);
  // Relative to the size of the baseline, so that the sign always tells the direction.
  if (d->rel) text += fmt::format(" ({:+.1f} %)", std::copysign(100 * *d->rel, d->abs.mean));
  if (d->significant.value_or(false)) text += " *";
  return text;
}

bool all_zero(const study::MetricRow& row) {
  return std::all_of(row.values.begin(), row.values.end(), [](const auto& value) {
    return value.second && value.second->mean == 0 && value.second->hi.value_or(0) == 0;
  });
}

/// The first column: as wide as the longest name that is shown.
std::size_t label_width(const study::Comparison& c) {
  std::size_t width = 0;
  for (const auto& row : c.metrics)
    if (!all_zero(row)) width = std::max(width, labelled(row.name, row.unit).size());
  return width;
}

std::string interval_text(const analysis::Estimate& e, Unit unit) {
  std::string text = human(e.mean, unit);
  if (e.lo && *e.hi > *e.lo)
    text += fmt::format(" [{}, {}]", human(*e.lo, unit), human(*e.hi, unit));
  return text;
}

}  // namespace

std::string comparison_json(const config::Scenario& scenario, const study::CompareOptions& options,
                            const study::Comparison& c,
                            const std::optional<study::Uncertainty>& uncertainty) {
  ordered_json out;
  out["schema"] = "mhpsim-compare/1";
  out["scenario"] = scenario.run.name;
  out["seed"] = options.seed;
  out["replicates"] = options.replicates;
  out["baseline"] = options.placements.front();
  if (const auto note = config::kernel_note(scenario.profile); !note.empty())
    out["kernel_note"] = note;
  if (scenario.origin) out["machine"] = origin_json(scenario.origin);
  out["placements"] = ordered_json::array();
  for (const auto& p : c.placements) {
    out["placements"].push_back({{"name", p.name},
                                 {"outcome", word(p.outcome)},
                                 {"reason", p.reason},
                                 {"fingerprint", run::fingerprint_text(p.fingerprint)}});
    if (const auto note = placement_note(p.name); !note.empty())
      out["placements"].back()["note"] = note;
  }
  out["metrics"] = ordered_json::array();
  for (const auto& row : c.metrics) {
    ordered_json m{{"name", row.name},
                   {"unit", word(row.unit)},
                   {"better", word(row.better)},
                   {"phase", word(row.phase)}};
    m["values"] = values_json(row, options);
    m["diff"] = diff_json(row, options);
    if (!row.rests_on.empty()) m["rests_on"] = resting_json(row);
    out["metrics"].push_back(std::move(m));
  }
  if (uncertainty) out["uncertainty"] = uncertainty_json(*uncertainty, options.placements);
  return out.dump(2) + "\n";
}

std::string comparison_table(const config::Scenario& scenario, const study::CompareOptions& options,
                             const study::Comparison& c,
                             const std::optional<study::Uncertainty>& uncertainty) {
  std::string out = fmt::format("{}: {}\n", scenario.run.name, scenario.run.doc);
  out += fmt::format("seed {}, {} replicate{}\n\n", options.seed, options.replicates,
                     options.replicates == 1 ? "" : "s");
  out += origin_text(scenario.origin);
  const std::size_t width = label_width(c);
  out += fmt::format("{:<{}} {:<7}", "", width, "phase");
  for (const auto& p : c.placements) out += fmt::format(" {:>18}", p.name);
  for (std::size_t i = 1; i < c.placements.size(); ++i)
    out += fmt::format(
        "  {:<28}", c.placements.size() > 2 ? "difference: " + c.placements[i].name : "difference");
  out.erase(out.find_last_not_of(' ') + 1);
  out += fmt::format("\n{:<{}} {:<7}", "outcome", width, word(run::MetricPhase::run));
  for (const auto& p : c.placements) out += fmt::format(" {:>18}", word(p.outcome));
  out += '\n';
  int left_out = 0;
  for (const auto& row : c.metrics) {
    if (all_zero(row)) {
      ++left_out;
      continue;
    }
    out += fmt::format("{:<{}} {:<7}", labelled(row.name, row.unit), width, word(row.phase));
    for (const auto& p : c.placements) {
      const auto& e = row.values.at(p.name);
      out += fmt::format(" {:>18}", e ? interval_text(*e, row.unit) : "not reached");
    }
    for (std::size_t i = 1; i < c.placements.size(); ++i)
      out += fmt::format("  {:<28}", difference_text(row, c.placements[i].name));
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
  }
  if (left_out > 0)
    out += fmt::format("\n{} figures that are 0 everywhere are left out (--json has them)\n",
                       left_out);
  if (options.replicates > 1)
    out += "\n[95 % interval of the mean]; * the difference is more than chance (paired, 95 %)\n";
  if (std::any_of(c.metrics.begin(), c.metrics.end(),
                  [](const auto& row) { return !row.rests_on.empty(); }))
    out += resting_table(scenario, c, width);
  if (uncertainty) out += uncertainty_table(*uncertainty, options.placements);
  for (const auto& p : c.placements)
    if (!p.reason.empty()) out += fmt::format("\n{}: {}: {}\n", p.name, word(p.outcome), p.reason);
  for (const auto& p : c.placements)
    if (const auto note = placement_note(p.name); !note.empty()) out += fmt::format("\n{}\n", note);
  return out;
}

}  // namespace mhp::cli
