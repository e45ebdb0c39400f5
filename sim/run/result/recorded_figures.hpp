#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/record/dataset.hpp"
#include "sim/run/result/run_result.hpp"

namespace mhp::run {

/// What a result file says of how a run ended.
struct RecordedFigures {
  std::string study;
  std::string placement;
  std::uint64_t seed = 0;
  std::uint64_t replicate = 0;
  Outcome outcome = Outcome::ok;
  std::string reason;
  std::uint64_t fingerprint = 0;
  std::string kernel_note;
  std::vector<Metric> metrics;
};

/// From the content of a file of `run -o`, of this schema or the one before; `path` is what
/// messages call it. Metrics whose unit or phase this program does not know are an error.
Result<RecordedFigures> recorded_figures(const record::FileContent& file, const std::string& path);

/// A whole number from a variable of doubles; nothing for NaN, and for what is beyond 2^63.
std::optional<std::int64_t> whole_number(double value);

}  // namespace mhp::run
