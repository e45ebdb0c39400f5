#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/kernel/mm/zone_type.hpp"

namespace mhp::kernel {

/// The operation that does a step of a plan.
enum class When : std::uint8_t { never, boot, add, online };

/// Where the pages of a block's memmap come from.
struct MemmapOrigin {
  enum class Source : std::uint8_t {
    page_allocator,  ///< asked for section by section
    added_memory,    ///< page frames from `at` on: of the block, of the call, of an earlier block
    reservation,     ///< set aside and mapped at boot
  };
  Source source = Source::page_allocator;
  ZoneType highest = ZoneType::normal;  ///< page allocator: the highest zone that is asked
  When populated = When::add;           ///< when the pages are taken and mapped
  bool moved_at_remove = false;         ///< they move elsewhere when the block they lie in goes
  NodeId node;                          ///< page allocator: whose zonelist is asked; else theirs
  Pfn at;                               ///< added memory, reservation: the first of them

  bool in_added_memory() const { return source == Source::added_memory; }
  bool from_page_allocator() const { return source == Source::page_allocator; }
  bool operator==(const MemmapOrigin&) const = default;
};

/// Page frames set aside at boot for the memmap of memory that comes later.
struct MemmapReservation {
  PfnRange range;
  NodeId node;
  bool fits = true;  ///< false: boot memory does not hold it

  bool operator==(const MemmapReservation&) const = default;
};

/// How the head of a block is accounted: pages that hold memmap and never become free. What follows
/// it goes online as any memory does.
struct HeadAccount {
  std::optional<ZoneType> zone;  ///< zone of the node that it belongs to; none: the block's own
  When written = When::online;   ///< its struct pages, which become those of the zone
  When spanned = When::online;   ///< counted in the zone's span
  When present = When::online;   ///< counted in the zone's present pages
  When managed = When::never;    ///< counted in the zone's managed pages
  When findable = When::online;  ///< pfn_to_online_page finds it

  bool operator==(const HeadAccount&) const = default;
};

/// Where the memmap of one memory block of an addition lives, and what follows from it. The
/// mechanism carries it out from these fields and knows no placement by name.
struct Plan {
  MemmapOrigin memmap;
  PageCount head;  ///< pages at the block's start that hold memmap, of whatever block
  HeadAccount account;
  PfnRange mapped;       ///< one call of arch_add_memory, with one altmap if it has any
  PfnRange online_unit;  ///< goes online and offline together, in one call
  PfnRange away_unit;    ///< is removed together
  bool host_first =
      false;  ///< online after, and offline before, the block in which its memmap lies
  bool away_alone = false;  ///< a call that removes it must not remove anything else
  Bytes per_section;        ///< of slab, besides what the kernel takes for a section
  /// Not empty: what was asked for cannot be, for this reason (a literal: blocks keep their plan);
  /// the plan is what the kernel does instead.
  std::string_view refused_because;

  bool refused() const { return !refused_because.empty(); }
  bool operator==(const Plan&) const = default;
};

/// One for each block of an addition, in ascending order.
using Plans = std::vector<Plan>;

/// What of a plan the mechanism has no hands for yet, for people; empty if it can carry it out.
std::string_view not_carried_out(const Plan& plan);

}  // namespace mhp::kernel
