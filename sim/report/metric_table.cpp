#include "sim/report/metric_table.hpp"

#include <algorithm>
#include <map>

namespace mhp::report {

namespace {

using ByReplicate = std::map<std::int64_t, double>;  // by replicate

/// The values of a metric in one column; empty if one of its runs did not reach it.
ByReplicate values_of(const Inputs& in, const std::string& column,
                      const run::RecordedMetric& metric) {
  ByReplicate out;
  for (const RunInput* run : in.of(column)) {
    const auto it =
        std::find_if(run->figures.begin(), run->figures.end(), [&](const run::RecordedMetric& f) {
          return f.name == metric.name && f.phase == metric.phase;
        });
    if (it == run->figures.end() || !it->value) return {};
    out[run->replicate] = *it->value;
  }
  return out;
}

std::vector<double> plain(const ByReplicate& values) {
  std::vector<double> out;
  for (const auto& [replicate, value] : values) out.push_back(value);
  return out;
}

std::optional<Against> against(const ByReplicate& of, const ByReplicate& from) {
  std::vector<double> a, b;
  for (const auto& [replicate, value] : of)
    if (const auto base = from.find(replicate); base != from.end()) {
      a.push_back(value);
      b.push_back(base->second);
    }
  if (a.empty()) return std::nullopt;
  Against out{analysis::paired_difference(a, b), std::nullopt, std::nullopt};
  if (const double mean = analysis::estimate(b).mean; mean != 0) out.rel = out.abs.mean / mean;
  out.significant = analysis::significant(out.abs);
  return out;
}

}  // namespace

bool TableRow::all_zero() const {
  return std::all_of(values.begin(), values.end(), [](const auto& e) {
    return e && e->mean == 0 && e->lo.value_or(0) == 0 && e->hi.value_or(0) == 0;
  });
}

std::vector<TableRow> metric_table(const Inputs& in) {
  std::vector<TableRow> out;
  std::map<std::pair<std::string, run::MetricPhase>, bool> seen;
  for (const RunInput& run : in.runs)
    for (const run::RecordedMetric& f : run.figures) {
      if (!seen.emplace(std::pair(f.name, f.phase), true).second) continue;
      TableRow row{f, {}, {}};
      row.figure.value.reset();
      const ByReplicate base = values_of(in, in.columns.front(), f);
      for (const std::string& column : in.columns) {
        const ByReplicate values = values_of(in, column, f);
        row.values.push_back(values.empty() ? std::nullopt
                                            : std::optional(analysis::estimate(plain(values))));
        row.against.push_back(column == in.columns.front() ? std::nullopt : against(values, base));
      }
      out.push_back(std::move(row));
    }
  return out;
}

const TableRow* find_row(const std::vector<TableRow>& table, const std::string& name) {
  const auto it = std::find_if(table.begin(), table.end(),
                               [&](const TableRow& r) { return r.figure.name == name; });
  return it == table.end() ? nullptr : &*it;
}

}  // namespace mhp::report
