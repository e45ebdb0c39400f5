// hv_mem_hot_add (drivers/hv/hv_balloon.c): 128 MiB, or a memory block, a call; each waits up to
// five seconds for the memory to go online. Pages that the host does not back yet stay PageOffline
// (hv_online_page). The driver never takes memory away: it balloons.
#include <algorithm>

#include "sim/kernel/adder/adder.hpp"

namespace mhp::kernel {

void register_adder_hv_balloon(AdderRegistry& registry) {
  registry.add(
      {.name = "hv_balloon",
       .doc = "Hyper-V dynamic memory: regions of 128 MiB, or of memory blocks, one after the "
              "other; pages that the host does not back stay out of use; for good",
       .call_pages =
           [](const KernelProfile& profile, PageCount block, const Geometry& geometry) {
             return profile.hv_balloon_adds_blocks ? block : geometry.pages_of(Bytes{128 * kMiB});
           },
       .online_wait = kSecond * 5,
       .online_pages = OnlinePages::backed,
       .for_good = true,
       .asks_for_memmap_in_range = [](const KernelProfile&) { return false; }});
}

}  // namespace mhp::kernel
