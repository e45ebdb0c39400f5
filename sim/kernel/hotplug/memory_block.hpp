#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "sim/core/types.hpp"
#include "sim/core/words.hpp"
#include "sim/kernel/mm/zone_type.hpp"
#include "sim/kernel/placement/common/plan.hpp"

namespace mhp::kernel {

/// What is written to a block's `state` (or set as memhp_default_state).
enum class OnlineType : std::uint8_t { offline, online, online_kernel, online_movable };
constexpr std::array<Word, 4> words_of(OnlineType) {
  return {{{"offline", "they stay offline"},
           {"online", "to the zone that the kernel prefers (contig-zones)"},
           {"online_kernel", "to a kernel zone"},
           {"online_movable", "to ZONE_MOVABLE"}}};
}

/// /sys/devices/system/memory/memoryN: the unit that is onlined and offlined.
struct MemoryBlock {
  enum class State : std::uint8_t { absent, offline, online };
  State state = State::absent;
  NodeId node;
  ZoneType zone = ZoneType::normal;   ///< while online
  bool boot = false;                  ///< part of boot memory
  std::int32_t group = -1;            ///< memory group; -1: none (boot memory)
  Plan plan;                          ///< by which it was added; of boot memory: its units alone
  NodeId cpu_node;                    ///< of the processor that added it
  bool page_by_page = false;          ///< its driver hands its pages over, one by one
  bool populated = false;             ///< it is mapped and has its memmap
  std::int32_t hosted = 0;            ///< other blocks whose memmap lies in this one
  std::int32_t hosted_online = 0;     ///< blocks online whose memmap does, itself among them
  bool head_written = false;          ///< the struct pages of its head have been written
  std::optional<ZoneType> head_zone;  ///< in whose present pages its head is counted, if in any
  std::optional<ZoneType> head_last_zone;  ///< the zone for which they were written last
  std::optional<OnlineType> online_type;   ///< of a write refused because it is online
  bool memmap_in_other_zone = false;  ///< online, and its memmap lies in another zone than it does

  bool present() const { return state != State::absent; }
};

/// Blocks that go online and offline in one call: what holds memmap stands at their start.
struct OnlineUnit {
  PfnRange range;
  PfnRange head;
  PfnRange rest;
};

/// Memory that one driver manages, for the auto-movable policy (struct memory_group).
struct MemoryGroup {
  NodeId node;
  bool dynamic = false;             ///< grows and shrinks by `unit`; else `unit` is the device
  PageCount unit;                   ///< pages that go to one kind of zone together
  PageCount present_kernel_pages;   ///< online in kernel zones
  PageCount present_movable_pages;  ///< online in ZONE_MOVABLE
};

}  // namespace mhp::kernel
