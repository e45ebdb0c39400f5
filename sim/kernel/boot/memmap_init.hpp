#pragma once

#include <cstdint>
#include <vector>

#include "sim/core/host.hpp"
#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/arch/geometry.hpp"
#include "sim/kernel/mm/zone_type.hpp"
#include "sim/kernel/primitives.hpp"
#include "sim/kernel/profile.hpp"

namespace mhp::kernel {

/// What deferred_init_memmap of a kernel does to the struct pages of a node.
struct DeferredInitWork {
  std::vector<Pass> passes;  ///< over all of them, one after the other
  bool shared = false;       ///< by threads of all processors of the node
};
DeferredInitWork deferred_init_memmap(const KernelProfile& profile);

/// Threads that pass over the struct pages of one memmap together, as padata shares them out
/// (padata_do_multithreaded, kernel/padata.c, Linux 5.8 and later): four chunks a thread, each
/// whole sections, taken by whoever is free, so that the last ones may be waited for alone.
class MemmapInit {
 public:
  struct Work {
    PageCount pages;  ///< struct pages
    NodeId node{0};   ///< on which they lie
    std::int64_t threads = 1;
    Pass pass{Primitive::struct_page_init, Primitive::struct_page_free};
    bool to_buddy = true;  ///< blocks of the largest order go to the page allocator of the node's
                           ///< highest zone, under its lock
    Geometry geometry = {};
    PageCount grain = {};  ///< that are simulated as one; 0: a section
  };

  explicit MemmapInit(const Work& work);

  /// What one of the threads does, each on a host of its own.
  Task<void> thread(Host& host);
  /// What somebody does beside them for as long as they work: the same pass again and again over a
  /// section of its own.
  Task<void> beside(Host& host, Pass pass);
  /// When every thread is done.
  bool done() const { return running_ == 0; }

 private:
  Task<void> free_to_buddy(Host& host, std::int64_t pages);

  std::int64_t starts_of(Pass pass, std::int64_t pages) const;

  const Work work_;
  const PageCount grain_;
  const std::int64_t chunk_;
  std::int64_t next_ = 0;
  std::int64_t running_;
};

}  // namespace mhp::kernel
