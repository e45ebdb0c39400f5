// reserve_additional_memory (drivers/xen/balloon.c): what is missing to the target, rounded up to
// whole sections, in one call. All pages go online into the balloon (xen_online_page) and come out
// as the hypervisor populates them (increase_reservation).
#include <algorithm>

#include "sim/kernel/adder/adder.hpp"

namespace mhp::kernel {

void register_adder_xen_balloon(AdderRegistry& registry) {
  registry.add({.name = "xen_balloon",
                .doc = "Xen's balloon beyond boot memory: whole sections, one call; pages are the "
                       "balloon's until the hypervisor populates them; for good",
                .online_pages = OnlinePages::balloon,
                .for_good = true,
                .asks_for_memmap_in_range = [](const KernelProfile&) { return false; }});
}

}  // namespace mhp::kernel
