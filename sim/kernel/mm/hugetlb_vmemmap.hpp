#pragma once

#include <cstdint>
#include <vector>

#include "sim/core/host.hpp"
#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/mm/receipt.hpp"

namespace mhp::kernel {

/// What the pools of huge pages ask of whoever maps the vmemmap, if the kernel frees what of it
/// huge pages do not need (hugetlb_free_vmemmap, HVO; mm/hugetlb_vmemmap.c). `host` is null for who
/// neither waits nor pays; then nothing waits.
class HugetlbVmemmap {
 public:
  HugetlbVmemmap() = default;
  HugetlbVmemmap(const HugetlbVmemmap&) = delete;
  HugetlbVmemmap& operator=(const HugetlbVmemmap&) = delete;
  virtual ~HugetlbVmemmap() = default;

  /// Frees vmemmap pages of huge pages that are about to join a pool together; those that it cannot
  /// do it for keep theirs (hugetlb_vmemmap_optimize_folios).
  virtual Task<void> optimize(Host* host, std::vector<Pfn> huge, Bytes size, Receipt& receipt,
                              CpuId cpu) = 0;
  /// Allocates them again, page by page, for huge pages that are about to leave. How many have
  /// theirs: all, or those before the first for which there was no memory
  /// (hugetlb_vmemmap_restore_folios).
  virtual Task<std::int64_t> restore(Host* host, std::vector<Pfn> huge, Bytes size,
                                     Receipt& receipt, CpuId cpu) = 0;
};

}  // namespace mhp::kernel
