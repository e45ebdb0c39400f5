#include "sim/core/frame_pool.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

namespace mhp::frame_pool_test {
namespace {

struct Frame {
  unsigned char* at;
  std::size_t size;
  unsigned char filled_with;
};

bool whole(const Frame& f) {
  for (std::size_t i = 0; i < f.size; ++i)
    if (f.at[i] != f.filled_with) return false;
  return true;
}

// Each frame is filled, and found filled when it goes: no two that live share a byte.
RC_GTEST_PROP(frame_pool, frames_that_live_share_no_byte, ()) {
  std::vector<Frame> live;
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 3000));
  unsigned char next = 0;
  for (const int step : steps) {
    if (step % 3 == 0 && !live.empty()) {
      const std::size_t i = static_cast<std::size_t>(step) % live.size();
      RC_ASSERT(whole(live[i]));
      FramePool::free(live[i].at, live[i].size);
      live[i] = live.back();
      live.pop_back();
      continue;
    }
    const auto size = static_cast<std::size_t>(step) + 1;
    auto* at = static_cast<unsigned char*>(FramePool::allocate(size));
    RC_ASSERT(reinterpret_cast<std::uintptr_t>(at) % alignof(std::max_align_t) == 0U);
    live.push_back({at, size, ++next});
    std::memset(at, next, size);
  }
  for (const Frame& f : live) {
    RC_ASSERT(whole(f));
    FramePool::free(f.at, f.size);
  }
}

TEST(frame_pool, a_frame_that_went_is_the_next_of_its_size) {
  if (kSanitized) GTEST_SKIP() << "frames come one by one under sanitizers";
  void* first = FramePool::allocate(300);
  void* second = FramePool::allocate(310);
  FramePool::free(first, 300);
  FramePool::free(second, 310);
  EXPECT_EQ(FramePool::allocate(320), second) << "five lines of 64 bytes, as the two before";
  EXPECT_EQ(FramePool::allocate(257), first);
  FramePool::free(first, 257);
  FramePool::free(second, 320);
}

TEST(frame_pool, a_frame_may_end_in_another_thread) {
  std::vector<void*> frames;
  for (int i = 0; i < 100; ++i) frames.push_back(FramePool::allocate(100));
  std::thread([&frames] {
    for (void* f : frames) FramePool::free(f, 100);
    for (void*& f : frames) f = FramePool::allocate(100);
  }).join();
  for (void* f : frames) {
    std::memset(f, 1, 100);
    FramePool::free(f, 100);
  }
}

}  // namespace
}  // namespace mhp::frame_pool_test
