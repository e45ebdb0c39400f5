#include "sim/core/random.hpp"

#include <Random123/philox.h>

#include <bit>

#include "sim/core/hash.hpp"
#include "sim/core/invariant.hpp"

namespace mhp {
namespace {

__extension__ using Wide = unsigned __int128;

/// ln 2 * 2^64, rounded.
constexpr std::uint64_t kLn2 = 0xb17217f7d1cf79ac;
/// Fraction bits of the logarithm.
constexpr int kLogBits = 48;
constexpr std::int64_t kLargestMean = std::int64_t{1} << 57;

/// 64 - log2(draw + 1) in units of 2^-48, too large by at most one unit.
///
/// The digits of log2 m, 1 <= m < 2, come one by one: log2 m^2 = 2 log2 m, so the next binary digit
/// is 1 exactly if m^2 >= 2. `m` has 63 fraction bits; what the squares lose is below one unit.
std::uint64_t minus_log2(std::uint64_t draw) {
  if (draw == ~std::uint64_t{0}) return 0;
  const int zeros = std::countl_zero(draw + 1);
  std::uint64_t m = (draw + 1) << zeros;
  std::uint64_t log2 = static_cast<std::uint64_t>(63 - zeros);
  for (int bit = 0; bit < kLogBits; ++bit) {
    const Wide square = static_cast<Wide>(m) * m;
    const auto high = static_cast<std::uint64_t>(square >> 64);
    const std::uint64_t digit = high >> 63;
    log2 = log2 << 1 | digit;
    // square >> 64 if the digit is 1, else square >> 63; without a branch, as digits are random.
    const std::uint64_t zero = digit ^ 1;
    m = high << zero | (static_cast<std::uint64_t>(square) >> 63 & zero);
  }
  return (std::uint64_t{64} << kLogBits) - log2;
}

std::array<std::uint32_t, 2> halves(std::uint64_t word) {
  return {static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(word >> 32)};
}

}  // namespace

std::array<std::uint32_t, 4> philox4x32_10(std::array<std::uint32_t, 4> counter,
                                           std::array<std::uint32_t, 2> key) {
  const r123::Philox4x32::ctr_type in = {{counter[0], counter[1], counter[2], counter[3]}};
  const r123::Philox4x32::key_type with = {{key[0], key[1]}};
  const r123::Philox4x32::ctr_type out = r123::Philox4x32()(in, with);
  return {out[0], out[1], out[2], out[3]};
}

Stream::Stream(std::uint64_t seed, std::uint64_t replicate, std::string_view component)
    : key_(halves(
          hash_combine(hash_combine(hash_combine(0, seed), replicate), fnv1a64(component)))) {}

std::uint64_t Stream::next_u64() {
  const std::uint64_t index = draws_++;
  if (index % 2 == 0) {
    const auto counter = halves(index / 2);
    const auto words = philox4x32_10({counter[0], counter[1], 0, 0}, key_);
    block_ = {static_cast<std::uint64_t>(words[1]) << 32 | words[0],
              static_cast<std::uint64_t>(words[3]) << 32 | words[2]};
  }
  return block_[index % 2];
}

std::int64_t Stream::uniform(std::int64_t lo, std::int64_t hi) {
  MHP_INVARIANT(lo <= hi, "an empty range {}..{}", lo, hi);
  const std::uint64_t size = static_cast<std::uint64_t>(hi) - static_cast<std::uint64_t>(lo) + 1;
  const auto offset_by = [lo](std::uint64_t n) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(lo) + n);
  };
  if (size == 0) return offset_by(next_u64());
  // Lemire, "Fast random integer generation in an interval" (2019): floor(draw * size / 2^64) is
  // unbiased once the 2^64 mod size smallest remainders are drawn again.
  const std::uint64_t surplus = (0 - size) % size;
  for (;;) {
    const Wide product = static_cast<Wide>(next_u64()) * size;
    if (static_cast<std::uint64_t>(product) >= surplus)
      return offset_by(static_cast<std::uint64_t>(product >> 64));
  }
}

SimTime Stream::exponential(SimTime mean) {
  MHP_INVARIANT(mean.value >= 0 && mean.value < kLargestMean, "a mean of {} ns", mean.value);
  const Wide log = static_cast<Wide>(minus_log2(next_u64())) * kLn2 >> 64;
  const Wide half = Wide{1} << (kLogBits - 1);
  const Wide time = (static_cast<Wide>(mean.value) * log + half) >> kLogBits;
  return SimTime{static_cast<std::int64_t>(time)};
}

}  // namespace mhp
