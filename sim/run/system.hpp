#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/config/scenario.hpp"
#include "sim/engine/engine.hpp"
#include "sim/engine/worker_pool.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/machine/memory_system.hpp"
#include "sim/machine/topology.hpp"
#include "sim/run/explain/ledger.hpp"
#include "sim/run/timed_host.hpp"
#include "sim/run/triggers.hpp"

namespace mhp::run {

/// The machine of one run with its kernel, as booted: nothing has been added to it yet.
struct System {
  /// `placement`: instead of the scenario's, unless empty. The scenario must live as long.
  System(const config::Scenario& of, const std::string& placement);

  /// A thread's way to spend time on a processor of a node, noted in `ledger` if there is one.
  std::unique_ptr<TimedHost> make_host(NodeId cpus, Ledger* ledger = nullptr);

  const config::Scenario& scenario;
  const machine::Topology topology;
  const kernel::KernelConfig config;
  const kernel::BootState boot;
  engine::Engine engine;
  machine::MemorySystem memory;
  kernel::Mm mm;
  kernel::MemoryHotplug hotplug;
  LockTable locks;
  Triggers triggers;
  engine::WorkerPool udev;
};

}  // namespace mhp::run
