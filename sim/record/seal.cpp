#include "sim/record/seal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/crc.hpp>
#include <string_view>

namespace mhp::record {
namespace {

constexpr std::string_view kSealWord = "mhpsim crc32=";

std::string seal_of(std::span<const std::byte> bytes) {
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return fmt::format("{}{:08x}\n", kSealWord, crc.checksum());
}

}  // namespace

void seal(std::vector<std::byte>& bytes) {
  for (const char c : seal_of(bytes)) bytes.push_back(static_cast<std::byte>(c));
}

bool ends_in_seal(std::span<const std::byte> bytes) {
  if (bytes.size() < kSealBytes) return false;
  const auto same = [](char c, std::byte b) { return static_cast<std::byte>(c) == b; };
  const std::span<const std::byte> line = bytes.last(kSealBytes);
  return std::equal(kSealWord.begin(), kSealWord.end(), line.begin(), same);
}

tl::unexpected<Diagnostics> not_sealed(const std::string& file) {
  return fail({file, 0, 0}, "is not a whole result file: the checksum line at its end is missing",
              "it was cut short, changed by another program, or never was one; make it again");
}

Result<std::span<const std::byte>> unseal(std::span<const std::byte> bytes,
                                          const std::string& file) {
  if (!ends_in_seal(bytes)) return not_sealed(file);
  const std::span<const std::byte> body = bytes.first(bytes.size() - kSealBytes);
  const std::span<const std::byte> line = bytes.last(kSealBytes);
  if (std::string(reinterpret_cast<const char*>(line.data()), line.size()) != seal_of(body)) {
    return fail({file, 0, 0},
                fmt::format("is damaged: the checksum of its {} bytes is not the one it ends with",
                            body.size()),
                "copy it again from where it is whole, or make it again");
  }
  return body;
}

}  // namespace mhp::record
