#pragma once

#include <cstdint>
#include <vector>

#include "sim/core/host.hpp"
#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/arch/geometry.hpp"

namespace mhp::kernel {

/// Huge pages that the command line reserves, evenly over the nodes, while the machine boots
/// (mm/hugetlb.c, Linux 6.9; before it one thread did all).
///
/// Pages of 1 GiB are memory that was set aside before there were struct pages: each node's list is
/// gone through by one thread, which initialises every struct page of a page and makes it a tail
/// (gather_bootmem_prealloc). Pages of 2 MiB come from the page allocator, node by node in turn,
/// and their struct pages become tails; each thread has an equal share, which it puts into the
/// pools when it has all of it (hugetlb_pages_alloc_boot). Their vmemmap is not optimised.
class HugetlbInit {
 public:
  struct Work {
    PageCount pages;  ///< huge pages
    Bytes size{kGiB};
    std::int64_t nodes = 1;
    std::int64_t threads = 1;
    PageCount grain{64};  ///< pages of 2 MiB on a node that are simulated as one
    Geometry geometry = {};
  };

  explicit HugetlbInit(const Work& work) : work_(work) {}

  /// What one of the threads does, each on a host of its own.
  Task<void> thread(Host& host);

 private:
  Task<void> gather(Host& host);
  Task<void> allocate(Host& host, std::int64_t share);
  Task<void> take(Host& host, NodeId node, std::int64_t pages);
  Task<void> enqueue(Host& host, const std::vector<std::int64_t>& taken);

  const Work work_;
  std::int64_t begun_ = 0;  ///< threads
  std::int32_t next_ = 0;   ///< node whose list nobody has taken
};

}  // namespace mhp::kernel
