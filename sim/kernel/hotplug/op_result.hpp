#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mhp::kernel {

/// Results as the kernel's functions return them.
enum class Status : std::uint8_t { ok, enomem, einval, eexist, ebusy, e2big, oom };
std::string_view status_name(Status s);

/// How an operation ended.
struct OpResult {
  Status status = Status::ok;
  std::string reason;  ///< what stood in the way, for people; empty if nothing did
};

}  // namespace mhp::kernel
