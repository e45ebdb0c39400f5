#pragma once

#include <optional>
#include <string>

#include "sim/kernel/mm/reclaim/population.hpp"
#include "workloads/common/process.hpp"
#include "workloads/common/thread.hpp"

namespace mhp::workloads {

/// Order of an extent of so many bytes, a power of two from 4 KiB to 2 MiB; the parameter that
/// holds it is checked by `extent_choices`.
int order_of(const std::string& extent, const kernel::Geometry& geometry);
std::vector<Choice> extent_choices();

/// The extent of 2 MiB whose faults the kernel's policy of transparent huge pages decides, for
/// anonymous memory.
inline constexpr const char* kThpExtent = "thp";
std::vector<Choice> anon_extent_choices();

/// Whether faults ask for transparent huge pages: not at all, as all memory does, or as memory does
/// that was advised with MADV_HUGEPAGE.
enum class Thp : std::uint8_t { none, plain, madvised };

/// Page faults on the extents of one population. An extent is what is faulted, used and aged as
/// one: the grain of the simulation. It is taken as one block if the fast path has one, else in
/// pieces of at most 32 KiB (the largest that the slow path never refuses), each of which may wait.
/// With transparent huge pages it is a huge page, or base pages.
class Faults {
 public:
  /// `process`: whose memory it is; null if nobody is killed for it.
  Faults(const Context& context, kernel::Population& population, int order, const Process* process,
         Thp thp = Thp::none)
      : context_(context), population_(population), order_(order), process_(process), thp_(thp) {}

  /// Gets the pages that `extent` misses, or all of a new one; they are added to `got`. Where
  /// memory ends, an old extent goes on missing the rest and a new one is given up. Nothing if it
  /// was given up or the process was killed meanwhile.
  Task<std::optional<kernel::Population::Extent>> fault(
      Thread& thread, std::optional<kernel::Population::Extent> extent, bool dirty, PageSet& got);

  PageCount extent_pages() const { return PageCount{std::int64_t{1} << order_}; }

 private:
  /// One piece, charged, of an extent that wants so many pages; `order`: what came, or was asked
  /// for last.
  Task<std::optional<kernel::Allocation>> piece(Thread& thread, std::int64_t wanted, int& order);
  /// A block that is not used after all.
  void give_back(const kernel::Allocation& block, int order, Thread& thread);
  bool killed_since(std::int64_t lives) const {
    return process_ != nullptr && process_->lives() != lives;
  }

  const Context& context_;
  kernel::Population& population_;
  const int order_;
  const Process* process_;
  const Thp thp_;
};

}  // namespace mhp::workloads
