#pragma once

#include <cstdint>
#include <string_view>

#include "sim/core/diagnostic.hpp"
#include "sim/core/types.hpp"

namespace mhp::config {

/// One change of what is requested of a virtio-mem device (requested-size), and when it comes, once
/// the one before it has.
struct SizeRequest {
  enum class When : std::uint8_t { time, free_below, free_above };
  When when = When::time;
  SimTime at;  ///< since the driver was first told
  Bytes free;  ///< of the machine, which somebody looks at
  Bytes size;
};

/// Reads "10s 4GiB", "free<1GiB 4GiB" or "free>8GiB 2GiB"; the error says what is wrong with it.
Result<SizeRequest> parse_size_request(std::string_view text, const Location& where = {});

}  // namespace mhp::config
