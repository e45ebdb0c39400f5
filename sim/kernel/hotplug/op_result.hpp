#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "sim/core/types.hpp"
#include "sim/core/words.hpp"

namespace mhp::kernel {

/// Results as the kernel's functions return them.
enum class Status : std::uint8_t {
  ok,
  enomem,
  einval,
  eexist,
  ebusy,
  e2big,
  oom,
  eintr,
  enodev,
  oops,  ///< the kernel has killed the task that called, which holds its locks for ever
};
constexpr std::array<Word, 10> words_of(Status) {
  return {{{"ok"},
           {"ENOMEM"},
           {"EINVAL"},
           {"EEXIST"},
           {"EBUSY"},
           {"E2BIG"},
           {"OOM"},
           {"EINTR"},
           {"ENODEV"},
           {"OOPS"}}};
}

/// How an operation ended.
struct OpResult {
  Status status = Status::ok;
  std::string reason;  ///< what stood in the way, for people; empty if nothing did
  /// Of an addition: why the placement was not followed (the plan's literal); empty if it was.
  std::string_view placement_refusal{};
};

/// What is to be unplugged of a memory block.
struct UnplugRequest {
  PageCount sub_block;            ///< unit in which it is plugged
  PageCount at_most;              ///< pages
  bool touched = false;           ///< the guest has written all of it
  const bool* changed = nullptr;  ///< ends it once it becomes true; null: nothing does
};

/// How the unplug of a memory block, or of several together, ended.
struct Unplugged {
  OpResult result;
  PageCount pages;       ///< that the host has back
  bool empty = false;    ///< the block is offline and can be removed
  bool ends = false;     ///< there is no room for what must move: no other block is tried
  bool removed = false;  ///< it has been
};

}  // namespace mhp::kernel
