#include "sim/kernel/mm/mempolicy.hpp"

#include <algorithm>

#include "sim/kernel/mm/node_table.hpp"

namespace mhp::kernel {

bool MemPolicy::counts(std::size_t n, const NodeTable& nodes) const {
  return n < nodes.nodes() && nodes_[n] &&
         nodes.node(NodeId{static_cast<std::int32_t>(n)}).has_memory;
}

// apply_policy_zone
bool MemPolicy::binds(const AllocRequest& rq, const NodeTable& nodes) const {
  if (!is_kernel_zone(rq.highest)) return true;
  if (rq.highest < nodes.policy_zone()) return false;
  for (std::size_t n = 0; n < nodes_.size() && n < nodes.nodes(); ++n)
    if (nodes_[n] && nodes.node(NodeId{static_cast<std::int32_t>(n)}).has_normal_memory)
      return true;
  return false;
}

AllocRequest MemPolicy::apply(AllocRequest rq, NodeId cpu, const NodeTable& nodes) {
  rq.node = cpu;
  if (mode_ == Mode::local) return rq;
  std::size_t lowest = 0;
  while (lowest < nodes_.size() && !counts(lowest, nodes)) ++lowest;
  if (lowest == nodes_.size()) return rq;
  switch (mode_) {
    case Mode::local:
      break;
    case Mode::preferred:
      rq.node = NodeId{static_cast<std::int32_t>(lowest)};
      break;
    case Mode::bind:
      // The zonelist is that of the processor's node: the nearest of the set come first.
      if (binds(rq, nodes)) rq.nodemask = &nodes_;
      break;
    case Mode::interleave:
      rq.node = next_interleaved(nodes);
      break;
  }
  return rq;
}

NodeId MemPolicy::next_interleaved(const NodeTable& nodes) {
  if (left_ == 0) {
    std::size_t n = current_.valid() ? current_.index() : nodes_.size() - 1;
    do {
      n = (n + 1) % nodes_.size();
    } while (!counts(n, nodes));
    current_ = NodeId{static_cast<std::int32_t>(n)};
    left_ = n < weights_.size() ? std::max<std::int64_t>(1, weights_[n]) : 1;
  }
  --left_;
  return current_;
}

}  // namespace mhp::kernel
