#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace mhp::engine {

/// First in, first out in one flat array that doubles when full. Positions count pushes modulo 2^32
/// and keep naming their item while it is inside.
template <class T>
class RingBuffer {
 public:
  bool empty() const { return head_ == tail_; }
  std::uint32_t size() const { return tail_ - head_; }
  const T& front() const { return items_[head_ & mask()]; }
  T& operator[](std::uint32_t position) { return items_[position & mask()]; }

  /// Returns the position of the new item.
  std::uint32_t push(T item) {
    if (size() == items_.size()) grow();
    items_[tail_ & mask()] = item;
    return tail_++;
  }
  void pop() { ++head_; }

 private:
  std::uint32_t mask() const { return static_cast<std::uint32_t>(items_.size()) - 1; }
  void grow() {
    std::vector<T> larger(items_.empty() ? 16 : items_.size() * 2);
    for (std::uint32_t p = head_; p != tail_; ++p) larger[p & (larger.size() - 1)] = (*this)[p];
    items_ = std::move(larger);
  }

  std::vector<T> items_;
  std::uint32_t head_ = 0;
  std::uint32_t tail_ = 0;
};

}  // namespace mhp::engine
