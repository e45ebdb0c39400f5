#include "sim/engine/fingerprint.hpp"

#include <algorithm>

namespace mhp::engine {
namespace {

// A bijection of 64 bits: the output function of SplitMix64 (Steele, Lea and Flood, "Fast
// splittable pseudorandom number generators", OOPSLA 2014).
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

}  // namespace

void Fingerprint::absorb(std::int64_t value) {
  // Mixing between values makes the order count.
  state_ = mix(mix(state_) ^ static_cast<std::uint64_t>(value));
}

void Fingerprint::absorb(std::string_view text) {
  absorb(static_cast<std::int64_t>(text.size()));
  while (!text.empty()) {
    const std::size_t length = std::min<std::size_t>(text.size(), 8);
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < length; ++i)
      word |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
    absorb(static_cast<std::int64_t>(word));
    text.remove_prefix(length);
  }
}

void Fingerprint::absorb(SimTime time, std::string_view component, std::string_view kind,
                         std::int64_t result) {
  absorb(time.value);
  absorb(component);
  absorb(kind);
  absorb(result);
}

}  // namespace mhp::engine
