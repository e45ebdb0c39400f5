#pragma once

#include "sim/core/interval_map.hpp"
#include "sim/core/types.hpp"

namespace mhp::kernel {

/// A resource of /proc/iomem as long as this lives: while an operation works, another that wants
/// part of its range is refused, whether or not anything is there yet.
class Claim {
 public:
  /// `resources`: those of its kind, none of which has part of the range.
  Claim(IntervalSet& resources, PfnRange range) : resources_(resources), range_(range) {
    resources_.insert(range_.start.value, range_.end.value);
  }
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;
  ~Claim() { resources_.erase(range_.start.value, range_.end.value); }

 private:
  IntervalSet& resources_;
  PfnRange range_;
};

}  // namespace mhp::kernel
