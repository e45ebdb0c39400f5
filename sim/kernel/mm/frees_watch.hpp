#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "sim/core/types.hpp"

namespace mhp::kernel {

/// Ranges that are being emptied: they keep what is freed in them, as pageblocks do that are
/// isolated, and who empties them is told of what is freed in part only. (Looking at every page
/// again after each wait would take as long as the range is.)
class FreesWatch {
 public:
  /// Watches a range as long as it lives.
  class Guard {
   public:
    Guard(FreesWatch& watch, PfnRange range) : watch_(watch), watched_{range} {
      watch_.all_.push_back(&watched_);
    }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    ~Guard() { std::erase(watch_.all_, &watched_); }

    /// Whether something was freed there since the last call; true at first.
    bool take() { return std::exchange(watched_.freed, false); }

   private:
    friend class FreesWatch;
    struct Watched {
      PfnRange range;
      bool freed = true;
    };
    FreesWatch& watch_;
    Watched watched_;
  };

  /// Whether there is no such range.
  bool idle() const { return all_.empty(); }
  /// Whether all of these pages lie in such a range.
  bool keeps(PfnRange pages) const {
    return std::any_of(all_.begin(), all_.end(), [&](const Guard::Watched* w) {
      return w->range.start <= pages.start && pages.end <= w->range.end;
    });
  }
  void freed(PfnRange pages) {
    for (Guard::Watched* w : all_)
      w->freed = w->freed || (pages.start < w->range.end && w->range.start < pages.end);
  }

 private:
  std::vector<Guard::Watched*> all_;
};

}  // namespace mhp::kernel
