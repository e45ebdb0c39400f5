// A virtio-mem device: what is requested of it, the worker of its driver, and who brings its blocks
// online.
#include <algorithm>
#include <utility>

#include "sim/kernel/steps.hpp"
#include "sim/run/hotplug_driver.hpp"

namespace mhp::run {

using kernel::Lock;
using kernel::OpResult;
using kernel::Status;
using kernel::Unplugged;

void HotplugDriver::start_virtio_mem(Device& d) {
  const config::HotplugParams& p = d.spec->params;
  d.virtio_mem = std::make_unique<VirtioMemWork>();
  d.virtio_mem->driver.emplace(system_.hotplug,
                               kernel::VirtioMemDevice{.node = p.node,
                                                       .region = d.range,
                                                       .block_size = p.device_block_size,
                                                       .unplug_online = p.unplug_online,
                                                       .force_bbm = p.force_bbm,
                                                       .bbm_block_size = p.bbm_block_size,
                                                       .touched = p.touched},
                               virtio_mem_calls(d));
  d.group = d.virtio_mem->driver->group();
  system_.engine.spawn(virtio_mem_worker(d));
  if (p.online_by == config::OnlineBy::sysfs) system_.engine.spawn(online_virtio_mem(d));
  system_.engine.spawn(request_virtio_mem(d));
}

kernel::VirtioMemCalls HotplugDriver::virtio_mem_calls(Device& d) {
  return {.request = [this, &d] { return pass_stages(d, true); },
          .add = [this, &d](PfnRange range) { return add_to_virtio_mem(d, range); },
          .unplug =
              [this, &d](PfnRange range, std::function<Task<Unplugged>()> work) {
                return unplug_virtio_mem(d, range, std::move(work));
              },
          .excluded = [&d](std::function<Task<void>()> work) -> Task<void> {
            co_await kernel::acquire(*d.host, Lock::device_hotplug_lock);
            co_await work();
            co_await kernel::release(*d.host, Lock::device_hotplug_lock);
          }};
}

void HotplugDriver::queue_virtio_mem(Device& d) {
  d.virtio_mem->queued = true;
  d.progress->notify_all();
}

Task<void> HotplugDriver::virtio_mem_worker(Device& d) {
  VirtioMemWork& w = *d.virtio_mem;
  for (;;) {
    const SimTime idle = system_.engine.now();
    while (!w.queued) co_await d.progress->wait();
    note(d, d.meanwhile, Spent::driver_rests, idle);
    w.queued = false;
    w.active = true;
    ++w.runs;
    w.end = co_await w.driver->run_wq(*d.host);
    kernel::note(*d.host, kernel::TaskState::asleep);
    w.active = false;
    if (w.end == kernel::VirtioMemEnd::dead) {
      w.dead = true;
      co_return;
    }
    if (w.end == kernel::VirtioMemEnd::broken) log_.facts().broken = w.driver->broken();
    if (const auto after = w.driver->timer()) system_.engine.spawn(virtio_mem_timer(d, *after));
    d.progress->notify_all();
  }
}

// A run of the work item cancels the timer.
Task<void> HotplugDriver::virtio_mem_timer(Device& d, SimTime after) {
  const std::int64_t run = d.virtio_mem->runs;
  co_await system_.engine.delay(after);
  if (d.virtio_mem->runs != run || d.virtio_mem->queued) co_return;
  ++d.virtio_mem->retries;
  d.virtio_mem->driver->timer_expired();
  queue_virtio_mem(d);
}

Task<void> HotplugDriver::request_virtio_mem(Device& d) {
  auto following = d.spec->params.requested_by == config::RequestedBy::agent ? follow_agent(d)
                                                                             : follow_requests(d);
  co_await std::move(following);
  co_await end_virtio_mem(d);
}

// The first notification has passed when the device came.
Task<void> HotplugDriver::follow_requests(Device& d) {
  const SimTime start = d.notified;
  bool first = true;
  for (const config::SizeRequest& r : d.spec->requests) {
    if (r.when == config::SizeRequest::When::time) {
      const SimTime wait = std::max(SimTime{}, start + r.at - system_.engine.now());
      if (wait > SimTime{}) co_await system_.engine.delay(wait);
    } else {
      co_await system_.triggers.free_is(r.when == config::SizeRequest::When::free_below, r.free,
                                        d.spec->params.check_every);
    }
    if (!first) co_await pass_stages_unnoted(d);
    first = false;
    request(d, r.size);
  }
}

// Asks for a step more below free_below and for a step less above free_above, once the guest has
// followed what was asked before, or asks back at once.
Task<void> HotplugDriver::follow_agent(Device& d) {
  const config::HotplugParams& p = d.spec->params;
  kernel::VirtioMem& driver = *d.virtio_mem->driver;
  const kernel::Geometry& g = system_.mm.geometry();
  Bytes asked = d.spec->requests.empty() ? Bytes{0} : d.spec->requests.front().size;
  if (asked.value > 0) request(d, asked);
  for (;;) {
    co_await system_.engine.delay(p.check_every);
    const Bytes plugged = g.bytes_of(driver.plugged());
    const Bytes free = g.bytes_of(system_.mm.mem_free());
    Bytes next = asked;
    if (free < p.free_below && plugged >= asked) next = std::min(p.size, asked + p.request_step);
    if (free > p.free_above && plugged <= asked) next = std::max(Bytes{0}, asked - p.request_step);
    if (next == asked) continue;
    co_await pass_stages_unnoted(d);
    asked = next;
    request(d, asked);
  }
}

Task<void> HotplugDriver::pass_stages_unnoted(Device& d) {
  for (const machine::Stage& stage : d.stages)
    if (!stage.each_call && stage.duration > SimTime{})
      co_await system_.engine.delay(stage.duration);
}

void HotplugDriver::request(Device& d, Bytes size) {
  kernel::VirtioMem& driver = *d.virtio_mem->driver;
  if (size < system_.mm.geometry().bytes_of(driver.plugged()))
    log_.unplug_begins(system_.engine.now());
  driver.config_changed(size);
  ++d.virtio_mem->requests;
  queue_virtio_mem(d);
}

Task<void> HotplugDriver::virtio_mem_rests(Device& d) {
  while (!d.virtio_mem->rests()) co_await d.progress->wait();
}

Task<void> HotplugDriver::end_virtio_mem(Device& d) {
  const config::HotplugParams& p = d.spec->params;
  co_await virtio_mem_rests(d);
  d.added_to = d.virtio_mem->driver->used().end;
  system_.triggers.arrived(*d.spec);
  co_await cycle(d);
  co_await leave_offline(d);
  if (!p.unplug || d.virtio_mem->driver->plugged().value == 0) co_return co_await device_done();
  co_await system_.engine.delay(p.unplug_after);
  co_await system_.triggers.superfluous(*d.spec);
  log_.unplug_begins(system_.engine.now());
  if (p.unplug_by == config::UnplugBy::driver || co_await offline_from_sysfs(d)) {
    request(d, Bytes{0});
    co_await virtio_mem_rests(d);
  }
  system_.triggers.left(*d.spec);
  co_await device_done();
}

// Blocks that go online within the call are the kernel's doing; else each sends its event.
Task<OpResult> HotplugDriver::add_to_virtio_mem(Device& d, PfnRange range) {
  const config::HotplugParams& p = d.spec->params;
  const bool in_kernel = p.online_by == config::OnlineBy::kernel;
  const OpResult added = co_await add_call(d, range, in_kernel);
  if (added.status != Status::ok || in_kernel || p.online == kernel::OnlineType::offline)
    co_return added;
  for (Pfn b = range.start; b < range.end; b += system_.boot.block_pages) {
    if (p.online_by == config::OnlineBy::udev) {
      ++d.virtio_mem->being_onlined;
      system_.udev.submit(udev_event_virtio_mem(d, b));
    } else {
      d.virtio_mem->to_online.push_back(b);
    }
  }
  d.progress->notify_all();
  co_return added;
}

Task<void> HotplugDriver::online_virtio_mem(Device& d) {
  VirtioMemWork& w = *d.virtio_mem;
  const config::HotplugParams& p = d.spec->params;
  Meanwhile meanwhile;
  for (bool first = true;; first = false) {
    while (w.to_online.empty()) co_await d.progress->wait();
    if (first && p.online_delay > SimTime{})
      co_await pause(d, meanwhile, Spent::online_delay, p.online_delay);
    co_await pause(d, meanwhile, Spent::online_latency, p.online_latency);
    const Pfn block = w.to_online.front();
    ++w.being_onlined;
    w.to_online.pop_front();
    co_await online_virtio_mem_block(d, meanwhile, block);
  }
}

Task<void> HotplugDriver::udev_event_virtio_mem(Device& d, Pfn block) {
  Meanwhile meanwhile;
  co_await pause(d, meanwhile, Spent::udev_event_latency, system_.scenario.udev.event_latency);
  co_await online_virtio_mem_block(d, meanwhile, block);
}

Task<void> HotplugDriver::online_virtio_mem_block(Device& d, Meanwhile& meanwhile, Pfn block) {
  if (system_.hotplug.block(system_.hotplug.block_of(block)).present())
    co_await online_blocks(d, meanwhile, {block, block + system_.boot.block_pages}, true);
  --d.virtio_mem->being_onlined;
  if (d.virtio_mem->driver->online()) d.virtio_mem->queued = true;
  d.progress->notify_all();
}

// The device's lock is held while the driver takes pages, too, so that operations follow each
// other; the kernel takes it to offline and remove a block alone.
Task<Unplugged> HotplugDriver::unplug_virtio_mem(Device& d, PfnRange range,
                                                 std::function<Task<Unplugged>()> work) {
  co_await kernel::acquire(*d.host, Lock::device_hotplug_lock);
  Operation op = operation(d, Operation::Kind::offline, system_.hotplug.block_of(range.start));
  log_.begin(Phase::offline, op, d.meanwhile);
  Unplugged done = co_await work();
  finish(d, std::move(op), done.result);
  log_.removed(done.pages);
  if (done.empty) done.removed = co_await remove_range(d, range);
  co_await kernel::release(*d.host, Lock::device_hotplug_lock);
  co_return done;
}

}  // namespace mhp::run
