#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "sim/core/interval_map.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/page_owner.hpp"

namespace mhp::kernel {

/// Whether gigantic pages may be allocated from zones of a type (htlb_alloc_mask).
bool gigantic_pages_from(const Mm& mm, ZoneType zone);

/// The pools of huge pages reserved on each node at run time
/// (/sys/devices/system/node/nodeN/hugepages/hugepages-SIZEkB/nr_hugepages).
class Hugetlb : public PagePool {
 public:
  explicit Hugetlb(Mm& mm) : mm_(mm) { mm_.add_pool(*this); }
  ~Hugetlb() override { mm_.remove_pool(*this); }

  /// Writes `wanted` to nr_hugepages of a node: takes pages one after the other until one cannot
  /// be had, or gives free ones back. `size`: one that the
  /// architecture has; gigantic if no free block is so large. Returns the pool's new size
  /// (set_max_huge_pages, mm/hugetlb.c, Linux 6.12). `cpu` as in AllocRequest.
  std::int64_t set_nr_hugepages(NodeId node, Bytes size, std::int64_t wanted, Receipt& receipt,
                                CpuId cpu = {});
  /// The same by a task that may wait: memory is compacted and reclaimed for huge pages of 2 MiB,
  /// and ranges for gigantic pages are emptied while their zone's lock is held. All of its work is
  /// spent when it ends.
  Task<std::int64_t> set_nr_hugepages(Host& host, NodeId node, Bytes size, std::int64_t wanted,
                                      CpuId cpu = {});
  /// Huge pages of the pool, mapped ones included, and those that nobody has mapped.
  std::int64_t nr_hugepages(NodeId node, Bytes size) const;
  std::int64_t free_hugepages(NodeId node, Bytes size) const;

  /// A page of the pool for a mapping (dequeue_hugetlb_folio); nothing if none is free.
  std::optional<Pfn> map(NodeId node, Bytes size);
  /// A mapped page is back (free_huge_folio).
  void unmap(NodeId node, Bytes size, Pfn pfn);

  PageCount free_in(PfnRange range) const override;
  /// dissolve_free_hugetlb_folio: a page leaves its pool for good, once its vmemmap is whole again.
  void dissolve(PfnRange range, Receipt& receipt, const Gone& gone) override;

 private:
  struct Pool {
    std::vector<Pfn> free;  ///< the last is the head of the kernel's list
    std::int64_t mapped = 0;
    std::int64_t size() const { return static_cast<std::int64_t>(free.size()) + mapped; }
  };

  /// Where the search for ranges of gigantic pages stands.
  struct Search {
    std::size_t zone = 0;  ///< in the node's zonelist
    Pfn next;
    ZoneRef in;  ///< the zone of the range found last
  };

  int order_of(Bytes size) const;
  bool is_gigantic(Bytes size) const { return order_of(size) > mm_.geometry().max_order(); }
  AllocRequest huge_request(NodeId node, Bytes size, CpuId cpu) const;
  /// The next range in which a gigantic page might be had.
  std::optional<PfnRange> next_gigantic(NodeId node, Bytes size, Search& search);
  std::optional<Pfn> take_gigantic(NodeId node, Bytes size, Search& search, Receipt& receipt);
  Task<std::optional<Pfn>> take_gigantic(Host& host, NodeId node, Bytes size, Search& search,
                                         Receipt& receipt);
  /// Who resizes a pool, and how: without a host nothing waits.
  struct Resize {
    NodeId node;
    Bytes size;
    std::int64_t wanted;
    Host* host;
    Receipt& receipt;
    CpuId cpu;
  };
  /// New pages are ready to join the pool; before 6.7 each for itself.
  Task<void> prepare(Resize how, std::vector<Pfn> pages, bool together);
  Task<std::int64_t> resize(Resize how, std::vector<Pfn> taken);
  Task<void> shrink(Resize how, Pool& pool);
  Task<std::int64_t> restore(Resize how, const std::vector<Pfn>& pages);
  void give(Bytes size, Pfn pfn, Receipt& receipt, CpuId cpu);
  void join(Pool& pool, Bytes size, Pfn pfn);
  void leave(Bytes size, Pfn pfn);
  const Pool* find(NodeId node, Bytes size) const;

  Mm& mm_;
  std::map<std::pair<std::int32_t, std::int64_t>, Pool> pools_;
  IntervalSet free_;  ///< page frames of all that is free in them
};

}  // namespace mhp::kernel
