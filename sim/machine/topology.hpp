#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/core/diagnostic.hpp"
#include "sim/core/types.hpp"
#include "sim/machine/machine.hpp"

namespace mhp::machine {

/// What the memory of a node asks of its controllers.
struct Medium {
  Bytes unit{NodeParams::kLineBytes};  ///< read and written at once
  std::int64_t write_permille =
      kAsDearAsARead;  ///< what a byte written takes, relative to one read

  static constexpr std::int64_t kAsDearAsARead = 1000;
  bool plain() const {
    return unit.value == NodeParams::kLineBytes && write_permille == kAsDearAsARead;
  }
};

/// Distances of a machine, computed once from its links: the latency of a load from any node's
/// processors to any node's memory, the links it crosses, and the distance table that firmware
/// would report.
class Topology {
 public:
  explicit Topology(const Machine& machine);

  std::size_t nodes() const { return latency_.size(); }
  /// What each core can do.
  const CoreParams& core() const { return core_; }
  const Medium& medium(NodeId memory) const { return media_[memory.index()]; }
  /// Load-to-use latency from `cpu`'s processors to `memory`'s memory.
  SimTime latency(NodeId cpu, NodeId memory) const { return latency_[cpu.index()][memory.index()]; }
  /// Indices of the links on the fastest path, in order. O(links on it).
  std::vector<std::size_t> route(NodeId cpu, NodeId memory) const;
  /// Latency relative to the local one of the starting node, 10 for local, as ACPI's SLIT has it;
  /// at most 254.
  int distance(NodeId from, NodeId to) const;
  /// True if every node can reach every other.
  bool connected() const { return connected_; }

 private:
  CoreParams core_;
  std::vector<Medium> media_;
  std::vector<std::vector<SimTime>> latency_;
  /// The end of a fastest path: the node before its last, and the link between them.
  struct LastHop {
    std::int32_t from = -1;  ///< -1: the path is empty, or there is none
    std::uint32_t link = 0;
  };
  std::vector<std::vector<LastHop>> last_hop_;  // [cpu][memory]
  bool connected_ = true;
};

/// What the kernel is told of the machine.
Description describe(const Machine& machine, const Topology& topology);
/// The same without the distances between its nodes.
Description describe(const Machine& machine);

}  // namespace mhp::machine
