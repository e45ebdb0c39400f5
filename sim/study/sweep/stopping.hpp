#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "sim/study/design/study.hpp"
#include "sim/study/sweep/journal.hpp"

namespace mhp::study {

/// Whether a point has replicates enough. Depends on its replicates 0, 1, ... in their order alone.
class Stopping {
 public:
  explicit Stopping(const Study& study) : study_(study) {}

  /// The next replicate of the point.
  void observe(const RunRecord& record);
  bool enough() const;

 private:
  const Study& study_;
  std::size_t replicates_ = 0;
  std::vector<double> values_;  ///< of the metric, where it was reached
};

/// The value of the metric "NAME" or "NAME:PHASE" in a record; nothing if it is not there.
std::optional<std::int64_t> value_of(const RunRecord& record, const std::string& metric);

}  // namespace mhp::study
