#pragma once

#include <array>
#include <cstddef>
#include <new>
#include <utility>

#include "sim/core/sanitized.hpp"

namespace mhp {

namespace detail {

/// Lists of frames that nobody uses, one for each size class; they go with the thread.
struct FreeFrames {
  struct Free {
    Free* next;
  };
  std::array<Free*, 32> first{};

  FreeFrames() = default;
  FreeFrames(const FreeFrames&) = delete;
  FreeFrames& operator=(const FreeFrames&) = delete;
  ~FreeFrames() {
    for (Free*& list : first)
      while (list != nullptr) ::operator delete(std::exchange(list, list->next));
  }
};
inline thread_local constinit FreeFrames free_frames;

}  // namespace detail

/// Where frames of coroutines come from. A simulation makes and ends a few of few sizes for each
/// operation, so that nearly each is one that was there before: a list of free ones for each class
/// of 64 bytes. Each thread has lists of its own; a frame that another thread frees goes to that
/// one's. Under sanitizers each frame comes by itself, so that they see it used when it is gone.
class FramePool {
 public:
  static void* allocate(std::size_t size) {
    const std::size_t c = size_class(size);
    if (!pooled(c)) return ::operator new(size);
    Free*& first = detail::free_frames.first[c];
    if (first == nullptr) return ::operator new((c + 1) * kGrain);
    return std::exchange(first, first->next);
  }

  /// `size`: with which it was allocated.
  static void free(void* frame, std::size_t size) noexcept {
    const std::size_t c = size_class(size);
    if (!pooled(c)) return ::operator delete(frame);
    Free*& first = detail::free_frames.first[c];
    first = ::new (frame) Free{first};
  }

 private:
  using Free = detail::FreeFrames::Free;
  static constexpr std::size_t kGrain = 64;
  static constexpr std::size_t size_class(std::size_t size) { return (size - 1) / kGrain; }
  static bool pooled(std::size_t c) { return !kSanitized && c < detail::free_frames.first.size(); }
};

}  // namespace mhp
