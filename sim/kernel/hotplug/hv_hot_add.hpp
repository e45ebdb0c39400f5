#pragma once

#include <vector>

#include "sim/core/types.hpp"

namespace mhp::kernel {

/// What Hyper-V's driver remembers of hot-added memory (struct hv_hotadd_state): regions of whole
/// chunks, and which of their pages the host backs. Decides which calls of add_memory a request of
/// the host makes and which pages may go online. After process_hot_add, pfn_covered,
/// handle_pg_range and hv_mem_hot_add of drivers/hv/hv_balloon.c, Linux 6.12, for a host that names
/// no region of its own.
class HvHotAdd {
 public:
  /// One call of add_memory, and of its pages those that the host does not back.
  struct Call {
    PfnRange range;
    std::vector<PfnRange> unbacked;
  };
  /// What a request comes to: pages of regions that are there already, then calls.
  struct Request {
    PfnRange there;
    std::vector<Call> calls;
  };

  explicit HvHotAdd(PageCount chunk) : chunk_(chunk) {}

  /// The host has pages for the guest. The first that fails is the last.
  Request request(PfnRange pages);
  /// A call is over: the region reaches to its end.
  void added(const Call& call);
  /// Memory is there already: none is ever added again.
  void give_up() { gives_up_ = true; }
  bool gives_up() const { return gives_up_; }

 private:
  struct Region {
    PfnRange range;
    Pfn added_to;  ///< ha_end_pfn
  };
  Region* region_of(Pfn pfn);

  PageCount chunk_;
  std::vector<Region> regions_;
  bool gives_up_ = false;
};

}  // namespace mhp::kernel
