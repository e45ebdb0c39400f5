#pragma once

#include <optional>

#include "sim/kernel/mm/zone_type.hpp"
#include "sim/observed/observed.hpp"
#include "sim/observed/texts/lines.hpp"

namespace mhp::observed {

/// Most pages that a zone has, or a counter of pages counts: kMostBytes in pages of 4 KiB.
inline constexpr std::int64_t kMostPages = kMostBytes >> 12;

/// The zone of a name that the kernel prints; nothing for HighMem of 32-bit kernels, and what is no
/// zone.
std::optional<kernel::ZoneType> zone_named(std::string_view name);

/// A node and one of its zones.
struct ZonePlace {
  NodeId node;
  kernel::ZoneType type = kernel::ZoneType::dma;
  auto operator<=>(const ZonePlace&) const = default;
};

/// Reads "Node 0, zone   Normal" at the place of the line where the scan is, with which lines of
/// zoneinfo, buddyinfo and pagetypeinfo begin. Nothing if the line is another one, or after a
/// failure.
std::optional<ZonePlace> take_zone_place(Scan& scan);

/// More orders than any kernel has free blocks of.
inline constexpr std::size_t kMostOrdersShown = 32;

/// The rest of a line as numbers of free blocks by order. ">100000", where the kernel stopped
/// counting, is 100000.
FreeBlocks take_free_blocks(Scan& scan);

}  // namespace mhp::observed
