#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "sim/kernel/mm/mm.hpp"

namespace mhp::kernel {

/// The pools of huge pages reserved on each node at run time
/// (/sys/devices/system/node/nodeN/hugepages/hugepages-SIZEkB/nr_hugepages).
class Hugetlb {
 public:
  Hugetlb(Mm& mm, const KernelProfile& profile)
      : mm_(mm), gigantic_from_movable_(profile.gigantic_pages_from_movable) {}

  /// Writes `wanted` to nr_hugepages of a node: takes pages one after the other until one cannot
  /// be had, or gives the surplus back. `size`: 2 MiB or 1 GiB. Returns the pool's new size
  /// (set_max_huge_pages, mm/hugetlb.c, Linux 6.12).
  std::int64_t set_nr_hugepages(NodeId node, Bytes size, std::int64_t wanted);
  std::int64_t nr_hugepages(NodeId node, Bytes size) const;

 private:
  using Pool = std::vector<Pfn>;

  /// Where the search for 1 GiB ranges stands.
  struct Search {
    std::size_t zone = 0;  ///< in the node's zonelist
    Pfn next;
  };

  bool take_2m(NodeId node, Pool& pool);
  bool take_1g(NodeId node, Pool& pool, Search& search);
  void give(Bytes size, Pfn pfn);

  Mm& mm_;
  bool gigantic_from_movable_;
  std::map<std::pair<std::int32_t, std::int64_t>, Pool> pools_;
};

}  // namespace mhp::kernel
