#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace mhp {

/// CRC-32 as zlib computes it, of bytes that come in pieces.
class Crc32 {
 public:
  void add(std::span<const std::byte> bytes);
  std::uint32_t value() const { return value_; }

 private:
  std::uint32_t value_ = 0;
};

}  // namespace mhp
