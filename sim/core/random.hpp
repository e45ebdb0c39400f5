#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "sim/core/types.hpp"

namespace mhp {

/// One block of the Philox4x32-10 generator (Salmon et al., "Parallel random numbers: as easy as 1,
/// 2, 3", SC 2011): four 32-bit words from a 128-bit counter and a 64-bit key.
std::array<std::uint32_t, 4> philox4x32_10(std::array<std::uint32_t, 4> counter,
                                           std::array<std::uint32_t, 2> key);

/// The random numbers of one component in one replicate of one study. Draw number i is a pure
/// function of (seed, replicate, component, i): it depends on no other component, thread or
/// machine. Integer arithmetic only.
class Stream {
 public:
  Stream(std::uint64_t seed, std::uint64_t replicate, std::string_view component);

  /// 64 uniform bits.
  std::uint64_t next_u64();

  /// Uniform over lo..hi, both included, without bias; lo <= hi.
  std::int64_t uniform(std::int64_t lo, std::int64_t hi);

  /// Exponential with the given mean, 0 <= mean < 2^57 ns, from exactly one draw: the value falls
  /// as the draw rises, so that two runs with other means stay paired. Within mean * 2^-47 + 0.5 ns
  /// of -mean * ln((draw + 1) / 2^64); at most 44.4 means.
  SimTime exponential(SimTime mean);

  /// Draws of 64 bits taken so far.
  std::uint64_t draws() const { return draws_; }

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint64_t, 2> block_{};  ///< the draws of the current counter
  std::uint64_t draws_ = 0;
};

}  // namespace mhp
