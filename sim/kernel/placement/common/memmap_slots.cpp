#include "sim/kernel/placement/common/memmap_slots.hpp"

namespace mhp::kernel {

std::optional<Pfn> MemmapSlots::take_next() {
  const auto lowest = free_.first_after(0);
  if (!lowest) return std::nullopt;
  take(Pfn{lowest->start});
  return Pfn{lowest->start};
}

}  // namespace mhp::kernel
