#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/figure.hpp"
#include "sim/kernel/hotplug/counters.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/memcg.hpp"
#include "sim/run/explain/ledger.hpp"
#include "sim/run/pressure.hpp"
#include "sim/run/result/run_facts.hpp"
#include "sim/run/result/run_result.hpp"
#include "sim/run/zone_locks.hpp"
#include "sim/run/zone_watch.hpp"

namespace mhp::run {

/// A run at its end: what metrics are computed from.
struct RunEnd {
  const RunFacts& facts;
  const std::vector<Operation>& operations;
  const kernel::HotplugCounters& counters;
  const kernel::Mm& mm;
  const Pressure& pressure;
  const ZoneWatch& watch;
  const ZoneLockUse& zone_locks;
  SimTime now;
};

/// A metric, said once: metrics_of(), `list metrics`, docs/metrics.md, result files and `explain`
/// have it from here. Name and phase together are its key.
struct MetricRecord : FigureRecord {
  using Value = std::optional<std::int64_t>;
  struct Window {
    Mark from, to;
  };

  MetricPhase phase = MetricPhase::run;
  Value (*value)(const RunEnd&) = nullptr;  ///< nothing if the run did not get there
  std::optional<Window> window = {};  ///< of a time that `explain` takes apart: its rows add up
  bool (*applies)(const RunEnd&) = nullptr;  ///< which runs have the metric at all; null: all
};

// One subject a file, each a table of records in the order of reports.
std::span<const MetricRecord> hotplug_time_metrics();
std::span<const MetricRecord> hotplug_page_metrics();
std::span<const MetricRecord> offline_metrics();
std::span<const MetricRecord> overhead_metrics();
std::span<const MetricRecord> pressure_metrics();
std::span<const MetricRecord> zone_lock_metrics();
std::span<const MetricRecord> boot_metrics();
std::span<const MetricRecord> virtio_mem_metrics();

/// All records, in the order of reports.
const std::vector<MetricRecord>& metric_records();
/// The names of those that `explain` takes apart.
std::vector<std::string> explained_metrics();
/// Of these, the one that answers how long it all takes.
std::string_view headline_metric();

/// The metrics of a run, in the order of reports.
std::vector<Metric> metrics_of(const RunEnd& end);

/// A figure of a memory cgroup: a metric of the whole run, cgroup_NAME_FIGURE.
struct CgroupRecord : FigureRecord {
  std::int64_t (*value)(const kernel::Memcg&) = nullptr;
};
std::span<const CgroupRecord> cgroup_figures();
/// Those of all memory cgroups but the root, which counts nothing.
std::vector<Metric> cgroup_metrics(const kernel::Memcgs& memcgs);

/// What is said of the figure of a workload or cgroup that a metric is, `name` being that of its
/// owner,
/// '_' and the figure's; nothing but defaults if nobody knows it.
FigureRecord figure_behind(std::string_view name);

/// What a metric is: that of a record, or of a figure under the name of its workload or cgroup.
/// Empty if nobody knows it.
std::string_view definition_of(std::string_view name, MetricPhase phase);

}  // namespace mhp::run
