#pragma once

#include <cstdint>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/engine/engine.hpp"
#include "sim/engine/flow_network.hpp"
#include "sim/machine/topology.hpp"

namespace mhp::machine {

/// Memory controllers and links that everybody's traffic shares. Decides how long traffic takes;
/// the latency of a single load on an idle machine is the topology's, which must live as long.
class MemorySystem {
 public:
  MemorySystem(engine::Engine& engine, const Machine& machine, const Topology& topology);

  /// Moves `amount` (more than 0) between `cpu`'s processors and `memory`'s memory, in no less than
  /// `least` time, which is what it takes alone; `done(context)` runs when it is complete.
  void start(NodeId cpu, NodeId memory, Bytes amount, SimTime least, engine::Callback done,
             void* context) {
    network_.start(route(cpu, memory), static_cast<double>(amount.value), least, done, context);
  }
  /// `co_await` returns when such a move is complete.
  [[nodiscard]] engine::FlowNetwork::MoveAwaiter move(NodeId cpu, NodeId memory, Bytes amount,
                                                      SimTime least = SimTime{}) {
    return network_.move(route(cpu, memory), static_cast<double>(amount.value), least);
  }

  /// Bytes that a node's memory controllers have moved so far.
  double moved(NodeId node) const { return network_.moved(static_cast<std::uint32_t>(node.value)); }

  std::size_t nodes() const { return nodes_; }
  // Resources by number: the controllers of the nodes, then the links, in the machine's order.
  std::size_t resources() const { return network_.resources(); }
  /// Bytes that a resource has moved until a time between the last change of its rate and the next.
  double moved(std::size_t resource, SimTime at) const {
    return network_.moved(static_cast<std::uint32_t>(resource), at);
  }
  /// Bytes a nanosecond that it moves now.
  double load(std::size_t resource) const {
    return network_.load(static_cast<std::uint32_t>(resource));
  }
  /// Calls `seen(resource)` for each that may have another load than at the last call; at the first
  /// for all.
  template <class Seen>
  void take_changed(Seen&& seen) {
    network_.take_changed([&](std::uint32_t r) { seen(std::size_t{r}); });
  }

 private:
  static constexpr std::uint32_t kNoRoute = ~std::uint32_t{0};
  std::uint32_t route(NodeId cpu, NodeId memory) {
    const std::uint32_t known = routes_[cpu.index() * nodes_ + memory.index()];
    return known != kNoRoute ? known : add_route(cpu, memory);
  }
  std::uint32_t add_route(NodeId cpu, NodeId memory);

  const Topology& topology_;
  std::size_t nodes_;
  std::vector<std::uint32_t> routes_;  // by processor and memory, once somebody has taken it
  engine::FlowNetwork network_;
};

}  // namespace mhp::machine
