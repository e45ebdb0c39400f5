#include "sim/cli/explain_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "sim/cli/figures.hpp"
#include "sim/core/param_text.hpp"
#include "sim/core/units.hpp"
#include "sim/run/explain/resting.hpp"

namespace mhp::cli {

namespace {

using nlohmann::ordered_json;
using run::Amounts;
using run::TimeOf;
using run::TimeRow;

/// Parts below this share of a time are told together.
constexpr double kSmallPart = 0.001;

double share(SimTime part, SimTime whole) {
  return whole.value == 0 ? 0 : static_cast<double>(part.value) / static_cast<double>(whole.value);
}

SimTime sum(const TimeOf& of) {
  SimTime all;
  for (const Amounts& a : of.amounts) all += a.time();
  return all;
}

std::int64_t each_ps(SimTime time, std::int64_t units) {
  return units == 0 ? 0
                    : static_cast<std::int64_t>(static_cast<__int128>(time.value) * 1000 / units);
}

std::string time_text(SimTime t) { return human(static_cast<double>(t.value), Unit::ns); }

std::string each_text(std::int64_t ps) { return human(static_cast<double>(ps) / 1000, Unit::ns); }

/// The rows of a metric that took time, the longest first.
std::vector<std::size_t> by_time(const TimeOf& of) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < of.amounts.size(); ++i)
    if (of.amounts[i].time().value != 0) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) {
    return of.amounts[x].time() > of.amounts[y].time();
  });
  return order;
}

/// Every parameter that a row rests on, as far as the row has time of that part.
std::vector<std::string> constants_of(const TimeRow& row, const Amounts& a) {
  std::vector<std::string> out;
  const auto take = [&](SimTime time, const std::vector<std::string>& paths) {
    if (time.value != 0) out.insert(out.end(), paths.begin(), paths.end());
  };
  take(a.own, row.own_rests_on);
  take(a.stall, row.stall_rests_on);
  take(a.contention, row.contention_rests_on);
  return out;
}

/// The basis that the greatest part of a row's time rests on.
std::string basis_of(const TimeRow& row, const Amounts& a, const run::Constants& constants) {
  const auto bases = run::resting_of({row}, {a}, constants).by_basis;
  const auto most = std::max_element(
      bases.begin(), bases.end(), [](const auto& x, const auto& y) { return x.second < y.second; });
  return most == bases.end() ? run::kUnstated : most->first;
}

std::string row_text(const TimeRow& row, const Amounts& a, SimTime whole,
                     const run::Constants& constants) {
  std::string what = row.name;
  if (a.stall + a.contention > SimTime{0}) what += fmt::format(" (node {})", row.memory);
  return fmt::format("  {:>6.1f} % {:>10}  {:<8} {:<30} {:>15} {:>10} {:>8.1f} {:>8.1f}  {}\n",
                     100 * share(a.time(), whole), time_text(a.time()), row.phase, what,
                     human(static_cast<double>(a.units), Unit::one),
                     each_text(each_ps(a.time(), a.units)), 100 * share(a.stall, a.time()),
                     100 * share(a.contention, a.time()), basis_of(row, a, constants));
}

std::string metric_text(const run::RecordedRun& run, const TimeOf& of,
                        const run::Constants& constants, std::set<std::string>& named) {
  const SimTime whole = sum(of);
  std::string out = fmt::format("{}: {}\n", of.metric, time_text(whole));
  if (whole.value == 0) return out;
  out += fmt::format("  {:>8} {:>10}  {:<8} {:<30} {:>15} {:>10} {:>8} {:>8}  {}\n", "share",
                     "time", "phase", "what", "units", "each", "% stall", "% shared", "rests on");
  SimTime small;
  std::size_t small_rows = 0;
  for (const std::size_t i : by_time(of)) {
    const Amounts& a = of.amounts[i];
    if (share(a.time(), whole) < kSmallPart) {
      small += a.time();
      ++small_rows;
      continue;
    }
    out += row_text(run.times.rows[i], a, whole, constants);
    for (const std::string& path : constants_of(run.times.rows[i], a)) named.insert(path);
  }
  if (small_rows > 0)
    out += fmt::format("  {:>6.1f} % {:>10}  {} smaller part{}\n", 100 * share(small, whole),
                       time_text(small), small_rows, small_rows == 1 ? "" : "s");
  return out + "  " +
         run::resting_text(run::resting_of(run.times.rows, of.amounts, constants), constants) +
         '\n';
}

/// How far a metric's time varies with the constants, and which of them does most to it.
struct Width {
  std::optional<study::SampledRange> interval;  ///< nothing if a sample did not reach the metric
  std::optional<run::Driver> by;                ///< nothing if none stands out from chance
};

Width width_of(const run::RecordedRun& run, const TimeOf& of, const study::Uncertainty& u) {
  for (const study::UncertainMetric& m : u.metrics) {
    if (m.name != of.metric) continue;
    const auto& drivers = m.drivers.at(run.placement);
    return {m.values.at(run.placement),
            drivers.empty() ? std::nullopt : std::optional(drivers.front())};
  }
  return {};
}

std::string widened_text(const run::RecordedRun& run, const TimeOf& of,
                         const std::optional<study::Uncertainty>& u) {
  if (!u) return {};
  const Width width = width_of(run, of, *u);
  std::string out =
      fmt::format("  90 % of {} samples: {}; what widens that most: ", u->samples,
                  width.interval ? fmt::format("{} .. {}", time_text(SimTime{width.interval->low}),
                                               time_text(SimTime{width.interval->high}))
                                 : "no interval, as one did not reach it");
  return out + (width.by ? fmt::format("{} (rank correlation {:+.2f})\n", width.by->name,
                                       width.by->correlation)
                         : "none\n");
}

