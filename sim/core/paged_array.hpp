#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mhp {

/// An array over integers of which few stretches hold anything: pages of 512 elements, which come
/// to be when one of theirs is first written. An element never written is T{}. Reading and writing
/// cost O(1).
template <class T>
class PagedArray {
 public:
  static constexpr std::int64_t kPage = 512;

  T operator[](std::int64_t i) const {
    const std::vector<T>* page = find(i);
    return page != nullptr ? (*page)[within(i)] : T{};
  }
  /// The element to write; valid until the next call.
  T& at(std::int64_t i) {
    const std::int64_t page = i / kPage;
    if (pages_.empty()) first_ = page;
    if (page < first_) {
      pages_.insert(pages_.begin(), static_cast<std::size_t>(first_ - page), {});
      first_ = page;
    }
    if (page - first_ >= std::ssize(pages_))
      pages_.resize(static_cast<std::size_t>(page - first_ + 1));
    std::vector<T>& in = pages_[static_cast<std::size_t>(page - first_)];
    if (in.empty()) in.resize(static_cast<std::size_t>(kPage));
    return in[within(i)];
  }
  /// Sum of the elements of [start, end); pages that never came to be are passed over.
  T sum(std::int64_t start, std::int64_t end) const {
    T n{};
    while (start < end) {
      const std::int64_t next = (start / kPage + 1) * kPage;
      const std::int64_t stop = next < end ? next : end;
      if (const std::vector<T>* page = find(start); page != nullptr)
        for (std::int64_t i = start; i < stop; ++i) n = static_cast<T>(n + (*page)[within(i)]);
      start = stop;
    }
    return n;
  }
  /// Sum of all elements.
  T total() const { return sum(first_ * kPage, (first_ + std::ssize(pages_)) * kPage); }

 private:
  static constexpr std::size_t within(std::int64_t i) {
    return static_cast<std::size_t>(i % kPage);
  }
  const std::vector<T>* find(std::int64_t i) const {
    const auto page = static_cast<std::size_t>(i / kPage - first_);  // one before wraps around
    return page < pages_.size() && !pages_[page].empty() ? &pages_[page] : nullptr;
  }

  std::vector<std::vector<T>> pages_;
  std::int64_t first_ = 0;  // number of the first of them
};

}  // namespace mhp
