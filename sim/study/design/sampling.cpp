#include "sim/study/design/sampling.hpp"

#include <algorithm>
#include <bit>
#include <boost/random/sobol.hpp>

#include "sim/core/hash.hpp"
#include "sim/core/random.hpp"

namespace mhp::study {

std::uint64_t permuted(std::uint64_t i, std::uint64_t size, std::uint64_t key) {
  // A Feistel network permutes the numbers of an even count of bits; one that falls outside is sent
  // on until it is inside (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002).
  constexpr std::uint64_t kRounds = 4;
  const auto half = (std::max(2, static_cast<int>(std::bit_width(size - 1))) + 1) / 2;
  const std::uint64_t mask = (std::uint64_t{1} << half) - 1;
  do {
    std::uint64_t left = i >> half;
    std::uint64_t right = i & mask;
    for (std::uint64_t round = 0; round < kRounds; ++round) {
      const std::uint64_t next = left ^ (hash_combine(hash_combine(key, round), right) & mask);
      left = right;
      right = next;
    }
    i = left << half | right;
  } while (i >= size);
  return i;
}

std::uint64_t latin_hypercube(std::uint64_t i, std::uint64_t samples, std::uint64_t seed,
                              std::string_view name) {
  const std::uint64_t stratum = permuted(i, samples, hash_combine(seed, fnv1a64(name)));
  Stream within(seed, i, name);
  const unsigned __int128 at = static_cast<unsigned __int128>(stratum) << 64 | within.next_u64();
  return static_cast<std::uint64_t>(at / samples);
}

std::vector<std::uint64_t> sobol(std::uint64_t i, std::size_t dimensions) {
  boost::random::sobol sequence(dimensions);
  sequence.seed(i);
  std::vector<std::uint64_t> point(dimensions);
  for (std::uint64_t& coordinate : point) coordinate = sequence();
  return point;
}

}  // namespace mhp::study
