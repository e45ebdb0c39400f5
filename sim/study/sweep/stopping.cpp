#include "sim/study/sweep/stopping.hpp"

#include <cmath>

#include "sim/stats/stats.hpp"

namespace mhp::study {

std::optional<std::int64_t> value_of(const RunRecord& record, const std::string& metric) {
  for (std::size_t i = 0; i < record.metrics->size(); ++i)
    if ((*record.metrics)[i].is(metric)) return record.values[i];
  return std::nullopt;
}

void Stopping::observe(const RunRecord& record) {
  ++replicates_;
  if (!study_.stop) return;
  if (const auto value = value_of(record, study_.stop->metric))
    values_.push_back(static_cast<double>(*value));
}

bool Stopping::enough() const {
  if (replicates_ >= static_cast<std::size_t>(study_.max_replicates())) return true;
  if (!study_.stop || replicates_ < static_cast<std::size_t>(study_.stop->min)) return false;
  // A point that never gets there has no interval to wait for.
  if (values_.empty()) return true;
  const analysis::Estimate e = analysis::estimate(values_);
  return e.hi && *e.hi - e.mean <= study_.stop->relative_half_width * std::abs(e.mean);
}

}  // namespace mhp::study
