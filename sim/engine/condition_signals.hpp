#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "sim/core/host.hpp"
#include "sim/engine/signal.hpp"

namespace mhp::engine {

/// Conditions that somebody has to make come true (a kernel thread's work, enough reserves), as
/// signals on an engine; one for each condition and place.
class ConditionSignals final : public Waker {
 public:
  explicit ConditionSignals(Engine& engine) : engine_(engine) {}

  void wake(std::uint16_t condition, std::int32_t where) override {
    (*this)(condition, where).notify_all();
  }
  Signal& operator()(std::uint16_t condition, std::int32_t where) {
    auto& signal = signals_[{condition, where}];
    if (!signal) signal = std::make_unique<Signal>(engine_);
    return *signal;
  }

 private:
  Engine& engine_;
  std::map<std::pair<std::uint16_t, std::int32_t>, std::unique_ptr<Signal>> signals_;
};

}  // namespace mhp::engine
