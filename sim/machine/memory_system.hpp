#pragma once

#include <memory>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/engine/engine.hpp"
#include "sim/engine/fifo_server.hpp"
#include "sim/machine/topology.hpp"

namespace mhp::machine {

/// Memory controllers and links as servers on an engine: everybody's traffic queues at them, first
/// come first served. Decides how long traffic takes; latency of single loads is the topology's.
class MemorySystem {
 public:
  MemorySystem(engine::Engine& engine, const Machine& machine, const Topology& topology);

  /// Books `amount` of traffic between `cpu`'s processors and `memory`'s memory; returns when the
  /// slowest server on the way is done with it.
  SimTime transfer(NodeId cpu, NodeId memory, Bytes amount);

  const engine::FifoServer& controller(NodeId node) const { return *controllers_[node.index()]; }

 private:
  const Machine& machine_;
  const Topology& topology_;
  std::vector<std::unique_ptr<engine::FifoServer>> controllers_;
  std::vector<std::unique_ptr<engine::FifoServer>> links_;
};

}  // namespace mhp::machine
