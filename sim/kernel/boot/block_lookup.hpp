#pragma once

#include <cstdint>

#include "sim/core/host.hpp"
#include "sim/core/task.hpp"
#include "sim/kernel/primitives.hpp"

namespace mhp::kernel {

/// Blocks of memory that are registered one after the other, each after a walk over all that are
/// there: memory_dev_init with the list of devices (drivers/base/memory.c up to Linux 5.5), or
/// drmem_init with the array of logical memory blocks (arch/powerpc/mm/drmem.c up to 5.6).
/// `element` is what passing one of them takes. What registering itself takes is not in it
/// (block_device).
Task<void> look_up_blocks(Host& host, std::int64_t blocks, Primitive element);

}  // namespace mhp::kernel
