#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mhp::fuzz {

/// A small generator of its own: which numbers it draws does not matter, that they are the same
/// does.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15U + 1) {}
  std::size_t below(std::size_t n);

 private:
  std::uint64_t state_;
};

/// An input with some bytes changed, cut out, doubled, or taken from the others.
std::string mutated(std::string text, const std::vector<std::string>& all, Draw& draw);

}  // namespace mhp::fuzz
