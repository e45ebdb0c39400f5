// Memory blocks that are mapped and get their memmap when they go online, not when they are added.
#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/steps.hpp"
#include "sim/kernel/struct_page.hpp"

namespace mhp::kernel {

Task<void> MemoryHotplug::populated(Host& host, PfnRange range) {
  for_each_block(range, [&](BlockId b) {
    change_block(b, [](MemoryBlock& block) { block.populated = true; });
  });
  // page_init_poison in sparse_add_section, too, writes all of them.
  const bool cleared = struct_pages_are_cleared(StructPageCleared::when_allocated, profile_);
  if (!cleared && !config_.debug_vm) co_return;
  co_await spend_first_touches(host, range);
  for (const bool written : {cleared, config_.debug_vm})
    if (written) co_await spend_on_memmap(host, Primitive::struct_page_clear, range, 1);
}

Task<OpResult> MemoryHotplug::populate_late(Host& host, PfnRange range) {
  const MemoryBlock& known = block(block_of(range.start));
  if (known.boot || known.populated) co_return OpResult{};
  const Plans plans = plans_of(range);
  const HotplugCounters before = counters_;
  const OpResult done = co_await arch_add(
      host, {.node = known.node, .range = range, .cpu_node = known.cpu_node}, range, plans);
  if (done.status == Status::ok) {
    co_await populated(host, range);
    co_return done;
  }
  Receipt receipt = mm_.receipt();
  remove_memmap(range, plans, receipt);
  unmap_direct(range, receipt);
  counters_.take_back_addition(before);
  co_await receipt.spend(host);
  co_return done;
}

Task<void> MemoryHotplug::depopulate_late(Host& host, PfnRange range) {
  if (block(block_of(range.start)).plan.memmap.populated != When::online) co_return;
  co_await flush_tlbs(host, range);
  Receipt receipt = mm_.receipt();
  remove_memmap(range, plans_of(range), receipt);
  unmap_direct(range, receipt);
  co_await receipt.spend(host);
  for_each_block(range, [&](BlockId b) {
    change_block(b, [](MemoryBlock& block) {
      block.populated = false;
      block.head_written = false;
    });
  });
}

}  // namespace mhp::kernel
