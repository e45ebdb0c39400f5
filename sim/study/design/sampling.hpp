#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace mhp::study {

// Points of sampled designs, each a function of its number alone, so that none needs the others.
// A coordinate is a fraction in units of 2^-64.

/// A permutation of 0..size-1 that depends on `key`: where it sends `i` < `size`.
std::uint64_t permuted(std::uint64_t i, std::uint64_t size, std::uint64_t key);

/// Coordinate of point `i` of `samples` along the axis `name` in a Latin hypercube: every one of
/// the `samples` equal parts of the axis holds exactly one point, at a random place.
std::uint64_t latin_hypercube(std::uint64_t i, std::uint64_t samples, std::uint64_t seed,
                              std::string_view name);

/// Coordinates of point `i` of the Sobol sequence (direction numbers of S. Joe and F. Y. Kuo, as
/// Boost has them), without its first point, the origin. A longer sequence begins with the shorter.
std::vector<std::uint64_t> sobol(std::uint64_t i, std::size_t dimensions);

}  // namespace mhp::study
