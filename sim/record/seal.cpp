#include "sim/record/seal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace mhp::record {
namespace {

constexpr std::string_view kSealWord = "mhpsim crc32=";

std::vector<std::byte> seal_of(std::span<const std::byte> bytes) {
  SealMaker maker;
  maker.add(bytes);
  return maker.line();
}

}  // namespace

std::vector<std::byte> SealMaker::line() const {
  std::vector<std::byte> out;
  for (const char c : fmt::format("{}{:08x}\n", kSealWord, crc_.value()))
    out.push_back(static_cast<std::byte>(c));
  return out;
}

void seal(std::vector<std::byte>& bytes) {
  const std::vector<std::byte> line = seal_of(bytes);
  bytes.insert(bytes.end(), line.begin(), line.end());
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
  if (const std::vector<std::byte> right = seal_of(body);
      !std::equal(line.begin(), line.end(), right.begin(), right.end())) {
    return fail({file, 0, 0},
                fmt::format("is damaged: the checksum of its {} bytes is not the one it ends with",
                            body.size()),
                "copy it again from where it is whole, or make it again");
  }
  return body;
}

}  // namespace mhp::record
