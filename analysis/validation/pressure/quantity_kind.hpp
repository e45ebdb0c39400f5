#pragma once

#include <cstdint>

namespace mhp::pressure {

/// How near to the recorded values a value must be.
enum class Kind : std::uint8_t {
  outcome,  ///< what happened: one of the recorded values
  pieces,   ///< what runs repeat: exact where at least two runs agree, else as an amount
  amount    ///< pages or events that differ from run to run
};

}  // namespace mhp::pressure
