#include "sim/kernel/hotplug/steps.hpp"
#include "sim/study/hotplug_driver.hpp"

namespace mhp::study {

using kernel::Lock;

Task<void> HotplugDriver::unplug(Device& d) {
  system_.triggers.arrived(*d.spec);
  if (!d.spec->params.unplug || d.added_to == d.range.start) co_return co_await device_done();
  co_await pause(d, d.meanwhile, Spent::unplug_after, d.spec->params.unplug_after);
  const SimTime before = system_.engine.now();
  co_await system_.triggers.superfluous(*d.spec);
  note(d, d.meanwhile, Spent::trigger, before);
  log_.unplug_begins(system_.engine.now());
  const PfnRange there{d.range.start, d.added_to};
  const PageCount block = system_.boot.block_pages;
  const PageCount call = d.adder->block_by_block ? block : there.pages();
  for (Pfn end = there.end; end > there.start; end = end - call) {
    const PfnRange range{end - call, end};
    bool gone = true;
    co_await kernel::acquire(*d.host, Lock::device_hotplug_lock);
    for (Pfn p = range.end; p > range.start && gone; p = p - block)
      gone = co_await offline_block(d, system_.hotplug.block_of(p - block));
    if (gone) gone = co_await remove_range(d, range);
    co_await kernel::release(*d.host, Lock::device_hotplug_lock);
  }
  system_.triggers.left(*d.spec);
  co_await device_done();
}

Task<bool> HotplugDriver::offline_block(Device& d, BlockId block) {
  if (system_.hotplug.block(block).state != kernel::MemoryBlock::State::online) co_return true;
  Operation op = operation(d, Operation::Kind::offline, block);
  log_.begin(Phase::offline, op, d.meanwhile);
  const auto done = co_await system_.hotplug.offline(*d.host, block);
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
  if (done.status == kernel::Status::ok) log_.removed(range.pages());
  co_return done.status == kernel::Status::ok;
}

}  // namespace mhp::study
