#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/core/interval_map.hpp"
#include "sim/kernel/boot/boot_state.hpp"
#include "sim/kernel/hotplug/counters.hpp"
#include "sim/kernel/hotplug/memmap_backing.hpp"
#include "sim/kernel/hotplug/page_tables.hpp"
#include "sim/kernel/mm/hugetlb_vmemmap.hpp"
#include "sim/kernel/mm/mm.hpp"

namespace mhp::kernel {

/// HVO of a running kernel: splits the 2 MiB leaves of the vmemmap of huge pages once, maps all but
/// the first of their vmemmap pages to one, and gives the others back to the node on which they
/// lie. After mm/hugetlb_vmemmap.c; which kernel does it how is in KernelProfile::hugetlb_vmemmap.
class VmemmapOptimizer : public HugetlbVmemmap {
 public:
  /// Whether a kernel that is configured so frees vmemmap of huge pages at all.
  static bool wanted(const KernelConfig& config, const KernelProfile& profile);
  /// `self_hosted`: true of a page whose memmap lies in the head of its own memory block
  /// (PageVmemmapSelfHosted); such memory keeps it.
  VmemmapOptimizer(Mm& mm, const BootState& boot, Vmemmap vmemmap, MemmapBacking& backing,
                   PageTables& tables, HotplugCounters& counters,
                   std::function<bool(Pfn)> self_hosted);

  Task<void> optimize(Host* host, std::vector<Pfn> huge, Bytes size, Receipt& receipt,
                      CpuId cpu) override;
  Task<std::int64_t> restore(Host* host, std::vector<Pfn> huge, Bytes size, Receipt& receipt,
                             CpuId cpu) override;

  /// Why no memmap can lie in the range of an addition then; empty if it can.
  std::string_view excludes_range() const;
  /// A leaf goes, with its table if it was split: it maps no struct page of a huge page.
  void forget(std::int64_t leaf);

  bool optimized(Pfn huge) const;
  /// Changes of the kernel's counters nr_memmap_pages and nr_memmap_boot_pages since boot.
  std::int64_t nr_memmap_change() const { return nr_memmap_change_; }
  std::int64_t nr_memmap_boot_change() const { return nr_memmap_boot_change_; }
  /// Vmemmap pages of the sections [first, end) that have no memory of their own now.
  PageCount without_memory(std::int64_t first, std::int64_t end) const;
  /// Pages of these, of all sections, less the table pages and shared tails that they cost.
  PageCount saved() const;

 private:
  /// The vmemmap pages of a huge page, numbered through from that of page frame 0.
  struct Span {
    std::int64_t first;  ///< that of its head
    std::int64_t keep;   ///< the first whose contents all that follow have
    std::int64_t end;
  };
  /// What is done for the pages of one write.
  struct Job {
    Host* host;
    Receipt& receipt;
    CpuId cpu;
    std::vector<Pfn> freed = {};  ///< vmemmap pages that nothing maps any more
    bool grace = false;           ///< readers of struct pages have been waited for
    std::int64_t tables = 0;
    std::int64_t entries = 0;
    std::map<std::int32_t, std::int64_t> copied = {};  ///< pages, by the node of the copy
    std::int64_t flushes = 0;
  };
  Span span(Pfn huge, Bytes size) const;
  bool can_optimize(Pfn huge, Bytes size) const;
  Task<bool> split(Job& job, Span span);
  Task<bool> optimize_one(Job& job, Pfn huge, Bytes size);
  Task<std::optional<Pfn>> shared_tail(Job& job, Pfn huge, Bytes size);
  Task<std::optional<Pfn>> page(Job& job, AllocRequest request);
  void free_list(Job& job);
  Task<void> settle(Job& job);
  Task<void> wait_for_readers(Job& job);
  std::optional<Pfn> boot_page(std::int64_t vmemmap_page) const;
  NodeId node_of(Pfn pfn) const { return mm_.zone_of(pfn)->node; }
  NodeId cpu_node(CpuId cpu, NodeId otherwise) const;

  Mm& mm_;
  const Vmemmap vmemmap_;
  const HugetlbVmemmapRule rule_;
  MemmapBacking& backing_;
  PageTables& tables_;
  HotplugCounters& counters_;
  std::function<bool(Pfn)> self_hosted_;
  std::vector<BootMemmap> boot_;
  IntervalSet reserved_;                     // page frames of them that were never freed
  IntervalSet shared_;                       // vmemmap pages without memory of their own
  std::map<std::int64_t, Pfn> boot_tables_;  // of split leaves of boot memory, by leaf
  std::map<std::pair<std::int32_t, std::int64_t>, Pfn> tails_;  // by zone and size of huge page
  IntervalSet split_;                                           // leaves
  std::int64_t nr_memmap_change_ = 0;
  std::int64_t nr_memmap_boot_change_ = 0;
};

}  // namespace mhp::kernel
