#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "analysis/validation/captures/score.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/hotplug/op_result.hpp"

namespace mhp::validation {

/// Error number of a refusal, as a write to sysfs gives it; 0 for success.
std::int64_t errno_of(kernel::Status status);

/// What came of writing to the state of blocks, one after the other.
class BlockWrites {
 public:
  void done(BlockId block, kernel::Status status);
  void absent() { ++absent_; }
  std::int64_t ok() const { return ok_; }
  /// With `result` of the record: how many went how, the first error, and the last of the first
  /// eight blocks that were refused with its error, which is what the recording keeps.
  void compare(Score& score, const nlohmann::json& result) const;

 private:
  std::int64_t ok_ = 0;
  std::int64_t absent_ = 0;
  std::vector<std::pair<std::int64_t, std::int64_t>> refused_;  // block, error number
};

}  // namespace mhp::validation
