#pragma once

#include <algorithm>

#include "sim/core/params.hpp"
#include "workloads/common/thread.hpp"

namespace mhp::workloads {

/// The parameters of a workload that reads from storage; its own record derives from them.
struct StorageParams {
  SimTime storage_latency{80'000};
  BytesPerSecond storage_bandwidth{3'000'000'000};
};

/// Adds them to the workload's set.
template <class P>
void add_storage_params(ParamSet<P>& set) {
  set.add("storage_latency", static_cast<SimTime P::*>(&StorageParams::storage_latency),
          {.doc = "time until the first byte of a read comes",
           .source = "assumed: data-centre NVMe, 60 to 100 us",
           .min = SimTime{0}})
      .add("storage_bandwidth", static_cast<BytesPerSecond P::*>(&StorageParams::storage_bandwidth),
           {.doc = "what the storage of a node delivers",
            .source = "assumed: one data-centre NVMe drive",
            .min = BytesPerSecond{1'000'000}});
}

/// A storage device that delivers in the order of asking: reads queue for its bandwidth and wait
/// for its latency, which overlaps with those of others.
class Storage {
 public:
  Storage(engine::Engine& engine, const StorageParams& params)
      : engine_(engine), latency_(params.storage_latency), bandwidth_(params.storage_bandwidth) {}

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
