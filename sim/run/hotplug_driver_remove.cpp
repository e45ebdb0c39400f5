#include <algorithm>
#include <utility>

#include "sim/kernel/hotplug/try_to_offline.hpp"
#include "sim/kernel/steps.hpp"
#include "sim/run/hotplug_driver.hpp"

namespace mhp::run {

using kernel::Lock;

namespace {

/// Kills a task that has waited for too long.
class Deadline final : public kernel::TaskSignals {
 public:
  Deadline(const engine::Engine& engine, SimTime patience)
      : engine_(engine), at_(engine.now() + patience) {}
  bool pending() const override { return engine_.now() >= at_; }

 private:
  const engine::Engine& engine_;
  const SimTime at_;
};

/// ACPI and pseries have a work queue for it; memory of dax_kmem is taken offline by daxctl.
bool offlined_by_worker(const kernel::Adder& adder) { return adder.acpi || adder.block_by_block; }

}  // namespace

Task<void> HotplugDriver::unplug(Device& d) {
  system_.triggers.arrived(*d.spec);
  if (d.adder->device_memory != kernel::DeviceMemory::none)
    co_return co_await remove_device_memory(d);
  co_await cycle(d);
  co_await leave_offline(d);
  if (!d.spec->params.unplug || d.added_to == d.range.start) co_return co_await device_done();
  co_await pause(d, d.meanwhile, Spent::unplug_after, d.spec->params.unplug_after);
  const SimTime before = system_.engine.now();
  co_await system_.triggers.superfluous(*d.spec);
  note(d, d.meanwhile, Spent::trigger, before);
  log_.unplug_begins(system_.engine.now());
  if (d.spec->params.unplug_by == config::UnplugBy::driver || co_await offline_from_sysfs(d)) {
    co_await unplug_blocks(d);
  }
  system_.triggers.left(*d.spec);
  co_await device_done();
}

Task<bool> HotplugDriver::offline_from_sysfs(Device& d) {
  bool gone = true;
  for (Pfn p = d.added_to; p > d.range.start && gone; p = p - system_.boot.block_pages) {
    co_await lock_from_sysfs(d, d.meanwhile);
    gone = co_await offline_block(d, system_.hotplug.block_of(p - system_.boot.block_pages), false);
    co_await kernel::release(*d.host, Lock::device_hotplug_lock);
  }
  co_return gone;
}

Task<void> HotplugDriver::unplug_blocks(Device& d) {
  const PfnRange there{d.range.start, d.added_to};
  const PageCount call = d.adder->block_by_block ? system_.boot.block_pages : there.pages();
  for (Pfn end = there.end; end > there.start; end = end - call) {
    const PfnRange range{end - call, end};
    co_await kernel::acquire(*d.host, Lock::device_hotplug_lock);
    auto offlining = d.adder->puts_back ? scan_try_to_offline(d, range) : offline_range(d, range);
    const bool offline = co_await std::move(offlining);
    if (offline && co_await remove_range(d, range)) log_.removed(range.pages());
    co_await kernel::release(*d.host, Lock::device_hotplug_lock);
  }
}

Task<bool> HotplugDriver::offline_range(Device& d, PfnRange range) {
  const PageCount block = system_.boot.block_pages;
  bool gone = true;
  for (Pfn p = range.end; p > range.start && gone; p = p - block)
    gone = co_await offline_block(d, system_.hotplug.block_of(p - block),
                                  offlined_by_worker(*d.adder));
  co_return gone;
}

Task<bool> HotplugDriver::scan_try_to_offline(Device& d, PfnRange range) {
  const kernel::BlockCalls calls{
      [this, &d](BlockId block) { return offline_block(d, block, true); },
      [this, &d](BlockId block, kernel::OnlineType type) { return online_again(d, block, type); }};
  co_return co_await kernel::acpi_scan_try_to_offline(system_.hotplug, range, calls);
}

Task<void> HotplugDriver::online_again(Device& d, BlockId block, kernel::OnlineType type) {
  Operation op = operation(d, Operation::Kind::online_again, block);
  log_.begin(Phase::online, op, d.meanwhile);
  const auto done = co_await system_.hotplug.online(*d.host, block, type);
  finish(d, std::move(op), done);
}

Task<bool> HotplugDriver::offline_block(Device& d, BlockId block, bool worker) {
  if (system_.hotplug.block(block).state != kernel::MemoryBlock::State::online) co_return true;
  Operation op = operation(d, Operation::Kind::offline, block);
  log_.begin(Phase::offline, op, d.meanwhile);
  const Deadline deadline(system_.engine, d.spec->params.offline_timeout);
  const auto done = co_await system_.hotplug.offline(*d.host, block, {worker, &deadline});
  finish(d, std::move(op), done);
  co_return done.status == kernel::Status::ok;
}

Task<bool> HotplugDriver::remove_range(Device& d, PfnRange range) {
  Operation op =
      operation(d, Operation::Kind::remove,
                d.adder->block_by_block ? system_.hotplug.block_of(range.start) : BlockId{});
  log_.begin(Phase::remove, op, d.meanwhile);
  const auto done = co_await system_.hotplug.remove(*d.host, range);
  finish(d, std::move(op), done);
  co_return done.status == kernel::Status::ok;
}

}  // namespace mhp::run
