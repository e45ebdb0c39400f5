// dlpar_add_lmb (arch/powerpc/platforms/pseries/hotplug-memory.c): each logical memory block is
// added and brought online at once.
#include "sim/kernel/adder/adder.hpp"

namespace mhp::kernel {

void register_adder_lmb(AdderRegistry& registry) {
  registry.add({.name = "lmb",
                .doc = "logical memory blocks of a partition (DLPAR): each block is added and "
                       "brought online before the next; if one cannot be, all go away again",
                .block_by_block = true,
                .all_or_none = true,
                .onlines_itself = true,
                .asks_for_memmap_in_range = [](const KernelProfile& profile) {
                  return profile.memmap_on_memory_lmb;
                }});
}

}  // namespace mhp::kernel
