#include "sim/study/compare/columns.hpp"

#include <algorithm>

#include "sim/engine/fingerprint.hpp"
#include "sim/run/result/metric/summary.hpp"

namespace mhp::study {

namespace {

using analysis::Estimate;
using analysis::NoInterval;

/// The values of a metric over the runs of a column, and how they may be summed up.
struct Values {
  std::vector<std::uint64_t> replicates;
  std::vector<double> values;  ///< empty if one of the runs did not reach it
  bool operations_enough = true;
};

std::optional<std::int64_t> value_of(const ComparedRun& run, const std::string& name,
                                     run::MetricPhase phase) {
  for (const run::Metric& m : run.metrics)
    if (m.phase == phase && m.name == name) return m.value;
  return std::nullopt;
}

Values values_of(const Column& column, const MetricRow& metric) {
  Values out;
  const auto needs = run::quantile_needs(metric.name);
  for (const ComparedRun& r : column.runs) {
    const auto value = value_of(r, metric.name, metric.phase);
    if (!value) return {};
    out.replicates.push_back(r.replicate);
    out.values.push_back(static_cast<double>(*value));
    if (needs && value_of(r, needs->operations, metric.phase).value_or(0) < needs->least)
      out.operations_enough = false;
  }
  return out;
}

/// Without an interval where a quantile is that of too few operations.
Estimate bounded(Estimate e, bool operations_enough) {
  if (operations_enough || e.none != NoInterval::there_is) return e;
  e.lo.reset();
  e.hi.reset();
  e.none = NoInterval::operations;
  return e;
}

std::optional<Difference> difference(const Values& of, const Values& from, const MetricRow& row,
                                     double baseline) {
  std::vector<double> a, b;
  for (std::size_t i = 0; i < of.replicates.size(); ++i) {
    const auto pair = std::find(from.replicates.begin(), from.replicates.end(), of.replicates[i]);
    if (pair == from.replicates.end()) continue;
    a.push_back(of.values[i]);
    b.push_back(from.values[static_cast<std::size_t>(pair - from.replicates.begin())]);
  }
  if (a.empty()) return std::nullopt;
  Difference d;
  d.pairs = a.size();
  d.abs = bounded(analysis::difference_of_replicates(a, b, row.centre),
                  of.operations_enough && from.operations_enough);
  if (baseline != 0) d.rel = d.abs.centre() / baseline;
  d.significant = analysis::significant(d.abs);
  return d;
}

PlacementRow summarise(const Column& column) {
  PlacementRow row{.name = column.name};
  row.placement = column.placement;
  row.runs = column.runs.size();
  engine::Fingerprint fingerprint;
  for (const ComparedRun& r : column.runs) {
    const bool worse = r.outcome > row.outcome;
    if (worse || row.reason.empty()) row.reason = r.reason;
    if (worse) row.outcome = r.outcome;
    fingerprint.absorb(static_cast<std::int64_t>(r.fingerprint));
  }
  // One run keeps its own, so that `run` and `compare` show the same.
  row.fingerprint = column.runs.size() == 1 ? column.runs.front().fingerprint : fingerprint.value();
  return row;
}

/// Every metric that any run has, in the order of the first run that has it.
std::vector<MetricRow> all_metrics(const std::vector<Column>& columns) {
  std::vector<MetricRow> all;
  for (const Column& column : columns)
    for (const ComparedRun& r : column.runs)
      for (const run::Metric& m : r.metrics)
        if (std::none_of(all.begin(), all.end(), [&](const MetricRow& k) {
              return k.name == m.name && k.phase == m.phase;
            })) {
          all.push_back({m.name, m.unit, m.better, m.phase, {}, {}, {}});
          all.back().centre = run::centre_of(m.name);
        }
  return all;
}

}  // namespace

Comparison compare_columns(std::vector<Column> columns) {
  Comparison out;
  for (const Column& c : columns) out.placements.push_back(summarise(c));
  out.metrics = all_metrics(columns);
  for (MetricRow& row : out.metrics) {
    const Values base = values_of(columns.front(), row);
    double baseline = 0;
    for (Column& column : columns) {
      const bool first = &column == &columns.front();
      const Values values = first ? base : values_of(column, row);
      auto& estimate = row.values[column.name];
      if (!values.values.empty())
        estimate =
            bounded(analysis::of_replicates(values.values, row.centre), values.operations_enough);
      if (first && estimate) baseline = estimate->centre();
      if (const auto resting = column.rests_on.find(row.name); resting != column.rests_on.end())
        row.rests_on[column.name] = std::move(resting->second);
      if (first) continue;
      auto& diff = row.diff[column.name];
      if (!values.values.empty() && !base.values.empty())
        diff = difference(values, base, row, baseline);
    }
  }
  return out;
}

}  // namespace mhp::study
