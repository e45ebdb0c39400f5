#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "analysis/validation/captures/capture.hpp"
#include "sim/kernel/boot/boot_state.hpp"
#include "sim/kernel/profile.hpp"

namespace mhp::validation {

/// The parameters that the recorded kernel was booted with.
kernel::KernelConfig config_of(const Capture& capture);

/// The state in which the recorded kernel came up, from the snapshot called `boot`. Which page
/// frames are free at boot is not recorded: the free blocks of each zone are laid out from the
/// start of its memory, the largest first, so that no two are buddies. Free lists of boot zones are
/// therefore never scored. Pages on per-CPU lists lie on those of
/// the first CPU, one by one.
/// Processes that the recording started before (`ballast`) hold whole pageblocks of the highest
/// zone.
kernel::BootState boot_of(const Capture& capture);

/// Memory of each node in the boot messages ("Early memory node ranges"); none if they were not
/// kept.
std::map<std::int32_t, std::vector<PfnRange>> node_ranges(const Capture& capture);
/// All of it, or the System RAM of the boot snapshot: the firmware's map, in ascending order.
std::vector<PfnRange> boot_memory_of(const Capture& capture);

/// First page frames of the pageblocks that each of these processes holds, by process number; in
/// use in the boot state.
std::map<std::int64_t, std::vector<Pfn>> ballast_of(const Capture& capture,
                                                    const kernel::BootState& boot);

/// Distances between the nodes that the kernel knows, [from][to].
std::vector<std::vector<int>> distances_of(const Capture& capture);
/// CPUs of each of these nodes.
std::vector<kernel::BootNode> nodes_of(const Capture& capture);

/// Types of zone that the recorded kernel has, in its order: those of its architecture, and Device
/// only if it was built with it.
std::vector<kernel::ZoneType> zone_types_of(const Capture& capture);
/// Zone type by the name in /proc/zoneinfo.
kernel::ZoneType zone_type(const std::string& name);
/// Their names with blanks between them, as valid_zones has them; "none" if there is none.
std::string zone_names(const std::vector<kernel::ZoneType>& zones);

/// A run of memory blocks of a snapshot: "first-last state|zones|node".
struct BlockRun {
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::string state;
  std::string zones;
  std::string node;
};
BlockRun parse_block_run(const std::string& text);

}  // namespace mhp::validation
