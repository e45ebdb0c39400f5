#pragma once

#include <cstdint>
#include <optional>

#include "sim/core/types.hpp"
#include "sim/kernel/mm/zone.hpp"

namespace mhp::kernel {

/// /sys/devices/system/memory/memoryN: the unit that is onlined and offlined.
struct MemoryBlock {
  enum class State : std::uint8_t { absent, offline, online };
  State state = State::absent;
  NodeId node;
  ZoneType zone = ZoneType::normal;  ///< while online
  bool boot = false;                 ///< part of boot memory
  PageCount altmap_pages;            ///< head pages that hold the block's own memmap

  bool present() const { return state != State::absent; }
};

/// What is written to a block's `state` (or set as memhp_default_state).
enum class OnlineType : std::uint8_t { offline, online, online_kernel, online_movable };

}  // namespace mhp::kernel
