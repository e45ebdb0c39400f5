#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "workloads/common/extents.hpp"

namespace mhp::workloads {

/// How anonymous memory is taken: in which grain, as transparent huge pages, or mlocked.
struct AnonKind {
  int order = 0;
  Thp thp = Thp::none;
  bool locked = false;
};

/// What a process has beside its anonymous memory.
struct ProcessRest {
  std::function<PageCount()> mapped = {};              ///< its pages of files in page tables
  std::function<void(kernel::Receipt&)> at_exit = {};  ///< gives back what its end frees besides
};

/// The anonymous memory of one process, in extents in the order in which it was taken. The OOM
/// killer may take it all: lives() then changes, and what was being done ends.
class ProcessMemory {
 public:
  ProcessMemory(const Context& context, Tally& tally, ProcessRest rest = {});

  /// A new extent, its pages added to `got`. False if memory is at an end or the process was
  /// killed.
  Task<bool> grow(Thread& thread, AnonKind kind, PageSet& got);
  /// Extent `i` is written again; what reclaim took of it comes back first. False if the process
  /// was killed meanwhile.
  Task<bool> use(Thread& thread, std::size_t i);
  /// Gives the youngest extent back, or all.
  void free_last(kernel::Receipt& receipt);
  void free_all(kernel::Receipt& receipt);

  std::size_t extents() const { return extents_.size(); }
  PageCount pages_in(std::size_t i) const { return pages_of(extents_[i].kind); }
  /// How often it has been killed: changes if its memory is gone.
  std::int64_t lives() const { return process_.lives(); }
  /// In memory; of it mlocked; in swap; what reclaim has taken so far; what came back.
  PageCount resident() const { return anon_.resident() + locked_.resident(); }
  PageCount locked() const { return locked_.resident(); }
  PageCount swapped() const { return anon_.missing(); }
  PageCount reclaimed() const { return anon_.pages_reclaimed(); }
  PageCount refaulted() const { return refaulted_; }
  /// All of it, in memory or not.
  PageCount size() const { return size_; }

 private:
  struct Held {
    kernel::Population::Extent extent = 0;
    AnonKind kind;
  };
  kernel::Population& population_of(AnonKind kind) { return kind.locked ? locked_ : anon_; }
  static PageCount pages_of(AnonKind kind) { return PageCount{std::int64_t{1} << kind.order}; }

  PageCount badness() const;

  const Context& context_;
  const ProcessRest rest_;
  kernel::Population anon_;
  kernel::Population locked_;
  Process process_;
  std::vector<Held> extents_;
  PageCount size_;
  PageCount refaulted_;
};

}  // namespace mhp::workloads
