#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/kernel/mm/page_run.hpp"
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

  /// Pages that were got on a CPU (folio_add_lru). A full batch is flushed, and so is one that gets
  /// a large page, which then waits no longer.
  void add(Pfn pfn, int order, CpuId cpu, Receipt& receipt);
  void add(PageRun run, CpuId cpu, Receipt& receipt);
  /// Single pages that a CPU's batch takes until it is flushed: what is got after that may be what
  /// was freed.
  std::int64_t room(CpuId cpu) const;
  /// Somebody unmaps pages: batches that have some free these later. Calls f(run) in order for all
  /// others.
  template <class F>
  void unmap(const PageRun& run, F&& f) {
    if (!has_any_of(run.range())) return f(run);
    std::int64_t from = 0;
    for (std::int64_t i = 0; i < run.pages; ++i) {
      if (!unmap(run.at(i))) continue;
      if (i > from) f(run.front(i).behind(from));
      from = i + 1;
    }
    if (from < run.pages) f(run.behind(from));
  }
  /// Flushes the batch of a CPU (lru_add_drain), or of all (lru_add_drain_all). What nobody maps
  /// any more is freed on that CPU (release_pages).
  void drain(CpuId cpu, Receipt& receipt);
  void drain_all(Receipt& receipt);
  /// Pages in all batches, and those of them that nobody maps any more.
  PageCount waiting() const;
  PageCount kept() const;

 private:
  struct Entry {
    Pfn page;
    bool mapped = true;
  };
  struct Batch {
    CpuId cpu;
    std::vector<Entry> entries;
    PfnRange within;        ///< all entries lie there
    std::int64_t kept = 0;  ///< of them, not mapped
  };

  Batch* find(CpuId cpu);
  Batch& batch(CpuId cpu);
  void add_to(Batch& batch, const PageRun& run);
  bool has_any_of(PfnRange range) const;
  bool unmap(Pfn page);
  void flush(Batch& batch, Receipt& receipt);

  Mm& mm_;
  std::vector<Batch> batches_;  // of the CPUs that have had one, by number
  std::vector<Entry> flushed_;  // of one of them, while it is
};

}  // namespace mhp::kernel
