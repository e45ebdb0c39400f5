#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "sim/core/host.hpp"
#include "sim/engine/signal.hpp"

namespace mhp::study {

/// Conditions that somebody has to make come true (a kernel thread's work, enough reserves), as
/// signals on an engine; one for each condition and place.
class KernelSignals final : public Waker {
 public:
  explicit KernelSignals(engine::Engine& engine) : engine_(engine) {}

  void wake(std::uint16_t condition, std::int32_t where) override {
    (*this)(condition, where).notify_all();
  }
  engine::Signal& operator()(std::uint16_t condition, std::int32_t where) {
    auto& signal = signals_[{condition, where}];
    if (!signal) signal = std::make_unique<engine::Signal>(engine_);
    return *signal;
  }

 private:
  engine::Engine& engine_;
  std::map<std::pair<std::uint16_t, std::int32_t>, std::unique_ptr<engine::Signal>> signals_;
};

}  // namespace mhp::study
