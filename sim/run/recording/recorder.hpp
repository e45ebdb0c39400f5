#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "sim/engine/observer.hpp"
#include "sim/run/recording/buckets.hpp"
#include "sim/run/recording/recording.hpp"
#include "sim/run/system.hpp"
#include "sim/run/zone_feed.hpp"
#include "workloads/workload.hpp"

namespace mhp::run {

using Workloads = std::vector<std::unique_ptr<workloads::Workload>>;

/// A quantity over time, and where its values come from.
struct SeriesSource {
  SeriesQuantity quantity;
  std::size_t places = 1;
  /// Writes the values at that time, which lies between the last event and the next, one for each
  /// place.
  std::function<void(SimTime at, double* values)> read;
};

/// Those that are followed from event to event, for their extremes: free pages of the zones, tasks
/// that are stalled, then those who wait for each lock and what each resource moves. What they read
/// is how the machine stands.
std::vector<SeriesSource> watched_sources(const System& system);
/// Those that are read at the end of a bucket.
std::vector<SeriesSource> read_sources(const System& system, const Workloads& workloads);
/// The locks of the axis `lock`, and how many wait for each now.
inline constexpr std::size_t kRecordedLocks = 5;
std::vector<std::string> lock_names();
std::array<std::size_t, kRecordedLocks> lock_waiters(const LockTable& locks);
/// A load of bytes a nanosecond, without what rounding has left below none.
inline double bytes_per_second(double load) { return std::max(0.0, load) * 1e9; }

/// Notes what moves while a run goes on, in a bounded number of buckets. Reads of the model what
/// each event has changed, and changes nothing of it.
class Recorder final : public engine::Observer, public ZoneListener {
 public:
  /// Entries along the axis of time at most, its beginning among them.
  static constexpr std::size_t kMost = 512;
  /// The length of the first buckets.
  static constexpr SimTime kFirstLength{1000};

  /// From now on. All of it must live as long.
  Recorder(System& system, const Workloads& workloads);

  void on_event(const engine::EventView& event) override;
  void on_event_done(const engine::EventView& event) override;
  void zones_changed(std::span<const std::size_t> zones, SimTime now) override;

  /// What was noted until now, and how the machine stands.
  Recording conclude();

 private:
  /// A watched column that lasts, and its sum over time.
  struct Lasting {
    SimTime since;
    SimTime sum;
  };
  void look_at_all();
  void follow_locks_and_resources(SimTime now);
  void set(std::size_t column, double value);
  SimTime waited(std::size_t lock, SimTime until) const;
  std::span<const double> values_at(SimTime time);
  SeriesRecord series();
  void fill_rates(SeriesRecord& series);

  System& system_;
  const Workloads& workloads_;
  std::vector<SeriesSource> watched_;
  std::vector<SeriesSource> read_;
  std::size_t watched_columns_ = 0;
  std::vector<double> values_;  ///< of all columns, the watched ones as they are now
  std::vector<double> first_;   ///< the same when the recording began
  std::size_t locks_at_ = 0;    ///< columns of lock_waiters, then of bandwidth
  std::size_t resources_at_ = 0;
  std::size_t stalled_at_ = 0;                 ///< the column of psi_stalled
  std::array<Lasting, kRecordedLocks> waits_;  ///< for each lock, sum over tasks
  std::vector<Lasting> busy_;                  ///< each resource
  SimTime began_;
  std::unique_ptr<Buckets> buckets_;
};

/// How long the operations of the workloads took; `names` are theirs.
LatencyRecord latencies(const Workloads& workloads, const std::vector<std::string>& names);

/// The physical address map: who pays for the memmap of what is there.
std::vector<SectionRun> section_runs(System& system);

/// What each controller and link has moved, without how long it was busy.
std::vector<TrafficRecord> traffic_of(const System& system);

}  // namespace mhp::run
