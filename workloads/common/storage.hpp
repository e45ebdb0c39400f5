#pragma once

#include <algorithm>

#include "workloads/common/thread.hpp"

namespace mhp::workloads {

/// A storage device that delivers in the order of asking: reads queue for its bandwidth and wait
/// for its latency, which overlaps with those of others.
class Storage {
 public:
  Storage(engine::Engine& engine, SimTime latency, BytesPerSecond bandwidth)
      : engine_(engine), latency_(latency), bandwidth_(bandwidth) {}

  /// Returns when `amount` has come.
  Task<void> read(Thread& reader, Bytes amount) {
    if (amount.value == 0) co_return;
    const __int128 ns = static_cast<__int128>(amount.value) * kSecond.value / bandwidth_.value;
    free_at_ = std::max(free_at_, engine_.now()) + SimTime{static_cast<std::int64_t>(ns)};
    co_await reader.sleep(free_at_ + latency_ - engine_.now());
  }

 private:
  engine::Engine& engine_;
  const SimTime latency_;
  const BytesPerSecond bandwidth_;
  SimTime free_at_;
};

}  // namespace mhp::workloads
