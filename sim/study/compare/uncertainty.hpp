#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/config/scenario.hpp"
#include "sim/run/result/run_result.hpp"

namespace mhp::study {

/// A constant as one sample has it, in the unit of the parameter.
struct Drawn {
  std::string name;
  std::string unit;
  std::string quantity;  ///< what is unknown: the path without the numbers of array members
  std::int64_t value = 0;
};

/// Sample `number` of a scenario: every constant that has a range, drawn from it by a triangular
/// distribution whose mode is the constant. A pure function of seed, number and parameter; the same
/// quantity of several nodes, links or devices is one unknown and gets the same draws.
std::vector<Drawn> draw_sample(const std::vector<ParamValue>& used, std::uint64_t seed,
                               std::uint64_t number);

/// The scenario with those values in place of its own.
Result<config::Scenario> with_sample(const config::Scenario& scenario,
                                     const std::vector<Drawn>& sample);

struct UncertaintyOptions {
  std::vector<std::string> placements;  ///< the first is the baseline
  std::int64_t samples = 20;
  std::uint64_t seed = 1;
  unsigned threads = 1;
  /// Called now and then with (samples finished, samples in all); not from two threads at once.
  std::function<void(std::size_t, std::size_t)> progress;
};

/// 5 and 95 % of the samples lie below `low` and `high`, half below `median`; of few samples the
/// ends are the least and the greatest.
struct SampledRange {
  std::int64_t low = 0, median = 0, high = 0;
};
SampledRange sampled_range(std::vector<std::int64_t> values);

/// A constant that a figure hangs on: the rank correlation of both over the samples.
struct Driver {
  std::string name;  ///< the quantity
  double correlation = 0;
};

/// One metric of time over all samples. A placement that did not reach it in one of them has no
/// range.
struct UncertainMetric {
  std::string name;
  run::MetricPhase phase = run::MetricPhase::run;
  Unit unit = Unit::ns;
  std::map<std::string, std::optional<SampledRange>> values;
  std::map<std::string, std::optional<SampledRange>> diff;  ///< of pairs; without the baseline
  /// Strongest first, at most three; none that may be chance.
  std::map<std::string, std::vector<Driver>> drivers;
};

struct Uncertainty {
  std::int64_t samples = 0;
  std::vector<std::string> constants;  ///< quantities that have a range
  std::vector<UncertainMetric> metrics;
};

/// Simulates every placement with every sample. All placements see the same samples, so that their
/// differences are paired; the result does not depend on the number of threads. An error if a
/// sample is no valid scenario.
Result<Uncertainty> uncertainty(const config::Scenario& scenario,
                                const UncertaintyOptions& options);

}  // namespace mhp::study
