// virtio_mem_sbm_plug_and_add_mb (drivers/virtio/virtio_mem.c): one call for each memory block. New
// blocks wait while 1 GiB is not online yet (VIRTIO_MEM_DEFAULT_OFFLINE_THRESHOLD). The calls never
// carry MHP_MEMMAP_ON_MEMORY: blocks may be plugged in part. A sub-block is a pageblock, or a block
// of the device if that is larger (virtio_mem_init, Linux 5.19 and later; QEMU's default: 2 MiB).
#include "sim/kernel/adder/adder.hpp"

namespace mhp::kernel {

void register_adder_virtio_mem(AdderRegistry& registry) {
  registry.add({.name = "virtio_mem",
                .doc = "virtio-mem: one call for each memory block, which goes online before "
                       "the next is added; the memmap is never in the range",
                .block_by_block = true,
                .sub_block = Bytes{2 * kMiB},
                .group = GroupKind::dynamic,
                .offline_limit = Bytes{kGiB},
                .asks_for_memmap_in_range = [](const KernelProfile&) { return false; }});
}

}  // namespace mhp::kernel
