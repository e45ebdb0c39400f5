// The order in which a node's allocations try the other nodes: find_next_best_node and
// build_zonelists of mm/page_alloc.c, Linux 6.12.
#include "sim/kernel/mm/zonelists.hpp"

#include <algorithm>

namespace mhp::kernel {

namespace {
/// MAX_NUMNODES with NODES_SHIFT=10, as distributions build x86-64.
constexpr std::int64_t kMaxNumnodes = 1024;

/// Whether zonelists know at once that a node has no memory. Before 6.8 its own began with it, and
/// were built before it was known to have none.
bool skips_memoryless(const KernelProfile& profile) {
  return profile.zonelist_skips_memoryless_self;
}
}  // namespace

Zonelists::Zonelists(const BootState& boot, const KernelProfile& profile)
    : NodeTable(boot, profile) {
  build_all_zonelists();
}

std::vector<NodeId> Zonelists::order_nodes(NodeId local, std::vector<std::int64_t>& load) const {
  std::vector<NodeId> order;
  std::vector<bool> used(nodes(), false);
  if (node(local).has_memory || !skips_memoryless(profile())) {
    order.push_back(local);
    used[local.index()] = true;
  }
  NodeId prev = local;
  for (;;) {
    NodeId best;
    std::int64_t best_value = 0;
    for (std::size_t n = 0; n < nodes(); ++n) {
      const NodeId candidate{static_cast<std::int32_t>(n)};
      if (used[n] || !node(candidate).has_memory) continue;
      const std::int64_t value = (distance(local, candidate) + (candidate < local ? 1 : 0) +
                                  (node(candidate).cpus > 0 ? 1 : 0)) *
                                     kMaxNumnodes +
                                 load[n];
      if (!best.valid() || value < best_value) {
        best = candidate;
        best_value = value;
      }
    }
    if (!best.valid()) return order;
    if (distance(local, best) != distance(local, prev)) ++load[best.index()];
    used[best.index()] = true;
    order.push_back(best);
    prev = best;
  }
}

void Zonelists::fill_zonelist(NodeId n, const std::vector<NodeId>& order) {
  Node& self = node(n);
  self.fallback = order;
  self.zonelist.clear();
  for (const NodeId m : order)
    for (int t = kZoneTypes - 1; t >= 0; --t)
      if (zone(m, static_cast<ZoneType>(t)).populated())
        self.zonelist.push_back({m, static_cast<ZoneType>(t)});
}

std::int64_t Zonelists::build_all_zonelists() {
  std::vector<std::int64_t> load(nodes(), 0);
  std::int64_t with_memory = 0;
  for (std::size_t n = 0; n < nodes(); ++n) {
    const NodeId id{static_cast<std::int32_t>(n)};
    fill_zonelist(id, order_nodes(id, load));
    with_memory += node(id).has_memory ? 1 : 0;
  }
  log_build(NodeId{0}, NodeId{static_cast<std::int32_t>(nodes())});
  return static_cast<std::int64_t>(nodes()) * with_memory * with_memory;
}

std::int64_t Zonelists::build_without(NodeId n) {
  node(n).has_memory = !skips_memoryless(profile());
  const std::int64_t compared = build_all_zonelists();
  node(n).has_memory = false;
  return compared;
}

void Zonelists::bring_up_node(NodeId n) {
  std::vector<std::int64_t> load(nodes(), 0);
  fill_zonelist(n, order_nodes(n, load));
  log_build(n, NodeId{n.value + 1});
  node(n).online = true;
}

void Zonelists::log_build(NodeId first, NodeId end) {
  ZonelistBuild build;
  if (!builds_.empty()) build.policy_zone = builds_.back().policy_zone;
  for (NodeId n = first; n < end; n = NodeId{n.value + 1})
    build.fallback.emplace_back(n, fallback_order(n));
  build.online_nodes = online_nodes();
  for (const ZoneRef ref : node(NodeId{0}).zonelist) {
    const Zone& z = zone(ref.node, ref.type);
    build.total_pages += std::max(PageCount{0}, z.managed_pages - z.wmark(Mark::high));
    if (is_kernel_zone(z.type)) build.policy_zone = std::max(build.policy_zone, z.type);
  }
  builds_.push_back(std::move(build));
}

}  // namespace mhp::kernel
