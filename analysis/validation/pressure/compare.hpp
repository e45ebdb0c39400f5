#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analysis/validation/pressure/band.hpp"
#include "analysis/validation/pressure/plan.hpp"

namespace mhp::pressure {

/// A quantity of a recording beside the model's.
struct Compared {
  std::string quantity;
  Kind kind = Kind::amount;
  std::vector<double> real;
  double model = 0;
  Band band;
  bool inside = false;
};

/// What is recorded and not compared.
struct Unmodelled {
  std::string quantity;
  std::string reason;
  std::int64_t count = 0;  ///< values of it in the recording
};

/// A recording beside the model.
struct Comparison {
  std::string name;
  std::vector<Compared> quantities;
  std::vector<Unmodelled> unmodelled;
  std::string kernel_note;  ///< that its kernel has no profile of its own; else empty

  std::int64_t outside() const;
};

/// Simulates a recording's scenario and compares. `configs`: as for plan_of().
Result<Comparison> compare(const Recording& recording, const Spread& spread,
                           const std::string& configs);

}  // namespace mhp::pressure
