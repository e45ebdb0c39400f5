#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "sim/core/types.hpp"

namespace mhp::kernel {

/// Ranges of which somebody wants to know whether pages in them are being freed: looking at every
/// page again after each wait would take as long as the range is.
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

  void freed(PfnRange pages) {
    for (Guard::Watched* w : all_)
      w->freed = w->freed || (pages.start < w->range.end && w->range.start < pages.end);
  }

 private:
  std::vector<Guard::Watched*> all_;
};

}  // namespace mhp::kernel
