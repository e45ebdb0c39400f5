#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/kernel/mm/alloc_request.hpp"

namespace mhp::kernel {

class NodeTable;

/// On which nodes a task's memory is to lie (set_mempolicy, mm/mempolicy.c of Linux 6.12). Decides
/// the preferred node and the set of nodes of a request; must outlive the request. Nodes count
/// while they have memory; a policy none of whose nodes has any is local.
class MemPolicy {
 public:
  enum class Mode : std::uint8_t {
    local,       ///< MPOL_LOCAL: the node of the processor
    preferred,   ///< MPOL_PREFERRED: one node, then any
    bind,        ///< MPOL_BIND: these nodes, the local one first if it is among them
    interleave,  ///< MPOL_INTERLEAVE, MPOL_WEIGHTED_INTERLEAVE: each node its weight of pages in
                 ///< turn
  };

  MemPolicy() = default;
  /// `weights`: of interleaving, by node number; empty: 1 each.
  MemPolicy(Mode mode, NodeMask nodes, std::vector<std::int64_t> weights = {})
      : mode_(mode), nodes_(std::move(nodes)), weights_(std::move(weights)) {}

  /// The request of a task on a processor of node `cpu`. Interleaving goes one page further. A task
  /// that is bound to nodes without memory in a kernel zone is so for movable pages alone; nobody
  /// is for pages of a zone below the highest kernel zone of the machine.
  AllocRequest apply(AllocRequest request, NodeId cpu, const NodeTable& nodes);

  Mode mode() const { return mode_; }
  const NodeMask& nodes() const { return nodes_; }
  /// The nodes to which a task is bound; null if it is not.
  const NodeMask* bound_nodes() const { return mode_ == Mode::bind ? &nodes_ : nullptr; }

 private:
  bool counts(std::size_t n, const NodeTable& nodes) const;
  bool binds(const AllocRequest& request, const NodeTable& nodes) const;
  NodeId next_interleaved(const NodeTable& nodes);

  Mode mode_ = Mode::local;
  NodeMask nodes_;
  std::vector<std::int64_t> weights_;
  NodeId current_;
  std::int64_t left_ = 0;  ///< pages until interleaving goes to the next node
};

}  // namespace mhp::kernel
