#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/kernel/mm/zone.hpp"

namespace mhp::kernel {

/// A zone in a zonelist.
struct ZoneRef {
  NodeId node;
  ZoneType type = ZoneType::dma;
};

/// One node's memory management: its zones and the order in which its allocations try all zones.
struct Node {
  bool online = false;
  bool has_memory = false;         ///< N_MEMORY
  bool has_normal_memory = false;  ///< N_NORMAL_MEMORY: some of it in a kernel zone
  std::int64_t cpus = 0;
  CpuId first_cpu{0};  ///< CPUs are numbered node by node; that of the first node if it has none
  /// Where the node's own kernel threads run: its last CPU, as far from whoever names none and so
  /// runs on the first as can be; kswapd may run on any CPU of its node (kswapd of mm/vmscan.c).
  CpuId kthread_cpu() const {
    return cpus > 1 ? CpuId{first_cpu.value + static_cast<std::int32_t>(cpus) - 1} : first_cpu;
  }
  bool has_cpu(CpuId cpu) const {
    return cpu >= first_cpu && cpu.value < first_cpu.value + static_cast<std::int32_t>(cpus);
  }
  std::array<Zone, kZoneTypes> zones;
  std::vector<NodeId> fallback;  ///< nodes in the order in which allocations try them
  std::vector<ZoneRef> zonelist;
};

}  // namespace mhp::kernel
