// virtio_mem_add_memory (drivers/virtio/virtio_mem.c): one call for each memory block or big block,
// as the driver's own state machine has it (sim/kernel/virtio_mem). The calls never carry
// MHP_MEMMAP_ON_MEMORY: blocks may be plugged in part.
#include "sim/kernel/adder/adder.hpp"

namespace mhp::kernel {

void register_adder_virtio_mem(AdderRegistry& registry) {
  registry.add(
      {.name = "virtio_mem",
       .doc = "virtio-mem: one call for each memory block, which goes online before "
              "the next is added; the memmap is never in the range",
       .block_by_block = true,
       .parts = true,
       .group = GroupKind::dynamic,
       .offline_limit = Bytes{kGiB},
       .asks_for_memmap_in_range =
           [](const KernelProfile& profile) { return profile.virtio_mem_memmap_on_memory; },
       .never_asks = "virtio-mem never asks for the memmap in the range, as its blocks may be "
                     "plugged in part: no kernel does it, it has been proposed since 2021"});
}

}  // namespace mhp::kernel
