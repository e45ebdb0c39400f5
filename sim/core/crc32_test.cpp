#include "sim/core/crc32.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace mhp::crc32_test {
namespace {

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span<const char>(text.data(), text.size()));
}

// The check value of CRC-32/ISO-HDLC in the catalogue of G. Cook.
TEST(crc32, is_zlibs_whatever_the_pieces) {
  Crc32 whole;
  whole.add(bytes("123456789"));
  EXPECT_EQ(whole.value(), 0xcbf43926u);
  Crc32 pieces;
  for (const char* piece : {"1234", "", "5", "6789"}) pieces.add(bytes(piece));
  EXPECT_EQ(pieces.value(), whole.value());
  EXPECT_EQ(Crc32{}.value(), 0u);
}

}  // namespace
}  // namespace mhp::crc32_test
