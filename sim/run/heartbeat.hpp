#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "sim/engine/observer.hpp"
#include "sim/run/looks.hpp"
#include "sim/run/run.hpp"

namespace mhp::run {

/// Told every 16,384 events how many there were, and the simulated time.
using Beat = std::function<void(std::int64_t events, SimTime now)>;

/// Simulates as simulate() of run.hpp and looks.hpp do, and tells `beat` on the way.
RunResult simulate(const config::Scenario& scenario, const RunOptions& options, const Looks& looks,
                   const Beat& beat);

/// Tells every so many events how far a run is, beside the observer that it stands before. Changes
/// nothing of the run.
class Heartbeat final : public engine::Observer {
 public:
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
