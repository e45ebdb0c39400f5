#include "sim/core/crc32.hpp"

#include <zlib.h>

namespace mhp {

void Crc32::add(std::span<const std::byte> bytes) {
  value_ = static_cast<std::uint32_t>(
      ::crc32_z(value_, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace mhp
