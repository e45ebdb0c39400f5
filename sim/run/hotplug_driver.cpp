#include "sim/run/hotplug_driver.hpp"

#include "sim/kernel/steps.hpp"

namespace mhp::run {

HotplugDriver::HotplugDriver(System& system, RunLog& log)
    : system_(system),
      log_(log),
      devices_(plan_devices(system, log.ledger())),
      chunks_(chunk_pages(system)),
      arrived_(system.engine) {
  log_.expect(devices_);
}

void HotplugDriver::start() {
  system_.engine.spawn(acpi_worker());
  for (Device& d : devices_) system_.engine.spawn(plug(d));
}

Task<void> HotplugDriver::pause(const Device& d, Meanwhile& meanwhile, Spent spent,
                                SimTime duration, std::uint16_t what) {
  const SimTime from = system_.engine.now();
  co_await system_.engine.delay(duration);
  note(d, meanwhile, spent, from, what);
}

void HotplugDriver::note(const Device& d, Meanwhile& meanwhile, Spent spent, SimTime from,
                         std::uint16_t what) {
  const SimTime now = system_.engine.now();
  if (from == now) return;
  const auto table = static_cast<std::int32_t>(d.spec - system_.scenario.hotplug.data());
  const Activity activity{Phase::device, spent, what, table};
  meanwhile.note(activity, from, now);
  log_.paused(d, activity, from, now);
}

Operation HotplugDriver::operation(const Device& d, Operation::Kind kind, BlockId block) const {
  return {.kind = kind,
          .device = d.index,
          .block = block,
          .node = d.spec->params.node,
          .submitted = system_.engine.now()};
}

void HotplugDriver::finish(const Device& d, Operation op, const kernel::OpResult& result) {
  kernel::note(*d.host, kernel::TaskState::asleep);
  log_.finish(std::move(op), result);
}

Task<void> HotplugDriver::device_done() {
  if (++done_ < devices_.size() || system_.scenario.run.until.value > 0) co_return;
  co_await system_.engine.delay(system_.scenario.run.settle);
  system_.engine.stop();
}

Task<void> HotplugDriver::worker_died(Device& d, const std::string& why) {
  kernel::note(*d.host, kernel::TaskState::asleep);
  if (system_.config.panic_on_oops) {
    log_.facts().panic = why + ": an oops, and the kernel panics on it (panic_on_oops)";
    system_.engine.stop();
    co_return;
  }
  if (worker_died_ || system_.scenario.run.until.value > 0) co_return;
  worker_died_ = true;
  co_await system_.engine.delay(system_.scenario.run.settle);
  system_.engine.stop();
}

}  // namespace mhp::run