/// A constant and, unless the one before has said it, where it comes from.
std::string constant_text(const ParamValue& p, std::string& last_source) {
  std::string out =
      fmt::format("  {} = {}", p.name, p.number ? Amount{*p.number, p.unit}.shown() : p.value);
  if (p.range)
    out += fmt::format(" [{}, {}]", Amount{p.range->low, p.unit}.shown(),
                       Amount{p.range->high, p.unit}.shown());
  out += p.data.empty() ? fmt::format(" ({})", run::basis_of(&p))
                        : fmt::format(" ({}: {})", run::basis_of(&p), fmt::join(p.data, ", "));
  out += '\n';
  if (!p.source.empty() && p.source != last_source) out += "      " + p.source + '\n';
  last_source = p.source;
  return out;
}

std::string heading(const run::RecordedRun& run) {
  return fmt::format("{}, {}, seed {}: {}{}\n", run.study, placement_text(run.placement), run.seed,
                     run.outcome, run.reason.empty() ? "" : " (" + run.reason + ")");
}

/// The metrics to explain: those of time, without the run as a whole.
std::vector<const TimeOf*> metrics_of(const run::RecordedRun& run, const std::string& metric) {
  std::vector<const TimeOf*> out;
  for (const TimeOf& of : run.times.metrics)
    if (metric.empty() ? of.metric != "run" : of.metric == metric) out.push_back(&of);
  return out;
}

ordered_json constant_json(const ParamValue& p) {
  ordered_json out{{"name", p.name},   {"value", p.value},   {"unit", unit_text(p.unit)},
                   {"basis", p.basis}, {"source", p.source}, {"data", p.data},
                   {"low", nullptr},   {"high", nullptr}};
  if (p.range) {
    out["low"] = p.range->low;
    out["high"] = p.range->high;
  }
  return out;
}

ordered_json resting_json(const run::Resting& r) {
  ordered_json out = ordered_json::object();
  for (const auto& [basis, time] : r.by_basis) out[basis] = time.value;
  return out;
}

ordered_json run_json(const run::RecordedRun& run) {
  ordered_json out{{"scenario", run.study}, {"placement", run.placement}};
  if (const auto note = placement_note(run.placement); !note.empty()) out["note"] = note;
  if (!run.kernel_note.empty()) out["kernel_note"] = run.kernel_note;
  out["seed"] = run.seed;
  out["outcome"] = run.outcome;
  out["reason"] = run.reason;
  return out;
}

}  // namespace

std::string explanation_text(const run::RecordedRun& run, const std::string& metric,
                             const std::optional<study::Uncertainty>& uncertainty) {
  const run::Constants constants(run.used);
  std::string out = heading(run) + '\n';
  std::set<std::string> named;
  const auto metrics = metrics_of(run, metric);
  for (const TimeOf* of : metrics)
    out += metric_text(run, *of, constants, named) + widened_text(run, *of, uncertainty) + '\n';
  if (metrics.empty()) out += "the run reached none of the metrics of time\n";
  if (!named.empty()) out += "Constants:\n";
  std::string last_source;
  for (const std::string& path : named)
    if (const ParamValue* p = constants.find(path)) out += constant_text(*p, last_source);
  return out;
}

std::string explanation_json(const run::RecordedRun& run, const std::string& metric,
                             const std::optional<study::Uncertainty>& uncertainty) {
  const run::Constants constants(run.used);
  ordered_json out{{"schema", "mhpsim-explain/1"}};
  out.update(run_json(run));
  out["metrics"] = ordered_json::array();
  std::set<std::string> named;
  for (const TimeOf* of : metrics_of(run, metric)) {
    const auto resting = run::resting_of(run.times.rows, of->amounts, constants);
    ordered_json m{{"name", of->metric}, {"value", sum(*of).value}};
    m["rests_on"] = resting_json(resting);
    if (uncertainty) {
      const Width width = width_of(run, *of, *uncertainty);
      m["interval"] =
          width.interval ? ordered_json{width.interval->low, width.interval->high} : ordered_json();
      m["widened_by"] = width.by ? ordered_json{{"constant", width.by->name},
                                                {"rank_correlation", width.by->correlation}}
                                 : ordered_json();
    }
    m["parts"] = ordered_json::array();
    for (const std::size_t i : by_time(*of)) {
      const TimeRow& row = run.times.rows[i];
      const Amounts& a = of->amounts[i];
      const auto paths = constants_of(row, a);
      named.insert(paths.begin(), paths.end());
      m["parts"].push_back({{"phase", row.phase},
                            {"kind", row.kind},
                            {"name", row.name},
                            {"memory", row.memory},
                            {"cpu", row.cpu},
                            {"time", a.time().value},
                            {"own", a.own.value},
                            {"stall", a.stall.value},
                            {"contention", a.contention.value},
                            {"units", a.units},
                            {"basis", basis_of(row, a, constants)},
                            {"constants", paths}});
    }
    out["metrics"].push_back(std::move(m));
  }
  out["constants"] = ordered_json::array();
  for (const std::string& path : named)
    if (const ParamValue* p = constants.find(path)) out["constants"].push_back(constant_json(*p));
  return out.dump(2) + "\n";
}

}  // namespace mhp::cli
