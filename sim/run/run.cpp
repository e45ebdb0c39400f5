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
#include "sim/run/timeline/run_timeline.hpp"
#include "workloads/workload.hpp"

namespace mhp::run {

namespace {

/// Makes hosts whose threads a timeline is told of, if there is one.
std::unique_ptr<TimedHost> make_host(System& s, RunTimeline* timeline, TrackKind kind,
                                     const std::string& name, NodeId cpus) {
  auto host = s.make_host(cpus);
  if (timeline != nullptr) host->record(timeline->thread(kind, name, cpus));
  return host;
}

Workloads make_workloads(System& s, RunLog& log, const RunOptions& options, RunTimeline* timeline) {
  Workloads made;
  const auto panic = [&s, &log](std::string why) {
    log.facts().panic = std::move(why);
    s.engine.stop();
  };
  for (const config::Workload& w : s.scenario.workloads)
    made.push_back(
        w.make({s.engine, s.mm, options.seed, options.replicate,
                [&s, timeline, name = w.name](NodeId cpus) {
                  return make_host(s, timeline, TrackKind::workload, name, cpus);
                },
                w.name, s.mm.reclaim().memcgs().find(w.cgroup).value_or(kernel::MemcgId{}),
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
  std::optional<RunTimeline> timeline;
  if (options.record) timeline.emplace(system);
  RunTimeline* const told = timeline ? &*timeline : nullptr;
  RunLog log(system, options, told);
  HotplugDriver driver(system, log);
  const auto workloads = make_workloads(system, log, options, told);
  system.mm.reclaim().set_waker(&system.locks.signals);
  const auto threads =
      start_kernel_threads(system.engine, system.mm, system.config.stat_interval,
                           [&system, told](NodeId n, const std::string& name) {
                             return make_host(system, told, TrackKind::thread, name, n);
                           });
  system.mm.account_work();
  for (const auto& w : workloads) w->start();
  system.locks.receipts = &system.mm.receipts();

  const InitTime boot = boot_memmap_init_time(scenario.machine, system.topology, scenario.costs,
                                              system.boot, scenario.profile, told);
  log.facts().boot_memmap_init = boot.time;
  log.facts().mem_total_before = system.mm.mem_total();
  std::optional<Recorder> recorder;
  std::vector<ZoneListener*> zone_listeners;
  if (options.record)
    zone_listeners = {&recorder.emplace(system, workloads), &timeline->zone_listener()};
  ZoneWatch watch(system.engine, system.mm, std::move(zone_listeners));
  std::vector<engine::Observer*> observers{&watch};
  if (recorder) observers.push_back(&*recorder);
  Observers all(std::move(observers));
  engine::Observer& observer = recorder ? static_cast<engine::Observer&>(all) : watch;
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
  if (recorder) {
    Recording recording = recorder->conclude();
    recording.timeline = timeline->conclude();
    result.recording = std::make_shared<const Recording>(std::move(recording));
  }
  system.engine.clear();  // the processes end before what they work with does
  return result;
}

}  // namespace mhp::run
