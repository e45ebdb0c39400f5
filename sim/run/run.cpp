#include "sim/run/run.hpp"

#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/run/boot_memmap.hpp"
#include "sim/run/heartbeat.hpp"
#include "sim/run/hotplug_driver.hpp"
#include "sim/run/kernel_threads.hpp"
#include "sim/run/looks.hpp"
#include "sim/run/observers.hpp"
#include "sim/run/recording/recorder.hpp"
#include "sim/run/result/run_log.hpp"
#include "sim/run/system.hpp"
#include "workloads/workload.hpp"

namespace mhp::run {

namespace {

Workloads make_workloads(System& s, RunLog& log, const RunOptions& options) {
  Workloads made;
  const auto panic = [&s, &log](std::string why) {
    log.facts().panic = std::move(why);
    s.engine.stop();
  };
  for (const config::Workload& w : s.scenario.workloads)
    made.push_back(w.make({s.engine, s.mm, options.seed, options.replicate,
                           [&s](NodeId cpus) { return s.make_host(cpus); }, w.name,
                           s.mm.reclaim().memcgs().find(w.cgroup).value_or(kernel::MemcgId{}),
                           w.policy, panic}));
  return made;
}

/// To the end, or until a time, with looks on the way.
void run_engine(System& s, const Looks& looks, const Workloads& workloads) {
  for (const SimTime at : looks.at) {
    if (s.engine.run_until(at) == engine::RunEnd::stopped) return;
    looks.see(s, workloads);
  }
  if (s.scenario.run.until.value > 0)
    s.engine.run_until(s.scenario.run.until);
  else
    s.engine.run();
}

}  // namespace

RunResult simulate(const config::Scenario& scenario, const RunOptions& options) {
  return simulate(scenario, options, {});
}

RunResult simulate(const config::Scenario& scenario, const RunOptions& options,
                   const Looks& looks) {
  return simulate(scenario, options, looks, {});
}

RunResult simulate(const config::Scenario& scenario, const RunOptions& options, const Looks& looks,
                   const Beat& beat) {
  System system(scenario, options.placement);
  RunLog log(system, options);
  HotplugDriver driver(system, log);
  const auto workloads = make_workloads(system, log, options);
  system.mm.reclaim().set_waker(&system.locks.signals);
  const auto threads = start_kernel_threads(system.engine, system.mm, system.config.stat_interval,
                                            [&system](NodeId n) { return system.make_host(n); });
  system.mm.account_work();
  for (const auto& w : workloads) w->start();
  system.locks.receipts = &system.mm.receipts();

  const InitTime boot = boot_memmap_init_time(scenario.machine, system.topology, scenario.costs,
                                              system.boot, scenario.profile);
  log.facts().boot_memmap_init = boot.time;
  log.facts().mem_total_before = system.mm.mem_total();
  ZoneWatch watch(system.engine, system.mm);
  std::optional<Recorder> recorder;
  std::vector<engine::Observer*> observers{&watch};
  if (options.record) observers.push_back(&recorder.emplace(system, workloads));
  Observers all(std::move(observers));
  engine::Observer& observer = options.record ? static_cast<engine::Observer&>(all) : watch;
  Heartbeat heartbeat(observer, beat);
  system.engine.observe(beat ? &heartbeat : &observer);
  log.sample();
  driver.start();
  run_engine(system, looks, workloads);
  system.engine.observe(nullptr);
  log.sample();

  system.locks.pressure.advance(system.engine.now());
  RunResult result = log.conclude(driver.devices(), watch, workloads);
  result.spent = boot.spent | system.locks.spent;
  if (recorder) result.recording = std::make_shared<const Recording>(recorder->conclude());
  system.engine.clear();  // the processes end before what they work with does
  return result;
}

}  // namespace mhp::run
