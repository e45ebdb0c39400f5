#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/config/scenario.hpp"
#include "sim/engine/worker_pool.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/population.hpp"
#include "sim/run/timed_machine.hpp"
#include "sim/run/triggers.hpp"

namespace mhp::run {

/// The machine of one run with its kernel, as booted or as found: the run has added nothing to it
/// yet.
struct System : TimedMachine {
  /// `placement`: instead of the scenario's, unless empty. The scenario must live as long.
  System(const config::Scenario& of, const std::string& placement);

  const config::Scenario& scenario;
  const kernel::KernelConfig config;
  const kernel::BootState boot;
  kernel::Mm mm;
  kernel::MemoryHotplug hotplug;
  /// What was on the LRU lists of a machine that was found at work.
  const std::vector<std::unique_ptr<kernel::Population>> residents;
  Triggers triggers;
  engine::WorkerPool udev;
};

}  // namespace mhp::run
