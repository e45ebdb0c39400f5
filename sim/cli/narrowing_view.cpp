#include "sim/cli/narrowing_view.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/cli/cli.hpp"
#include "sim/cli/figures.hpp"
#include "sim/config/sample.hpp"
#include "sim/run/result/metric/record.hpp"
#include "sim/run/run.hpp"

namespace mhp::cli {

namespace {

using nlohmann::ordered_json;

/// The times of one scenario, in the order of reports.
struct Times {
  run::RunResult run;
  std::optional<study::Uncertainty> sampled;

  IntervalOfTime of(const std::string& name) const {
    IntervalOfTime out;
    for (const run::Metric& m : run.metrics)
      if (m.name == name && !out.value) out.value = m.value;
    if (sampled)
      for (const study::UncertainMetric& m : sampled->metrics)
        if (m.name == name && !out.interval) out.interval = m.values.at(run.placement);
    return out;
  }
};

Result<Times> times_of(const config::Scenario& scenario, std::int64_t samples, unsigned threads,
                       bool progress) {
  const auto seed = static_cast<std::uint64_t>(scenario.run.seed);
  Times out{run::simulate(scenario, {{}, seed, 0, {}}), {}};
  auto sampled =
      sample_constants(scenario, {{out.run.placement}, samples, seed, threads, {}}, progress);
  if (!sampled) return tl::unexpected<Diagnostics>(sampled.error());
  out.sampled = std::move(*sampled);
  return out;
}

std::string constant_text(const ParamValue& p) {
  std::string out = Amount{*p.number, p.unit}.shown();
  if (p.range && p.range->low < p.range->high)
    out += fmt::format(" [{}, {}]", Amount{p.range->low, p.unit}.shown(),
                       Amount{p.range->high, p.unit}.shown());
  return out;
}

std::string time_text(const IntervalOfTime& t) {
  if (!t.value) return "not reached";
  const auto text = [](std::int64_t ns) { return human(static_cast<double>(ns), Unit::ns); };
  return text(*t.value) +
         (t.interval ? fmt::format(" [{}, {}]", text(t.interval->low), text(t.interval->high))
                     : std::string());
}

/// As a part of the value; 0 without an interval.
double width(const IntervalOfTime& t) {
  if (!t.interval || !t.value || *t.value == 0) return 0;
  return static_cast<double>(t.interval->high - t.interval->low) / static_cast<double>(*t.value);
}

double factor(const NarrowedTime& t) {
  return width(t.before) == 0 || width(t.after) == 0 ? 0 : width(t.before) / width(t.after);
}

std::string factor_text(double factor) {
  if (factor == 0) return "";
  return factor >= 1 ? fmt::format("{:.3g} times narrower", factor)
                     : fmt::format("{:.3g} times wider", 1 / factor);
}

std::string row(const std::string& name, const std::string& before, const std::string& after,
                const std::string& how) {
  return trimmed(fmt::format("{:<34} {:<32} {:<32} {}", name, before, after, how)) + "\n";
}

ordered_json value_json(const ParamValue& p) {
  ordered_json out{{"value", *p.number}, {"low", nullptr}, {"high", nullptr}, {"basis", p.basis}};
  if (p.range) {
    out["low"] = p.range->low;
    out["high"] = p.range->high;
  }
  return out;
}

ordered_json time_json(const IntervalOfTime& t) {
  ordered_json out{{"value", nullptr}, {"low", nullptr}, {"high", nullptr}};
  if (t.value) out["value"] = *t.value;
  if (t.interval) {
    out["low"] = t.interval->low;
    out["high"] = t.interval->high;
  }
  return out;
}

}  // namespace

Result<Narrowing> narrowing(const config::Scenario& scenario, const Value& costs,
                            const Value& machine, std::int64_t samples, unsigned threads,
                            bool progress) {
  const auto measured = host::with_measured(scenario, costs, machine);
  if (!measured) return tl::unexpected<Diagnostics>(measured.error());
  const auto before = times_of(scenario, samples, threads, progress);
  if (!before) return tl::unexpected<Diagnostics>(before.error());
  const auto after = times_of(*measured, samples, threads, progress);
  if (!after) return tl::unexpected<Diagnostics>(after.error());
  Narrowing out{scenario.run.name, samples, host::narrowed(scenario.used, measured->used), {}};
  for (const std::string& name : run::explained_metrics())
    out.times.push_back({name, before->of(name), after->of(name)});
  return out;
}

std::string narrowing_text(const Narrowing& n) {
  std::string out =
      "\n" + row("how it narrows: constant", "before [range]", "measured [range]", "");
  for (const host::Narrowed& c : n.constants)
    out += row(config::quantity_of(c.after.name), constant_text(c.before), constant_text(c.after),
               factor_text(c.factor()));
  const std::string of = n.samples > 0 ? fmt::format(" [90 % of {} samples]", n.samples) : "";
  out += "\n" + row("scenario '" + n.scenario + "'", "before" + of, "after" + of, "");
  for (const NarrowedTime& t : n.times)
    if (t.before.value || t.after.value)
      out += row(t.name, time_text(t.before), time_text(t.after), factor_text(factor(t)));
  return out;
}

ordered_json narrowing_json(const Narrowing& n) {
  ordered_json out{{"scenario", n.scenario}, {"samples", n.samples}};
  out["constants"] = ordered_json::array();
  for (const host::Narrowed& c : n.constants)
    out["constants"].push_back({{"name", config::quantity_of(c.after.name)},
                                {"unit", c.after.unit},
                                {"before", value_json(c.before)},
                                {"after", value_json(c.after)}});
  out["times"] = ordered_json::array();
  for (const NarrowedTime& t : n.times)
    out["times"].push_back(
        {{"name", t.name}, {"before", time_json(t.before)}, {"after", time_json(t.after)}});
  return out;
}

}  // namespace mhp::cli
