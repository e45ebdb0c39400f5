#pragma once

#include <cstdint>
#include <string_view>

namespace mhp {

/// FNV-1a over the bytes of `text` (64 bits): the same on every platform and in every version,
/// unlike std::hash. Source: G. Fowler, L. C. Noll, K.-P. Vo, D. Eastlake, IETF draft-eastlake-fnv.
constexpr std::uint64_t fnv1a64(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

/// A bijection of 64-bit words in which every input bit moves about half of the output bits.
/// Source: the finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014; constants by D. Stafford).
constexpr std::uint64_t mix64(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/// Folds `word` into `hash`; the order of the words matters. For one `hash`, different words never
/// give the same result.
constexpr std::uint64_t hash_combine(std::uint64_t hash, std::uint64_t word) {
  return mix64((hash ^ word) + 0x9e3779b97f4a7c15);
}

}  // namespace mhp
