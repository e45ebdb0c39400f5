#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "sim/core/invariant.hpp"
#include "sim/engine/observer.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/machine/topology.hpp"
#include "sim/study/run.hpp"

namespace mhp::study {

/// All zones as they are now.
Sample sample_of(const kernel::Mm& mm, SimTime now);

/// The memory blocks that exist in the ranges, by number, and when the operations brought them
/// online.
std::vector<BlockState> block_states(const kernel::MemoryHotplug& hotplug, kernel::Mm& mm,
                                     const std::vector<PfnRange>& ranges,
                                     const std::vector<Operation>& operations);

/// Idle latency from a processor of the machine to a struct page of the blocks, the mean of both;
/// nothing without blocks.
std::optional<SimTime> memmap_latency(const std::vector<BlockState>& blocks,
                                      const machine::Machine& machine,
                                      const machine::Topology& topology);

/// Follows the free memory of the zones that the kernel booted with; in checked builds it also
/// verifies after every event that no zone has lost a page.
class FreeMinimum : public engine::Observer {
 public:
  explicit FreeMinimum(kernel::Mm& mm) : mm_(mm) {
    for (std::size_t n = 0; n < mm.nodes(); ++n)
      for (const auto& zone : mm.node(NodeId{static_cast<std::int32_t>(n)}).zones)
        if (zone.populated() && kernel::is_kernel_zone(zone.type)) zones_.push_back(&zone);
    look();
  }
  void on_event(const engine::EventView&) override {}
  void on_event_done(const engine::EventView&) override {
    look();
    if constexpr (kMhpChecked) mm_.check_conservation();
  }
  PageCount least() const { return least_; }

 private:
  void look() {
    PageCount free;
    for (const kernel::Zone* z : zones_) free += z->free_pages();
    least_ = std::min(least_, free);
  }
  kernel::Mm& mm_;
  std::vector<const kernel::Zone*> zones_;
  PageCount least_{std::numeric_limits<std::int64_t>::max()};
};

}  // namespace mhp::study
