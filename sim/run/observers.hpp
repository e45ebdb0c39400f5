#pragma once

#include <utility>
#include <vector>

#include "sim/engine/observer.hpp"

namespace mhp::run {

/// Several observers of one engine, each told in their order.
class Observers final : public engine::Observer {
 public:
  explicit Observers(std::vector<engine::Observer*> all) : all_(std::move(all)) {}

  void on_event(const engine::EventView& event) override {
    for (engine::Observer* o : all_) o->on_event(event);
  }
  void on_event_done(const engine::EventView& event) override {
    for (engine::Observer* o : all_) o->on_event_done(event);
  }
  void on_run_end(SimTime now, engine::RunEnd end) override {
    for (engine::Observer* o : all_) o->on_run_end(now, end);
  }

 private:
  std::vector<engine::Observer*> all_;
};

}  // namespace mhp::run
