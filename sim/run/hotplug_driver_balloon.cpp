// Drivers of hypervisors whose memory is not all there when it goes online, and what dax/kmem does
// where there is nothing to add.
#include <fmt/format.h>

#include "sim/kernel/steps.hpp"
#include "sim/run/hotplug_driver.hpp"

namespace mhp::run {

// dev_dax_kmem_probe (drivers/dax/kmem.c), in its words.
void HotplugDriver::nothing_to_add(Device& d) {
  const kernel::Geometry& g = system_.mm.geometry();
  const std::string small =
      fmt::format("mapping0: {:#x}-{:#x} too small after alignment",
                  g.address_of(d.region.start).value, g.address_of(d.region.end).value - 1);
  const bool rejected = kernel::rejects_without_blocks(system_.mm.profile());
  Operation op = operation(d, Operation::Kind::add);
  log_.begin(Phase::add, op, d.meanwhile);
  finish(d, std::move(op),
         rejected ? kernel::OpResult{kernel::Status::einval,
                                     small + "; rejecting DAX region without any memory after "
                                             "alignment"}
                  : kernel::OpResult{kernel::Status::enodev,
                                     small + "; the driver takes the device all the same, and adds "
                                             "nothing"});
}

// hot_add_req, hv_mem_hot_add.
Task<void> HotplugDriver::hot_add_chunks(Device& d, bool in_kernel, bool by_udev) {
  const kernel::HvHotAdd::Request request = chunks_.request(d.region);
  co_await system_.hotplug.hand_over(*d.host, request.there,
                                     kernel::MemoryHotplug::HandOver::ascending);
  for (const kernel::HvHotAdd::Call& call : request.calls) {
    for (const PfnRange& part : call.unbacked) system_.hotplug.keep_offline(part);
    const bool ok = co_await add_range(d, call.range, in_kernel);
    if (!ok) {
      system_.hotplug.forget_unplugged(call.range);
      if (d.answer == kernel::Status::eexist) chunks_.give_up();
      break;
    }
    chunks_.added(call);
    d.added_to = call.range.end;
    d.progress->notify_all();
    for (Pfn p = call.range.start; by_udev && p < call.range.end; p += system_.boot.block_pages)
      system_.udev.submit(udev_event(d, p));
    if (!in_kernel) co_await wait_for_online(d, system_.hotplug.block_of(call.range.start));
  }
}

// wait_for_completion_timeout: the first block that is online ends it.
Task<void> HotplugDriver::wait_for_online(Device& d, BlockId block) {
  const SimTime deadline = system_.engine.now() + d.adder->online_wait;
  system_.engine.spawn(wake_after(d, d.adder->online_wait));
  const auto online = [&] {
    return system_.hotplug.block(block).state == kernel::MemoryBlock::State::online;
  };
  while (!online() && system_.engine.now() < deadline) co_await d.progress->wait();
}

Task<void> HotplugDriver::wake_after(Device& d, SimTime time) {
  co_await system_.engine.delay(time);
  d.progress->notify_all();
}

// balloon_process, increase_reservation: what went into the balloon last comes out first.
Task<void> HotplugDriver::populate(Device& d) {
  if (d.adder->online_pages != kernel::OnlinePages::balloon) co_return;
  const PageCount block = system_.boot.block_pages;
  for (Pfn end = d.added_to; end > d.range.start; end = end - block) {
    const PfnRange range{end - block, end};
    const kernel::MemoryBlock& known = system_.hotplug.block(system_.hotplug.block_of(range.start));
    const PageCount credit = d.region.pages() - d.populated;
    if (known.state != kernel::MemoryBlock::State::online || credit.value <= 0) continue;
    const PageCount out = co_await system_.hotplug.hand_over(
        *d.host, range, kernel::MemoryHotplug::HandOver::descending, credit);
    d.populated += out;
  }
}

}  // namespace mhp::run
