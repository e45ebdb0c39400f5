#pragma once

#include <cstdint>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/kernel/mm/node_table.hpp"
#include "sim/kernel/mm/zonelist_build.hpp"

namespace mhp::kernel {

/// The order in which each node's allocations try all zones, and the log of every time it was
/// computed.
class Zonelists : public NodeTable {
 public:
  /// Builds the zonelists of all nodes.
  Zonelists(const BootState& boot, const KernelProfile& profile);

  /// Makes a node's zones exist and gives it a zonelist of its own (first memory of an offline
  /// node).
  void bring_up_node(NodeId n);
  /// Builds the zonelists of all nodes (build_all_zonelists); returns the distance comparisons
  /// done.
  std::int64_t build_all_zonelists();
  /// The same when a node has lost the last of its memory (node_states_clear_node).
  std::int64_t build_without(NodeId n);
  /// Nodes in the order in which allocations of `n` try them, as the kernel log's "Fallback order"
  /// prints it.
  const std::vector<NodeId>& fallback_order(NodeId n) const { return node(n).fallback; }
  /// Every time zonelists were built, boot included, in order.
  const std::vector<ZonelistBuild>& zonelist_builds() const { return builds_; }

 private:
  std::vector<NodeId> order_nodes(NodeId local, std::vector<std::int64_t>& load) const;
  void fill_zonelist(NodeId n, const std::vector<NodeId>& order);
  void log_build(NodeId first, NodeId end);

  std::vector<ZonelistBuild> builds_;
};

}  // namespace mhp::kernel
