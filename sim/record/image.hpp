#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "sim/core/diagnostic.hpp"
#include "sim/record/dataset.hpp"

namespace mhp::record {

/// The bytes of an HDF5 file, readable as netCDF-4, that holds `content`; equal content gives equal
/// bytes. Fails when the content is not valid. `file` is the name put into the diagnostics.
Result<std::vector<std::byte>> encode(const FileContent& content, const std::string& file);

/// The content of the bytes of an HDF5 file made by encode(), or why it cannot be had. The library
/// trusts the lengths and places that it finds: bytes of others are read by guarded_decode(); every
/// damage to numbers is found here, by checksum.
Result<FileContent> decode(std::span<const std::byte> image, const std::string& file);

/// Whether the bytes hold exactly `content`: all names, axes, attributes and values, bit for bit.
/// Needs the memory of one group more.
Result<void> verify(std::span<const std::byte> image, const FileContent& content,
                    const std::string& file);

}  // namespace mhp::record
