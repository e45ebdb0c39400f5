#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/study/design/constraint.hpp"
#include "sim/study/sweep/journal.hpp"

namespace mhp::question {

/// How a condition stands at a point. Open: its interval holds values on both sides of the limit.
enum class Standing : std::uint8_t { holds, fails, open };

/// What was found of an objective at a point.
struct Finding {
  Standing standing = Standing::open;
  /// Of the metric: the least and the greatest over the replicates, or the interval of the mean.
  std::optional<double> low, high;
  std::optional<Unit> unit;             ///< of them
  std::optional<run::Outcome> outcome;  ///< of an objective of the outcome: the worst
  std::string reason;                   ///< of the run that ended so
};

/// What must hold of the runs of a point: "psi_longest <= 1ms", "outcome == ok", "usable_bytes >=
/// hotplug.0.size", "mean(workload_latency_p99) < 2ms". A metric must hold in every replicate and
/// be reached there; of a mean the whole interval must lie on the right side of the limit.
class Objective {
 public:
  /// `scenario` knows the parameters and axes that may stand on the right.
  static Result<Objective> parse(const std::string& text, const Location& where,
                                 const study::Lookup& scenario);

  const std::string& text() const { return condition_.text(); }
  const std::string& metric() const { return metric_; }  ///< NAME or NAME:PHASE, or "outcome"
  bool is_outcome() const { return metric_ == kOutcome; }
  bool of_mean() const { return of_mean_; }

  /// Whether runs with these metrics have the objective's, in a unit that its limit has.
  Result<void> check(const study::MetricSet& metrics) const;

  /// `replicates` are complete runs, at least one, of a mean at least two.
  Finding judge(const std::vector<study::RunRecord>& replicates, const study::Lookup& scenario,
                double confidence) const;

 private:
  static constexpr const char* kOutcome = "outcome";

  explicit Objective(study::Constraint condition) : condition_(std::move(condition)) {}
  Finding judge_mean(const std::vector<double>& values, const study::Lookup& scenario,
                     double confidence) const;
  bool holds(const study::Operand& subject, const study::Lookup& scenario) const;
  bool holds(std::int64_t value, const study::Lookup& scenario) const;

  study::Constraint condition_;
  std::string subject_;  ///< the left side as it is written
  std::string metric_;
  Unit unit_ = Unit::one;  ///< of the limit
  bool of_mean_ = false;
  Location where_;
};

/// What a record says of a metric: its unit and value, if it has them.
struct Measured {
  Unit unit = Unit::one;
  std::optional<std::int64_t> value;
};
std::optional<Measured> measured(const study::RunRecord& record, const std::string& metric);

/// That no run has the metric, with the nearest names.
Diagnostic unknown_metric(const std::string& metric, const Location& where,
                          const study::MetricSet& known);

/// Whether a word can name a metric.
bool is_metric_name(const std::string& word);

}  // namespace mhp::question
