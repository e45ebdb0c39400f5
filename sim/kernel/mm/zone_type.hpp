#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "sim/core/types.hpp"

namespace mhp::kernel {

/// Zone types of x86-64, lowest first (enum zone_type).
enum class ZoneType : std::uint8_t { dma = 0, dma32 = 1, normal = 2, movable = 3, device = 4 };
inline constexpr int kZoneTypes = 5;

/// The name that /proc/zoneinfo prints.
constexpr std::string_view zone_name(ZoneType t) {
  constexpr std::array<std::string_view, kZoneTypes> names{"DMA", "DMA32", "Normal", "Movable",
                                                           "Device"};
  return names[static_cast<std::size_t>(t)];
}

/// True for zones that the kernel's own allocations may use (all but Movable and Device).
constexpr bool is_kernel_zone(ZoneType t) { return t <= ZoneType::normal; }

/// A number for a zone of the machine.
constexpr std::int32_t zone_index(NodeId node, ZoneType zone) {
  return node.value * kZoneTypes + static_cast<std::int32_t>(zone);
}

}  // namespace mhp::kernel
