#pragma once

#include <cstdint>

#include "sim/core/host.hpp"
#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/arch/geometry.hpp"

namespace mhp::kernel {

/// Threads that add and online memory which boot has left out, block by block, each that of a node
/// of its own: add_memory and online_pages of Linux 3.10 (mm/memory_hotplug.c,
/// drivers/base/memory.c). Every section looks for its block in the list of all blocks, and pages
/// are freed one by one. Left out is what depends on how many nodes and processors there are: the
/// reserves and thresholds of all zones, which setup_per_zone_wmarks sets anew for each block.
class LateInsertion {
 public:
  struct Work {
    std::int64_t blocks = 0;      ///< of each thread
    PageCount block;              ///< pages of a memory block, whole sections
    std::int64_t registered = 0;  ///< blocks that are in the list before the first is added
    Geometry geometry = {};
  };

  explicit LateInsertion(const Work& work) : work_(work), registered_(work.registered) {}

  /// What the thread of a node does, on a processor of it; its memory and memmap are there too.
  Task<void> thread(Host& host, NodeId node);

 private:
  Task<void> add(Host& host, NodeId node);
  Task<void> online(Host& host, NodeId node);

  Work work_;
  std::int64_t registered_;  ///< blocks in the list
};

}  // namespace mhp::kernel
