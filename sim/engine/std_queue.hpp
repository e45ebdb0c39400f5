#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <queue>
#include <vector>

#include "sim/core/types.hpp"

namespace mhp::engine {

/// Decides which pending event is next with std::priority_queue: the plain reference that the fast
/// queue is tested and measured against. The members mean what they mean in TournamentTree. What is
/// moved or erased leaves a dead entry behind, dropped when it comes to the top.
class StdQueue {
 public:
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  void reserve(std::uint32_t capacity) { current_.resize(capacity, kDead); }
  void insert(std::uint32_t slot, SimTime time) { move(slot, time); }
  void move(std::uint32_t slot, SimTime time) {
    current_[slot] = sequence_;
    heap_.push({time.value, sequence_, slot});
    ++sequence_;
  }
  void erase(std::uint32_t slot) { current_[slot] = kDead; }
  std::uint64_t next_time() {
    while (!heap_.empty() && current_[heap_.top().slot] != heap_.top().sequence) heap_.pop();
    return heap_.empty() ? kNever : static_cast<std::uint64_t>(heap_.top().time);
  }
  std::uint32_t pop() {
    const std::uint32_t slot = heap_.top().slot;
    heap_.pop();
    current_[slot] = kDead;
    return slot;
  }

 private:
  static constexpr std::uint64_t kDead = std::numeric_limits<std::uint64_t>::max();
  struct Entry {
    std::int64_t time;
    std::uint64_t sequence;
    std::uint32_t slot;
    bool operator>(const Entry& o) const {
      return time != o.time ? time > o.time : sequence > o.sequence;
    }
  };

  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> heap_;
  std::vector<std::uint64_t> current_;  ///< the live sequence number of each slot
  std::uint64_t sequence_ = 0;
};

}  // namespace mhp::engine
