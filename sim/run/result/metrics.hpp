#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/kernel/hotplug/counters.hpp"
#include "sim/run/result/run_result.hpp"
#include "workloads/model.hpp"

namespace mhp::run {

/// What a run noted besides its operations and the kernel's counters.
struct RunFacts {
  SimTime boot_memmap_init;
  SimTime first_insertion;
  std::optional<SimTime> first_notification;
  std::optional<SimTime> first_unplug;
  PageCount removed;
  std::int64_t blocks_planned = 0;
  std::int64_t blocks_online = 0;
  PageCount mem_total_before;
  PageCount mem_total_after;
  PageCount free_pages_min;
  std::int64_t gigantic_pages = 0;
  std::optional<SimTime> memmap_latency;
  PageCount struct_pages_off_node;
  std::vector<Metric> pressure;  ///< of pressure_metrics.hpp
  std::string placement_refusal;
};

/// The figures of a run, in the order in which they are reported; defined in docs/metrics.md.
std::vector<Metric> metrics_of(const RunFacts& facts, const std::vector<Operation>& operations,
                               const kernel::HotplugCounters& counters);

/// The figures of a workload, each under `prefix` and its own name.
void add_figures(const std::string& prefix, const std::vector<workloads::Figure>& figures,
                 std::vector<Metric>& out);

/// How the run as a whole ended, and why: the worst of its operations.
std::pair<std::string, std::string> outcome_of(const std::vector<Operation>& operations,
                                               const std::string& placement_refusal);

}  // namespace mhp::run
