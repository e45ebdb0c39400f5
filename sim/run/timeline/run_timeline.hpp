#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/run/device.hpp"
#include "sim/run/explain/ledger.hpp"
#include "sim/run/result/run_result.hpp"
#include "sim/run/system.hpp"
#include "sim/run/timeline/lock_spans.hpp"
#include "sim/run/timeline/thread_spans.hpp"
#include "sim/run/timeline/watermark_spans.hpp"

namespace mhp::run {

/// Watches a run and records its timeline: it changes nothing of the run.
class RunTimeline final : public LedgerObserver {
 public:
  explicit RunTimeline(System& system, std::size_t most = TimelineRecorder::kMost);

  /// All devices that will come: their hosts are known by the devices' tracks from then on.
  void expect(std::vector<Device>& devices);
  /// Time passed for a thread of a device outside the kernel's operations, until now.
  void paused(const Device& device, const Activity& activity, SimTime from, SimTime to);
  /// An operation has device_hotplug_lock; it works and waits; it has ended.
  void began(const Operation& op);
  void passed(const Activity& activity, std::int64_t units, SimTime from, SimTime to) override;
  void finished(const Operation& op);

  /// A task, to be told what the task's host does.
  ThreadSpans& thread(TrackKind kind, const std::string& name, NodeId cpus,
                      SimTime offset = SimTime{});
  /// Who has to see what becomes of zones.
  ZoneListener& zone_listener() { return watermarks_; }

  /// The run has ended.
  Timeline conclude();

 private:
  struct Known {
    Lanes lanes;
    PageCount pages;
  };

  struct Running {
    Operation operation;
    std::size_t row;  ///< of its device's
  };

  std::uint16_t name_of_spent(Spent spent);
  /// How often a writer slept.
  std::int64_t pauses_in(Spent spent, SimTime time) const;

  System& system_;
  TimelineRecorder recorder_;
  StepNames names_;
  std::array<std::optional<std::uint16_t>, kSpents> spent_names_{};  ///< once they are used
  std::vector<Known> devices_;
  Lanes user_space_;
  Neighbours steps_;
  std::vector<Running> running_;  ///< in the order in which they began: most often one or none
  LockSpans locks_;
  std::deque<ThreadSpans> threads_;
  std::map<std::pair<TrackKind, std::string>, std::int32_t> lanes_of_;
  WatermarkSpans watermarks_;
};

}  // namespace mhp::run
