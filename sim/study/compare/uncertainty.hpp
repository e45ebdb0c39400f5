#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/config/scenario.hpp"
#include "sim/run/explain/drivers.hpp"
#include "sim/run/result/run_result.hpp"
#include "sim/stats/stats.hpp"

namespace mhp::study {

struct UncertaintyOptions {
  std::vector<std::string> placements;  ///< the first is the baseline
  std::int64_t samples = 20;
  std::uint64_t seed = 1;
  unsigned threads = 1;
  /// Called now and then with (samples finished, samples in all); not from two threads at once.
  std::function<void(std::size_t, std::size_t)> progress;
};

using SampledRange = analysis::SampledRange<std::int64_t>;
SampledRange sampled_range(std::vector<std::int64_t> values);

/// One metric of time over all samples. A placement that did not reach it in one of them has no
/// range.
struct UncertainMetric {
  std::string name;
  run::MetricPhase phase = run::MetricPhase::run;
  Unit unit = Unit::ns;
  std::map<std::string, std::optional<SampledRange>> values;
  std::map<std::string, std::optional<SampledRange>> diff;  ///< of pairs; without the baseline
  /// Strongest first, at most three; none that may be chance.
  std::map<std::string, std::vector<run::Driver>> drivers;
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
