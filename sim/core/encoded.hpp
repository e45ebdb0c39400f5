#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace mhp {

/// For tests: a code in the form that UTF-8 has for so many bytes, without a look at what it may
/// stand for.
inline std::string encoded(char32_t code, std::size_t bytes) {
  constexpr std::uint32_t kHead[] = {0, 0, 0xC0, 0xE0, 0xF0};
  auto c = static_cast<std::uint32_t>(code);
  std::string out(bytes, '\0');
  for (std::size_t i = bytes; i-- > 1; c >>= 6U) out[i] = static_cast<char>(0x80U | (c & 0x3FU));
  out[0] = static_cast<char>(kHead[bytes] | c);
  return out;
}

/// The length of a character in UTF-8.
inline std::size_t encoded_bytes(char32_t c) {
  return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

/// A character in UTF-8.
inline std::string encoded(char32_t c) { return encoded(c, encoded_bytes(c)); }

}  // namespace mhp
