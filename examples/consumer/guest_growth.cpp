// How far can a guest grow at once, with its memmap in boot memory, in the range, or every second
// block's in either? A line for each size and placement: outcome, time until the memory is usable,
// pages of boot memory that went into memmap. The first that fails of a placement ends it.
#include <cstdio>
#include <exception>
#include <mhpsim/mhpsim.hpp>
#include <mhpsim/placement.hpp>
#include <string>

namespace {

using namespace mhp::kernel;

/// A placement of our own, from the same words as mhpsim's.
PlacementPolicy every_second() {
  const auto decide = [](const PlacementRequest& request, const KernelProfile&,
                         const Surroundings&) {
    return each_block(request, [&](mhp::PfnRange block) {
      if ((block.start - mhp::Pfn{0}) / request.block_pages % 2 == 0)
        return in_head(request, block, block, request.memmap_pages);
      Plan plan = from_page_allocator(request, block);
      plan.mapped = block;
      return plan;
    });
  };
  return {.name = "every_second",
          .doc = "memmap in the head of every second memory block, else in boot memory",
          .decide = decide,
          .kernels = "",
          .position = "-",
          .proposed = "this program"};
}

void grow(const mhpsim::Scenario& guest, const std::string& placement, const std::string& folder) {
  for (const char* size : {"4GiB", "8GiB", "12GiB", "16GiB", "24GiB"}) {
    const mhpsim::Scenario larger = guest.with({std::string("hotplug.0.size=") + size});
    const mhpsim::Run run = mhpsim::run(larger, {.placement = placement});
    const auto usable = run.metric("time_to_usable");
    std::printf("%s %s %s %s %lld %s\n", placement.c_str(), size, run.outcome().c_str(),
                usable ? std::to_string(*usable).c_str() : "-",
                static_cast<long long>(run.metric("memmap_pages_boot").value_or(0)),
                run.fingerprint().c_str());
    if (run.outcome() == "ok") continue;
    run.write(folder + "/" + placement + ".h5", true);  // to be looked at
    return;
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    mhpsim::add_placement(every_second());
    const auto guest = mhpsim::Scenario::from_file("small-guest");
    for (const char* placement : {"boot_memory", "hotplugged_range", "every_second"})
      grow(guest, placement, argc > 1 ? argv[1] : ".");
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
