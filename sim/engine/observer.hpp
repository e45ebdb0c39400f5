#pragma once

#include <cstdint>

#include "sim/engine/event.hpp"

namespace mhp::engine {

/// One dispatch as an observer sees it. `fn` tells kinds of events apart within this process; its
/// address differs between runs and has no place in a result.
struct EventView {
  SimTime time;
  std::int64_t index = 0;  ///< events dispatched before this one
  Callback fn = nullptr;
  void* context = nullptr;
};

/// Watches an engine dispatch. It may read the model and must not schedule. An engine without an
/// observer pays one predictable branch an event.
class Observer {
 public:
  Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  virtual ~Observer() = default;

  /// Before an event runs; now() is already its time.
  virtual void on_event(const EventView& event) = 0;
  /// After it ran and before the next: the place to verify the model.
  virtual void on_event_done(const EventView&) {}
  /// When run() or run_until() returns.
  virtual void on_run_end(SimTime, RunEnd) {}
};

}  // namespace mhp::engine
