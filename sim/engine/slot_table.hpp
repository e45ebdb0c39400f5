#pragma once

#include <cstdint>
#include <vector>

#include "sim/engine/event.hpp"

namespace mhp::engine {

/// Holds what each pending event will do, and decides which handles are stale. It knows no order.
/// The slot freed last is taken first, so a queue may leave a popped slot open for the next event.
class SlotTable {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  struct Payload {
    Callback fn = nullptr;
    void* context = nullptr;
  };
  struct Slot {
    Payload payload;
    std::uint32_t generation = 0;
    std::uint32_t link =
        kNone;  ///< free: next free slot; pending: the engine's note on where it is
  };

  bool full() const { return free_ == kNone && used_ == capacity(); }
  std::uint32_t capacity() const { return static_cast<std::uint32_t>(slots_.size()); }
  void grow(std::uint32_t capacity) { slots_.resize(capacity); }

  /// Takes a slot; the table must not be full.
  std::uint32_t take(Payload payload, std::uint32_t link) {
    const std::uint32_t slot = free_ != kNone ? free_ : used_++;
    Slot& s = slots_[slot];
    if (free_ != kNone) free_ = s.link;
    s.payload = payload;
    s.link = link;
    ++live_;
    return slot;
  }

  /// Frees a slot and returns what it held; every handle to it turns stale.
  Payload release(std::uint32_t slot) {
    Slot& s = slots_[slot];
    const Payload payload{s.payload.fn, s.payload.context};
    ++s.generation;
    s.link = free_;
    free_ = slot;
    --live_;
    return payload;
  }

  Slot& operator[](std::uint32_t slot) { return slots_[slot]; }
  EventHandle handle(std::uint32_t slot) const { return {slot, slots_[slot].generation}; }
  bool pending(EventHandle h) const {
    return h.slot < used_ && slots_[h.slot].generation == h.generation;
  }
  std::uint32_t live() const { return live_; }
  /// Most slots live at once: a fresh slot is used only when none is free.
  std::uint32_t peak() const { return used_; }

 private:
  std::vector<Slot> slots_;
  std::uint32_t free_ = kNone;
  std::uint32_t used_ = 0;
  std::uint32_t live_ = 0;
};

}  // namespace mhp::engine
