#pragma once

#include "sim/core/host.hpp"
#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/config.hpp"
#include "sim/kernel/mm/alloc_request.hpp"
#include "sim/kernel/mm/receipt.hpp"
#include "sim/kernel/mm/reclaim/lru.hpp"
#include "sim/kernel/mm/reclaim/scan_control.hpp"

namespace mhp::kernel {

class Mm;
class Reclaim;

/// Memory tiers: pages that would be reclaimed go to slower memory (demotion), pages in use there
/// come back (promotion). Nodes with processors are the upper tier, those without the lower.
/// mm/vmscan.c, mm/memory-tiers.c and kernel/sched/fair.c of Linux 6.12.
class Tiers {
 public:
  Tiers(Mm& mm, Reclaim& reclaim, const KernelConfig& config)
      : mm_(mm),
        reclaim_(reclaim),
        demotion_(config.numa_demotion),
        promotion_(config.numa_balancing_tiering) {}

  /// kswapd makes room for promotion: up to `promo` instead of `high`.
  Mark balanced_at() const { return promotion_ ? Mark::promo : Mark::high; }

  /// The nearest node of the lower tier; not valid if there is none or demotion is off.
  NodeId demotion_target(NodeId from) const;
  /// As Mm::ready, for pages that are to move to a node.
  MaybeTask<> ready(Host& host, NodeId node, Receipt& receipt) const;
  /// Moves the first pages of a run there, as long as it has room; returns how many.
  PageCount demote(LruRef ref, PageCount pages, NodeId target, const ScanControl& sc,
                   Receipt& receipt);

  /// A use of a run in the lower tier by a task of node `to`; returns how many pages came over.
  bool may_promote(LruRef ref, NodeId to) const;
  PageCount promote(LruRef ref, NodeId to, Receipt& receipt);

 private:
  static AllocRequest request(NodeId node, int order);
  PageCount move_to_node(LruRef ref, NodeId node, Receipt& receipt);

  Mm& mm_;
  Reclaim& reclaim_;
  const bool demotion_;
  const bool promotion_;
};

}  // namespace mhp::kernel
