#include "sim/study/collect/cells.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <limits>

#include "sim/study/sweep/stopping.hpp"

namespace mhp::study {

const std::vector<std::string>& status_words() {
  static const std::vector<std::string> words{"complete", "missing", "invalid", "excluded",
                                              "spared"};
  return words;
}

std::vector<Cell> Cells::at(std::uint64_t point) const { return at(plan().at(point)); }

std::vector<Cell> Cells::at(const Position& position) const {
  const Study& study = plan().study();
  std::vector<Cell> cells(static_cast<std::size_t>(study.max_replicates()));
  if (plan().excluded(position)) {
    for (Cell& cell : cells) cell.status = CellStatus::excluded;
    return cells;
  }
  const run::ScenarioHash hash = scenarios_.hash(position);
  Stopping stopping(study);
  for (std::size_t r = 0; r < cells.size(); ++r) {
    Cell& cell = cells[r];
    if (study.stop && stopping.enough()) {
      cell.status = CellStatus::spared;
      continue;
    }
    cell.id = run::run_id(hash, r);
    cell.record = records_.find(cell.id);
    if (!cell.record) continue;
    cell.status = cell.record->status == RunRecord::Status::complete ? CellStatus::complete
                                                                     : CellStatus::invalid;
    stopping.observe(*cell.record);
  }
  return cells;
}

void MetricColumns::see(const RunRecord& record) {
  if (places_.try_emplace(record.metrics.get()).second) sets_.push_back(record.metrics);
}

void MetricColumns::settle() {
  // Longest set first: it has the order in which runs report.
  std::vector<MetricSet> all;
  for (const auto& set : sets_) all.push_back(*set);
  std::sort(all.begin(), all.end(), [](const MetricSet& a, const MetricSet& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  for (const MetricSet& set : all)
    for (const MetricName& m : set) {
      const bool wanted = std::any_of(patterns_.begin(), patterns_.end(), [&](const auto& p) {
        return ::fnmatch(p.c_str(), m.name.c_str(), 0) == 0 ||
               ::fnmatch(p.c_str(), fmt::format("{}:{}", m.name, word(m.phase)).c_str(), 0) == 0;
      });
      const bool there = std::any_of(metrics_.begin(), metrics_.end(), [&](const MetricName& k) {
        return k.name == m.name && k.phase == m.phase;
      });
      if (wanted && !there) metrics_.push_back(m);
    }
  for (auto& [set, places] : places_)
    for (const MetricName& m : metrics_) {
      const auto at = std::find_if(set->begin(), set->end(), [&](const MetricName& k) {
        return k.name == m.name && k.phase == m.phase;
      });
      places.push_back(at == set->end() ? -1 : at - set->begin());
    }
}

std::string MetricColumns::name(std::size_t column) const {
  const MetricName& m = metrics_[column];
  const auto same = std::count_if(metrics_.begin(), metrics_.end(),
                                  [&](const MetricName& k) { return k.name == m.name; });
  return same > 1 ? fmt::format("{}_{}", m.name, word(m.phase)) : m.name;
}

double MetricColumns::value(std::size_t column, const RunRecord& record) const {
  const auto it = places_.find(record.metrics.get());
  if (it != places_.end() && it->second[column] >= 0)
    if (const auto& value = record.values[static_cast<std::size_t>(it->second[column])])
      return static_cast<double>(*value);
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace mhp::study
