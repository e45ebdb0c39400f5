#include "sim/report/metric_table.hpp"

#include <algorithm>
#include <utility>

#include "sim/run/result/metric/record.hpp"
#include "sim/run/result/recorded_figures.hpp"

namespace mhp::report {

namespace {

/// The runs of a column, as a comparison takes them.
study::Column column_of(const Inputs& in, const std::string& name) {
  study::Column column{.name = name, .placement = {}, .runs = {}};
  for (const RunInput* run : in.of(name)) {
    column.placement = run->placement;
    study::ComparedRun compared{.replicate = static_cast<std::uint64_t>(run->replicate)};
    for (const run::RecordedMetric& f : run->figures)
      compared.metrics.push_back({f.name, f.unit, f.better, f.phase,
                                  f.value ? run::whole_number(*f.value) : std::nullopt,
                                  run::definition_of(f.name, f.phase)});
    column.runs.push_back(std::move(compared));
  }
  return column;
}

/// A metric as the first run that has it says what it is; without a value.
run::RecordedMetric figure_of(const Inputs& in, const study::MetricRow& row) {
  for (const RunInput& run : in.runs)
    for (const run::RecordedMetric& f : run.figures)
      if (f.name == row.name && f.phase == row.phase) {
        run::RecordedMetric figure = f;
        figure.value.reset();
        return figure;
      }
  return {};
}

}  // namespace

bool TableRow::all_zero() const {
  return std::all_of(values.begin(), values.end(), [](const auto& e) {
    return e && e->centre() == 0 && e->lo.value_or(0) == 0 && e->hi.value_or(0) == 0;
  });
}

std::vector<TableRow> metric_table(const Inputs& in) {
  std::vector<study::Column> columns;
  for (const std::string& name : in.columns) columns.push_back(column_of(in, name));
  std::vector<TableRow> out;
  for (study::MetricRow& row : study::compare_columns(std::move(columns)).metrics) {
    TableRow made{figure_of(in, row), {}, {}};
    for (const std::string& column : in.columns) {
      made.values.push_back(row.values[column]);
      made.against.push_back(row.diff[column]);
    }
    out.push_back(std::move(made));
  }
  return out;
}

const TableRow* find_row(const std::vector<TableRow>& table, const std::string& name) {
  const auto it = std::find_if(table.begin(), table.end(),
                               [&](const TableRow& r) { return r.figure.name == name; });
  return it == table.end() ? nullptr : &*it;
}

}  // namespace mhp::report
