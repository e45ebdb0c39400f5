#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/core/random.hpp"
#include "sim/cost/cost_profile.hpp"
#include "sim/engine/condition_signals.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/machine/memory_system.hpp"
#include "sim/machine/topology.hpp"
#include "workloads/workload.hpp"

namespace mhp::workloads {

/// A machine with its kernel, on which a workload runs in a test: work and waits take their time,
/// kswapd and writeback run, nothing is hot-plugged.
class TestBed {
 public:
  using Settings = std::vector<std::pair<std::string, Value>>;

  TestBed();  ///< one node of 1 GiB
  explicit TestBed(std::vector<machine::NodeParams> nodes, kernel::KernelConfig kernel_config = {});
  ~TestBed() { engine.clear(); }

  static machine::NodeParams node(Bytes memory, std::int64_t cpus = 4) {
    return {memory, cpus, SimTime{80}, BytesPerSecond{10'000'000'000}};
  }
  static Value text(std::string s) { return {std::move(s), {}}; }
  static Value number(std::int64_t n) { return {n, {}}; }

  /// Adds a workload, which must be good, and starts it.
  Workload& start(const std::string& kind, const Settings& settings, std::uint64_t seed = 1);
  void run_until(SimTime t) { engine.run_until(t); }
  /// Events that an operation of a workload costs between two times.
  double events_an_operation(const Workload& workload, SimTime from, SimTime to);

  kernel::MemPolicy policy;  ///< of workloads that are started from now on
  machine::Machine machine;
  kernel::KernelConfig config;
  cost::CostProfile costs;
  machine::Topology topology;
  engine::Engine engine;
  machine::MemorySystem memory;
  kernel::Mm mm;

 private:
  class TaskHost;

  engine::ConditionSignals signals_;
  std::vector<std::unique_ptr<Host>> threads_;
  std::vector<std::unique_ptr<Workload>> workloads_;
};

/// The value of a figure; a failure if there is none.
std::int64_t figure(const Workload& workload, const std::string& name);

}  // namespace mhp::workloads
