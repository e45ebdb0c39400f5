#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/kernel/mm/free_block_table.hpp"
#include "sim/kernel/mm/pending_frees.hpp"
#include "sim/kernel/mm/receipt.hpp"

namespace mhp::kernel {

class Mm;

/// Pages that a process has just got and that wait on their CPU to be put on the LRU lists (lru_add
/// of struct cpu_fbatches, mm/folio.c of Linux 7.3, mm/swap.c before). A batch has a reference of
/// its own to each: what is unmapped while it waits is freed when the batch is flushed. Whoever
/// gives each process's pages a life of their own adds them here; others do without.
class LruBatches {
 public:
  explicit LruBatches(Mm& mm) : mm_(mm) {}

  /// A page that was got on a CPU (folio_add_lru). A full batch is flushed, and so is one that gets
  /// a large page.
  void add(Pfn pfn, int order, CpuId cpu, Receipt& receipt);
  /// Somebody unmaps a page: true if a batch has it, which then frees it.
  bool unmap(Pfn pfn);
  /// Flushes the batch of a CPU (lru_add_drain), or of all (lru_add_drain_all). What nobody maps
  /// any more is freed on that CPU (release_pages).
  void drain(CpuId cpu, Receipt& receipt);
  void drain_all(Receipt& receipt);
  /// Pages in all batches, and those of them that nobody maps any more.
  PageCount waiting() const { return PageCount{waiting_}; }
  PageCount kept() const { return PageCount{kept_}; }

 private:
  struct Entry {
    FreedPages pages;
    bool mapped = true;
  };
  Mm& mm_;
  std::vector<std::vector<Entry>> batches_;  // by CPU
  std::vector<Entry> flushed_;               // one of them, while it is
  FreeBlockTable found_;                     // by page frame: its links are CPU and place
  std::int64_t waiting_ = 0;
  std::int64_t kept_ = 0;
};

}  // namespace mhp::kernel
