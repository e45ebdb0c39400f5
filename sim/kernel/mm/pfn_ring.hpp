#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/kernel/mm/page_run.hpp"

namespace mhp::kernel {

/// Page frames in order, added and taken at both ends; held as runs. Memory follows the most runs
/// that there were.
class PfnRing {
 public:
  bool empty() const { return runs_ == 0; }

  void push_front(Pfn pfn) { push_front(PageRun(pfn)); }
  /// Each page of a run, so that its last one becomes the first.
  void push_front(const PageRun& run) {
    PageRun in_front = run.reversed();
    if (runs_ > 0 && in_front.join(slots_[front_])) {
      slots_[front_] = in_front;
      return;
    }
    if (runs_ == slots_.size()) grow();
    front_ = (front_ - 1) & mask();
    slots_[front_] = in_front;
    ++runs_;
  }
  void push_back(Pfn pfn) { push_back(PageRun(pfn)); }
  void push_back(const PageRun& run) {
    if (runs_ > 0 && slots_[slot(runs_ - 1)].join(run)) return;
    if (runs_ == slots_.size()) grow();
    slots_[slot(runs_)] = run;
    ++runs_;
  }
  Pfn pop_front() { return pop_front(1).first; }
  /// The pages at the front that lie in a row, `most` at most.
  PageRun pop_front(std::int64_t most) {
    PageRun& run = slots_[front_];
    const PageRun taken = run.front(std::min<std::int64_t>(most, run.pages));
    run = run.behind(taken.pages);
    if (run.empty()) {
      front_ = (front_ + 1) & mask();
      --runs_;
    }
    return taken;
  }
  Pfn pop_back() {
    PageRun& run = slots_[slot(runs_ - 1)];
    const Pfn taken = run.last();
    if (--run.pages == 0) --runs_;
    return taken;
  }
  /// How many of them lie in a range.
  std::int64_t count_in(PfnRange range) const {
    std::int64_t n = 0;
    for (std::size_t i = 0; i < runs_; ++i) n += slots_[slot(i)].part_in(range).count;
    return n;
  }

 private:
  static constexpr std::size_t kFirstCapacity = 16;
  std::size_t mask() const { return slots_.size() - 1; }
  /// Where the i-th run from the front is.
  std::size_t slot(std::size_t i) const { return (front_ + i) & mask(); }
  void grow() {
    std::vector<PageRun> larger(slots_.empty() ? kFirstCapacity : 2 * slots_.size());
    for (std::size_t i = 0; i < runs_; ++i) larger[i] = slots_[slot(i)];
    slots_ = std::move(larger);
    front_ = 0;
  }

  std::vector<PageRun> slots_;  // a power of two
  std::size_t front_ = 0;
  std::size_t runs_ = 0;
};

}  // namespace mhp::kernel
