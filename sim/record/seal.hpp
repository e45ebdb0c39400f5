#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "sim/core/crc32.hpp"
#include "sim/core/diagnostic.hpp"

namespace mhp::record {

/// A result file is an HDF5 file followed by one line of kSealBytes bytes, its seal:
/// "mhpsim crc32=89abcdef\n", the CRC-32 (as zlib computes it) of every byte before the line.
/// HDF5 ignores what follows its own end of file, so every reader opens sealed files. HDF5's own
/// checksums do not cover variable-length strings and the index of chunks, and its library may
/// crash on damage there; the seal is looked at before the library sees a byte.
inline constexpr std::size_t kSealBytes = 22;

/// Makes the seal of bytes that come in pieces.
class SealMaker {
 public:
  void add(std::span<const std::byte> bytes) { crc_.add(bytes); }
  std::vector<std::byte> line() const;

 private:
  Crc32 crc_;
};

/// Appends the seal.
void seal(std::vector<std::byte>& bytes);

/// Whether bytes end as a sealed file does; the last kSealBytes of them are enough to tell.
bool ends_in_seal(std::span<const std::byte> bytes);

/// What is said of a file for which ends_in_seal() is false.
tl::unexpected<Diagnostics> not_sealed(const std::string& file);

/// The bytes before the seal, if the seal is there and right. `file` goes into the diagnostics.
Result<std::span<const std::byte>> unseal(std::span<const std::byte> bytes,
                                          const std::string& file);

}  // namespace mhp::record
