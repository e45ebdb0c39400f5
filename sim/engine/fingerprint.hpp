#pragma once

#include <cstdint>
#include <string_view>

#include "sim/core/types.hpp"

namespace mhp::engine {

/// Condenses what happened in a run, in order, into 64 bits: two runs with equal fingerprints did
/// the same. Integer arithmetic only, the same on every compiler and byte order; not cryptographic.
class Fingerprint {
 public:
  void absorb(std::int64_t value);
  /// The length and then the bytes, so that ("ab", "c") differs from ("a", "bc").
  void absorb(std::string_view text);
  /// One record of a run: when, who, what, and what came of it.
  void absorb(SimTime time, std::string_view component, std::string_view kind, std::int64_t result);

  std::uint64_t value() const { return state_; }
  bool operator==(const Fingerprint&) const = default;

 private:
  std::uint64_t state_ = 0;
};

}  // namespace mhp::engine
