#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "sim/core/params.hpp"
#include "workloads/common/extents.hpp"

namespace mhp::workloads {

/// How anonymous memory is taken: in which grain, as transparent huge pages, or mlocked.
struct AnonKind {
  int order = 0;
  Thp thp = Thp::none;
  bool locked = false;
};

/// What the kernel holds for a process itself: unmovable pages that are gone with it.
struct ProcessShape {
  bool page_tables = false;  ///< tables of what it touches, made at the first fault
  std::int64_t threads = 0;  ///< a kernel stack each (16 KiB: THREAD_SIZE), in single pages
};

/// What one entry of a page table maps.
enum class MapSize : std::uint8_t { page, pmd, pud };

/// Adds these to a workload's parameters; its own record derives from them.
template <class P>
void add_process_params(ParamSet<P>& set) {
  set.add("page_tables", static_cast<bool P::*>(&ProcessShape::page_tables),
          {.doc = "what a process touches has page tables: a page for each 2 MiB of its address "
                  "space, one for each GiB, and two"})
      .add("threads", static_cast<std::int64_t P::*>(&ProcessShape::threads),
           {.doc = "threads of a process, with a kernel stack of 16 KiB each; 0: it has none",
            .linux_name = "THREAD_SIZE",
            .min = 0,
            .max = 100'000});
}

/// What a process has beside its anonymous memory.
struct ProcessRest {
  std::function<PageCount()> mapped = {};              ///< its pages of files in page tables
  std::function<void(kernel::Receipt&)> at_exit = {};  ///< gives back what its end frees besides
};

/// The anonymous memory of one process, in extents in the order in which it was taken. The OOM
/// killer may take it all: lives() then changes, and what was being done ends.
class ProcessMemory {
 public:
  ProcessMemory(const Context& context, Tally& tally, ProcessShape shape = {},
                ProcessRest rest = {});

  /// A new extent, its pages added to `got`. False if memory is at an end or the process was
  /// killed.
  Task<bool> grow(Thread& thread, AnonKind kind, PageSet& got);
  /// So many pages of a file, or of memory that it shares, are mapped and used by entries of that
  /// size: they have tables. False as above.
  Task<bool> map_file(Thread& thread, PageCount first, PageCount pages,
                      MapSize size = MapSize::page);
  /// Extents from `first` on are written again, `most` at most: as many as the traffic of one piece
  /// has, up to the next of which reclaim took something. Where that is the first, it comes back
  /// before. Says how many; 0 if the process was killed meanwhile.
  Task<std::size_t> use(Thread& thread, std::size_t first, std::size_t most);
  /// Gives the youngest extent back, or all.
  void free_last(kernel::Receipt& receipt);
  void free_all(kernel::Receipt& receipt);
  /// The process ends: all of that, its tables and its stacks.
  void end(kernel::Receipt& receipt);

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
  PageCount page_tables() const;
  PageCount stacks() const { return PageCount{static_cast<std::int64_t>(stacks_.size())}; }
  /// All of it, in memory or not.
  PageCount size() const { return size_; }

 private:
  struct Held {
    kernel::Population::Extent extent = 0;
    AnonKind kind;
  };
  Task<bool> bring_back(Thread& thread, Held held);
  kernel::Population& population_of(AnonKind kind) { return kind.locked ? locked_ : anon_; }
  static PageCount pages_of(AnonKind kind) { return PageCount{std::int64_t{1} << kind.order}; }

  using Pages = std::vector<Pfn>;
  PageCount badness() const;
  /// So many pages that the kernel holds. False if there is no memory, or the process was killed.
  Task<bool> fill(Thread& thread, Pages& pages, std::int64_t wanted);
  void trim(Pages& pages, std::int64_t wanted, kernel::Receipt& receipt);
  Task<bool> cover(Thread& thread, Pages& tables, std::int64_t wanted);
  /// Tables of the two lowest levels for so much of an address space.
  std::int64_t tables_of(PageCount mapped) const;

  const Context& context_;
  const ProcessShape shape_;
  const ProcessRest rest_;
  kernel::Population anon_;
  kernel::Population locked_;
  Process process_;
  std::vector<Held> extents_;
  Pages upper_tables_, anon_tables_, file_tables_, stacks_;
  std::vector<bool> file_pmds_, file_puds_;  ///< what of the file has tables
  PageCount size_;
  PageCount refaulted_;
};

}  // namespace mhp::workloads
