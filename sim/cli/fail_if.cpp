#include "sim/cli/fail_if.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/cli/figures.hpp"
#include "sim/run/result/metric/record.hpp"
#include "workloads/model.hpp"

namespace mhp::cli {

namespace {

void add_metric(study::MetricSet& all, study::MetricName metric) {
  if (std::find(all.begin(), all.end(), metric) == all.end()) all.push_back(std::move(metric));
}

/// What people read of a condition that is met in one column.
std::string met_text(const study::Condition& condition, const study::Condition::Finding& finding,
                     const study::Comparison& comparison) {
  if (condition.is_outcome()) {
    for (const auto& p : comparison.placements)
      if (p.name == finding.column)
        return std::string(word(p.outcome)) + (p.reason.empty() ? "" : " (" + p.reason + ")");
  }
  if (finding.row == nullptr) return "no run has it";
  const study::MetricRow& row = *finding.row;
  const auto& value = row.values.at(finding.column);
  if (finding.why == study::Condition::Met::not_reached)
    return value ? "not reached by " + comparison.placements.front().name : "not reached";
  std::string text = with_unit(value->centre(), row.unit);
  if (const auto d = row.diff.find(finding.column); d != row.diff.end() && d->second)
    text += ", difference " + signed_difference(*d->second, row.unit);
  return text;
}

}  // namespace

void add_condition_options(CLI::App& command, std::vector<std::string>& conditions,
                           std::vector<std::string>& metrics) {
  command
      .add_option("--fail-if", conditions,
                  "exit 1 if METRIC RELATION AMOUNT holds, as in 'time_to_online > +5%' "
                  "(docs/command-line.md); may be repeated")
      ->take_all()
      ->allow_extra_args(false)
      ->type_name("CONDITION");
  command.add_option("--metric", metrics, "show this metric only; may be repeated")
      ->take_all()
      ->allow_extra_args(false)
      ->type_name("NAME");
}

study::MetricSet metrics_of(const config::Scenario& scenario) {
  study::MetricSet all;
  for (const run::MetricRecord& m : run::metric_records())
    add_metric(all, {std::string(m.name), m.unit, m.better, m.phase});
  const auto add = [&](const std::string& owner, const FigureRecord& f) {
    add_metric(all, {fmt::format("{}_{}", owner, f.name), f.unit, f.better, run::MetricPhase::run});
  };
  for (const config::Workload& w : scenario.workloads)
    for (const auto& [kind, model] : workloads::workloads().entries())
      for (const FigureRecord& f : model.figures()) add(w.prefix, f);
  for (const kernel::MemcgConfig& cgroup : scenario.cgroups)
    for (const FigureRecord& f : run::cgroup_figures()) add("cgroup_" + cgroup.name, f);
  return all;
}

study::MetricSet metrics_of(const std::vector<ComparedPart>& parts) {
  study::MetricSet all;
  for (const ComparedPart& part : parts)
    for (const study::MetricRow& row : part.comparison.metrics)
      add_metric(all, {row.name, row.unit, row.better, row.phase});
  return all;
}

Result<std::vector<study::Condition>> read_conditions(const std::vector<std::string>& conditions,
                                                      const std::vector<std::string>& metrics,
                                                      const study::MetricSet& known) {
  std::vector<study::Condition> out;
  Diagnostics errors;
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    auto condition =
        study::Condition::parse(conditions[i], {"--fail-if", static_cast<int>(i) + 1, 0}, known);
    if (condition)
      out.push_back(std::move(*condition));
    else
      errors.insert(errors.end(), condition.error().begin(), condition.error().end());
  }
  std::vector<std::string> names;
  for (const study::MetricName& m : known) names.push_back(m.name);
  for (std::size_t i = 0; i < metrics.size(); ++i)
    if (std::none_of(known.begin(), known.end(),
                     [&](const study::MetricName& m) { return m.is(metrics[i]); }))
      errors.push_back({{"--metric", static_cast<int>(i) + 1, 0},
                        fmt::format("no run here has a metric '{}'", metrics[i]),
                        did_you_mean(metrics[i], names)});
  if (!errors.empty()) return tl::unexpected<Diagnostics>(errors);
  return out;
}

std::vector<MetCondition> met_conditions(const std::vector<study::Condition>& conditions,
                                         const std::vector<ComparedPart>& parts) {
  std::vector<MetCondition> out;
  for (const study::Condition& condition : conditions)
    for (std::size_t i = 0; i < parts.size(); ++i) {
      std::string place;
      for (const auto& [name, value] : parts[i].of) place += fmt::format("{} = {}, ", name, value);
      for (const auto& finding : condition.findings(parts[i].comparison))
        out.push_back({condition.text(), i, finding.column, finding.why,
                       fmt::format("{}: {}{}: {}", condition.text(), place, finding.column,
                                   met_text(condition, finding, parts[i].comparison))});
    }
  return out;
}

}  // namespace mhp::cli
