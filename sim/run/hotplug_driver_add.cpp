#include <algorithm>

#include "sim/kernel/hotplug/dlpar.hpp"
#include "sim/kernel/steps.hpp"
#include "sim/run/hotplug_driver.hpp"

namespace mhp::run {

using kernel::Lock;
using kernel::OnlineType;

Task<void> HotplugDriver::pass_stages(Device& d, bool each_call) {
  std::uint16_t number = 0;
  for (const machine::Stage& stage : d.stages) {
    if (stage.each_call == each_call && stage.duration > SimTime{})
      co_await pause(d, d.meanwhile, Spent::stage, stage.duration, number);
    ++number;
  }
}

Task<void> HotplugDriver::plug(Device& d) {
  co_await pause(d, d.meanwhile, Spent::before_insertion, d.inserted);
  const SimTime before = system_.engine.now();
  co_await system_.triggers.wanted(*d.spec, d.number);
  note(d, d.meanwhile, Spent::trigger, before);
  d.asked = true;
  co_await pass_stages(d, false);
  d.notified = system_.engine.now();
  log_.notified(d.notified);
  if (d.adder->queued) {
    queue_.push_back(&d);
    arrived_.notify_all();
  } else if (d.adder->parts) {
    start_virtio_mem(d);
  } else {
    co_await add_device(d);
  }
}

Task<void> HotplugDriver::acpi_worker() {
  for (;;) {
    while (queue_.empty()) co_await arrived_.wait();
    Device& d = *queue_.front();
    queue_.pop_front();
    co_await add_device(d);
  }
}

Task<void> HotplugDriver::add_device(Device& d) {
  const config::HotplugParams& params = d.spec->params;
  if (d.adder->device_memory != kernel::DeviceMemory::none) co_return co_await add_device_memory(d);
  if (d.adder->trims_to_blocks && d.range.empty()) nothing_to_add(d);
  if (d.adder->online_pages == kernel::OnlinePages::balloon) system_.hotplug.keep_offline(d.range);
  const PageCount block = system_.boot.block_pages;
  const bool in_kernel = d.adder->onlines_itself || params.online_by == config::OnlineBy::kernel;
  const bool by_udev = !in_kernel && params.online_by == config::OnlineBy::udev;
  const PageCount call = d.adder->block_by_block ? block : d.range.pages();
  if (!in_kernel) system_.engine.spawn(by_udev ? await_udev(d) : online_from_user_space(d));
  const bool chunks = d.adder->call_pages != nullptr;
  if (d.adder->all_or_none) co_await add_all_or_none(d);
  if (chunks) co_await hot_add_chunks(d, in_kernel, by_udev);
  while (!chunks && !d.adder->all_or_none && d.added_to < d.range.end) {
    const PfnRange range{d.added_to, d.added_to + call};
    if (!co_await add_range(d, range, in_kernel)) break;
    d.added_to = range.end;
    d.progress->notify_all();
    for (Pfn p = range.start; by_udev && p < range.end; p += block)
      system_.udev.submit(udev_event(d, p));
  }
  d.added = true;
  d.progress->notify_all();
  if (in_kernel) co_await populate(d);
  if (in_kernel) system_.engine.spawn(unplug(d));  // the queue goes on meanwhile
}

// What could not be had leaves nothing, so that there is nothing to take away later.
Task<void> HotplugDriver::add_all_or_none(Device& d) {
  const kernel::LmbCalls calls{
      [this, &d](BlockId block) { return add_online(d, system_.hotplug.block_range(block)); },
      [this, &d](BlockId block) { return take_away(d, system_.hotplug.block_range(block)); }};
  if (!co_await kernel::dlpar_memory_add(system_.hotplug, d.range, calls))
    d.added_to = d.range.start;
}

Task<bool> HotplugDriver::add_online(Device& d, PfnRange range) {
  const bool added = co_await add_range(d, range, true);
  if (added) d.added_to = range.end;
  co_return added;
}

Task<bool> HotplugDriver::take_away(Device& d, PfnRange range) {
  co_await kernel::acquire(*d.host, Lock::device_hotplug_lock);
  const bool gone = co_await offline_range(d, range) && co_await remove_range(d, range);
  co_await kernel::release(*d.host, Lock::device_hotplug_lock);
  co_return gone;
}

// acpi_scan_device_not_enumerated: nobody answers for the device, and _OST reports success.
void HotplugDriver::ignore(Device& d) {
  Operation op = operation(d, Operation::Kind::add);
  log_.begin(Phase::add, op, d.meanwhile);
  finish(d, std::move(op),
         {kernel::Status::enodev,
          "the kernel has no driver for ACPI memory devices and ignores it; firmware is told that "
          "all is well"});
}

Task<bool> HotplugDriver::add_range(Device& d, PfnRange range, bool online_in_kernel) {
  if (d.adder->acpi && !system_.config.acpi_hotplug_memory) co_return ignore(d), false;
  co_await pass_stages(d, true);
  const kernel::OpResult added = co_await add_call(d, range, online_in_kernel);
  co_return added.status == kernel::Status::ok;
}

Task<kernel::OpResult> HotplugDriver::add_call(Device& d, PfnRange range, bool online_in_kernel) {
  const config::HotplugParams& params = d.spec->params;
  Operation op = operation(d, Operation::Kind::add);
  const bool first = !d.virtio_mem || d.virtio_mem->runs == 1;  // virtio-mem comes back to it
  if (first && range.start == d.range.start) op.submitted = d.notified;
  if (d.adder->block_by_block) op.block = system_.hotplug.block_of(range.start);
  co_await kernel::acquire(*d.host, Lock::device_hotplug_lock);
  log_.begin(Phase::add, op, d.meanwhile);
  const auto added = co_await system_.hotplug.add(
      *d.host, {params.node, range, params.cpu_node, d.adder, d.group});
  d.answer = added.status;
  finish(d, std::move(op), added);
  if (added.status == kernel::Status::oops) {
    co_await worker_died(d, added.reason);
    co_return added;
  }
  const bool ok = added.status == kernel::Status::ok;
  if (ok && online_in_kernel) co_await online_blocks(d, d.meanwhile, range, false);
  co_await kernel::release(*d.host, Lock::device_hotplug_lock);
  co_return added;
}

Task<void> HotplugDriver::online_from_user_space(Device& d) {
  while (d.added_to == d.range.start && !d.added) co_await d.progress->wait();
  if (d.spec->params.online_delay > SimTime{})
    co_await pause(d, d.meanwhile, Spent::online_delay, d.spec->params.online_delay);
  for (;;) {
    const Pfn next = d.range.start + d.tried;
    while (next == d.added_to && !d.added) co_await d.progress->wait();
    if (next == d.added_to) break;
    co_await pause(d, d.meanwhile, Spent::online_latency, d.spec->params.online_latency);
    co_await try_online(d, d.meanwhile, next);
  }
  co_await unplug(d);
}

Task<void> HotplugDriver::await_udev(Device& d) {
  while (!d.added || d.range.start + d.tried < d.added_to) co_await d.progress->wait();
  co_await unplug(d);
}

Task<void> HotplugDriver::udev_event(Device& d, Pfn block) {
  Meanwhile meanwhile;
  co_await pause(d, meanwhile, Spent::udev_event_latency, system_.scenario.udev.event_latency);
  co_await try_online(d, meanwhile, block);
}

Task<void> HotplugDriver::try_online(Device& d, Meanwhile& meanwhile, Pfn block) {
  co_await online_blocks(d, meanwhile, {block, block + system_.boot.block_pages}, true);
  d.tried += system_.boot.block_pages;
  d.progress->notify_all();
  co_await populate(d);
}

Task<void> HotplugDriver::lock_from_sysfs(const Device& d, Meanwhile& meanwhile) {
  const SimTime since = system_.engine.now();
  co_await system_.locks.device_hotplug_pollers.lock();
  note(d, meanwhile, Spent::sysfs_lock_poll, since);
  system_.locks.polled_device_hotplug(d.host->track(), since);
}

Task<void> HotplugDriver::online_blocks(Device& d, Meanwhile& meanwhile, PfnRange range,
                                        bool take_lock) {
  const OnlineType type = d.spec->params.online;
  if (type == OnlineType::offline) co_return;
  for (Pfn p = range.start; p < range.end; p += system_.boot.block_pages) {
    const BlockId block = system_.hotplug.block_of(p);
    // Who finds a block online, since it came with another, has nothing to do.
    const auto is_online = [&] {
      return system_.hotplug.block(block).state == kernel::MemoryBlock::State::online;
    };
    if (is_online()) continue;
    Operation op = operation(d, Operation::Kind::online, block);
    if (take_lock) co_await lock_from_sysfs(d, meanwhile);
    if (!is_online()) {
      log_.begin(Phase::online, op, meanwhile);
      const auto onlined = co_await system_.hotplug.online(*d.host, block, type);
      finish(d, std::move(op), onlined);
    }
    if (take_lock) co_await kernel::release(*d.host, Lock::device_hotplug_lock);
  }
}

}  // namespace mhp::run
