#pragma once

#include <cstdint>
#include <optional>

#include "sim/core/host.hpp"
#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/config.hpp"
#include "sim/kernel/mm/alloc_request.hpp"

namespace mhp::kernel {

class MemPolicy;
class Mm;

/// Which anonymous memory gets transparent huge pages, and how hard a fault tries for one: the
/// files `enabled` and `defrag` of /sys/kernel/mm/transparent_hugepage.
struct ThpPolicy {
  ThpEnabled enabled = ThpEnabled::never;
  ThpDefrag defrag = ThpDefrag::madvise;

  bool possible() const { return enabled != ThpEnabled::never; }
  /// `madvised`: the memory was advised with MADV_HUGEPAGE.
  bool eligible(bool madvised) const {
    return enabled == ThpEnabled::always || (enabled == ThpEnabled::madvise && madvised);
  }
  /// The request of a fault for a huge page (vma_thp_gfp_mask, mm/huge_memory.c of Linux 6.12).
  AllocRequest request(NodeId node, int order, bool madvised) const;
};

/// A huge page for a fault on eligible memory of a task on `node`: first of its node alone, without
/// trying hard; where the fault may wait, then of any node that the policy allows. Interleaved it
/// is of the policy's next node, or any (do_huge_pmd_anonymous_page, alloc_pages_mpol). Nothing:
/// the fault takes a base page.
Task<std::optional<Allocation>> alloc_anon_huge_page(Mm& mm, Host& host, NodeId node, bool madvised,
                                                     MemPolicy& policy, Receipt& receipt);

}  // namespace mhp::kernel
