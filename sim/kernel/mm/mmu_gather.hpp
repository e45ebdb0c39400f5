#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/kernel/mm/mm.hpp"

namespace mhp::kernel {

/// Entries of a batch of pages that wait for the LRU lists (PAGEVEC_SIZE: struct pagevec, since 6.9
/// struct folio_batch).
std::int64_t lru_batch_size(const KernelProfile& profile);

/// Frees pages whose last references go together (release_pages, since 6.9 folios_put_refs).
void release_pages(Mm& mm, std::span<const FreedRun> pages, CpuId cpu, Receipt& receipt);

/// Pages that a process unmaps in one go and that are freed afterwards, in the order and in the
/// portions in which Linux does it (struct mmu_gather).
class MmuGather {
 public:
  /// Pages are freed on `cpu`, for `receipt`.
  MmuGather(Mm& mm, CpuId cpu, Receipt& receipt);

  /// Adds a block of 2^order pages; in ascending virtual order. What waits to be put on the LRU
  /// lists is left to that (LruBatches).
  void add(Pfn pfn, int order) { add(FreedRun{PageRun(pfn), order}); }
  void add(const FreedRun& pages);
  /// Frees what has been added (tlb_finish_mmu).
  void finish();

 private:
  struct Batch {
    std::vector<FreedRun> runs;
    std::int64_t entries = 0;
  };
  std::int64_t batch_size() const;
  void put(FreedRun pages);

  Mm& mm_;
  bool reversed_;
  CpuId cpu_;
  Receipt& receipt_;
  std::vector<Batch> batches_;
};

}  // namespace mhp::kernel
