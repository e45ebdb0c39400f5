#pragma once

#include <cstddef>
#include <vector>

#include "sim/core/types.hpp"

namespace mhp::kernel {

/// Page frames in order, added and taken at both ends. Memory follows the most that were held.
class PfnRing {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  /// The i-th from the front.
  Pfn operator[](std::size_t i) const { return slots_[(front_ + i) & mask()]; }

  void push_front(Pfn pfn) {
    if (size_ == slots_.size()) grow();
    front_ = (front_ - 1) & mask();
    slots_[front_] = pfn;
    ++size_;
  }
  void push_back(Pfn pfn) {
    if (size_ == slots_.size()) grow();
    slots_[(front_ + size_) & mask()] = pfn;
    ++size_;
  }
  Pfn pop_front() {
    const Pfn pfn = slots_[front_];
    front_ = (front_ + 1) & mask();
    --size_;
    return pfn;
  }
  Pfn pop_back() {
    --size_;
    return slots_[(front_ + size_) & mask()];
  }

 private:
  static constexpr std::size_t kFirstCapacity = 16;
  std::size_t mask() const { return slots_.size() - 1; }
  void grow() {
    std::vector<Pfn> larger(slots_.empty() ? kFirstCapacity : 2 * slots_.size());
    for (std::size_t i = 0; i < size_; ++i) larger[i] = (*this)[i];
    slots_ = std::move(larger);
    front_ = 0;
  }

  std::vector<Pfn> slots_;  // a power of two
  std::size_t front_ = 0;
  std::size_t size_ = 0;
};

}  // namespace mhp::kernel
