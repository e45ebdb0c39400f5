#include "sim/kernel/hotplug/dlpar.hpp"

namespace mhp::kernel {

namespace {

using Call = std::function<Task<bool>(BlockId)>;

/// Does something to all blocks of a range, or takes back what it has done.
Task<bool> all_or_none(const MemoryHotplug& hotplug, PfnRange range, const Call& what,
                       const Call& undo) {
  for (Pfn p = range.start; p < range.end; p += hotplug.block_pages()) {
    if (co_await what(hotplug.block_of(p))) continue;
    for (Pfn done = range.start; done < p; done += hotplug.block_pages())
      co_await undo(hotplug.block_of(done));
    co_return false;
  }
  co_return true;
}

}  // namespace

Task<bool> dlpar_memory_add(const MemoryHotplug& hotplug, PfnRange range, const LmbCalls& calls) {
  co_return co_await all_or_none(hotplug, range, calls.add, calls.remove);
}

Task<bool> dlpar_memory_remove(const MemoryHotplug& hotplug, PfnRange range,
                               const LmbCalls& calls) {
  co_return co_await all_or_none(hotplug, range, calls.remove, calls.add);
}

}  // namespace mhp::kernel
