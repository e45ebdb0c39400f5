#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "sim/engine/fingerprint.hpp"
#include "sim/run/device.hpp"
#include "sim/run/explain/ledger.hpp"
#include "sim/run/result/run_facts.hpp"
#include "sim/run/run.hpp"
#include "sim/run/system.hpp"
#include "sim/run/timeline/run_timeline.hpp"
#include "sim/run/zone_watch.hpp"

namespace mhp::run {

/// What a run notes as it goes: its operations, where their time went, the zones now and then.
class RunLog {
 public:
  /// `timeline`: what is told of all that goes on; null: nobody.
  RunLog(System& system, const RunOptions& options, RunTimeline* timeline = nullptr)
      : system_(system), options_(options), timeline_(timeline) {
    ledger_.observe(timeline);
  }

  /// All devices that will come, in the order of their insertion.
  void expect(std::vector<Device>& devices);
  /// Time passed for a thread of a device outside the operations.
  void paused(const Device& device, const Activity& activity, SimTime from, SimTime to) {
    if (timeline_ != nullptr) timeline_->paused(device, activity, from, to);
  }
  void notified(SimTime at);
  void unplug_begins(SimTime at);

  /// An operation has device_hotplug_lock from now on; then it ends.
  void begin(Phase phase, Operation& op, Meanwhile& meanwhile);
  void finish(Operation op, const kernel::OpResult& result);

  void removed(PageCount pages) { facts_.removed += pages; }
  void sample();

  Ledger& ledger() { return ledger_; }
  RunFacts& facts() { return facts_; }
  /// The result, once everything has happened. The log is empty afterwards.
  RunResult conclude(const std::vector<Device>& devices, const ZoneWatch& watch,
                     const std::vector<std::unique_ptr<workloads::Workload>>& workloads);

 private:
  /// Heads in use and not written have been so until now.
  void look_at_heads();
  void conclude_heads();
  /// Offlining that goes on when the run ends has not succeeded.
  void conclude_running();
  void add_workloads(const std::vector<std::unique_ptr<workloads::Workload>>& workloads,
                     RunResult& result);

  System& system_;
  const RunOptions& options_;
  RunTimeline* timeline_;
  Ledger ledger_;
  RunFacts facts_;
  std::int64_t sample_every_ = 1;
  std::vector<Operation> operations_;
  std::optional<Operation> offlining_;  ///< that goes on
  std::vector<Sample> samples_;
  PageCount unwritten_;  // heads in use, at the last look
  SimTime looked_;
  engine::Fingerprint fingerprint_;
};

}  // namespace mhp::run
