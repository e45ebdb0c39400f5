#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "sim/engine/observer.hpp"

namespace mhp::run {

/// Tells every so many events how far a run is, beside the observer that it stands before. Changes
/// nothing of the run.
class Heartbeat final : public engine::Observer {
 public:
  using Beat = std::function<void(std::int64_t events, SimTime now)>;

  Heartbeat(engine::Observer& behind, Beat beat) : behind_(behind), beat_(std::move(beat)) {}

  void on_event(const engine::EventView& event) override {
    constexpr std::int64_t kEvery = std::int64_t{1} << 14;
    if (event.index % kEvery == 0) beat_(event.index, event.time);
    behind_.on_event(event);
  }
  void on_event_done(const engine::EventView& event) override { behind_.on_event_done(event); }
  void on_run_end(SimTime now, engine::RunEnd end) override { behind_.on_run_end(now, end); }

 private:
  engine::Observer& behind_;
  Beat beat_;
};

}  // namespace mhp::run
