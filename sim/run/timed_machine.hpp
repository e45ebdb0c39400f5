#pragma once

#include <memory>
#include <vector>

#include "sim/cost/cost_profile.hpp"
#include "sim/engine/engine.hpp"
#include "sim/machine/memory_system.hpp"
#include "sim/machine/shared_line.hpp"
#include "sim/machine/topology.hpp"
#include "sim/run/explain/ledger.hpp"
#include "sim/run/timed_host.hpp"

namespace mhp::run {

/// A machine on which operations of the kernel take time: whatever is simulated runs on one. Both
/// descriptions must live as long.
struct TimedMachine {
  TimedMachine(const machine::Machine& machine, const cost::CostProfile& prices,
               Bytes struct_page = kernel::kStructPageSize);

  /// A thread's way to spend time on a processor of a node, noted in `ledger` if there is one.
  std::unique_ptr<TimedHost> make_host(NodeId cpus, Ledger* ledger = nullptr);
  /// So many threads on processors of one node: one on each core, then on the cores' other hardware
  /// threads. They are busy from set_busy() on.
  std::vector<std::unique_ptr<TimedHost>> make_hosts(NodeId cpus, std::int64_t count);

  const cost::CostProfile& costs;
  const Bytes struct_page_size;
  const machine::Topology topology;
  engine::Engine engine;
  machine::MemorySystem memory;
  machine::SharedLine vm_zone_stat;  ///< where the kernel's data lie, on the first node
  LockTable locks;
  std::vector<std::vector<std::int64_t>> busy_threads;  ///< of each core of each node
};

}  // namespace mhp::run
