#pragma once

#include <functional>

#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"

namespace mhp::kernel {

/// What happens to one logical memory block, with whatever the caller notes about it. False: it
/// could not be done.
struct LmbCalls {
  std::function<Task<bool>(BlockId)> add;     ///< add_memory(), and the block goes online
  std::function<Task<bool>(BlockId)> remove;  ///< it goes offline, and remove_memory()
};

/// Adds the logical memory blocks of a range, each online before the next is added. If one cannot
/// be had, all that were added go away again, and the answer is false (dlpar_memory_add_by_ic and
/// dlpar_add_lmb, arch/powerpc/platforms/pseries/hotplug-memory.c, Linux 6.12). `calls` must live
/// until it has ended.
Task<bool> dlpar_memory_add(const MemoryHotplug& hotplug, PfnRange range, const LmbCalls& calls);

/// Removes them in the same order. If one stays, those that have gone are added again, and the
/// answer is false (dlpar_memory_remove_by_ic).
Task<bool> dlpar_memory_remove(const MemoryHotplug& hotplug, PfnRange range, const LmbCalls& calls);

}  // namespace mhp::kernel
