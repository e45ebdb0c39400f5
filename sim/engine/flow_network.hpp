#pragma once

#include <coroutine>
#include <cstdint>
#include <deque>
#include <queue>
#include <utility>
#include <vector>

#include "sim/engine/engine.hpp"
#include "sim/engine/flow_rates.hpp"

namespace mhp::engine {

/// Amounts that move through shared resources at once, each at the rate that FlowRates gives it;
/// rates change whenever a flow begins or ends. With one resource and no pace it is a
/// processor-sharing server.
class FlowNetwork {
 public:
  explicit FlowNetwork(Engine& engine) : engine_(engine) {}
  FlowNetwork(const FlowNetwork&) = delete;
  FlowNetwork& operator=(const FlowNetwork&) = delete;

  std::uint32_t add_resource(FlowResource resource) { return rates_.add_resource(resource); }
  /// A way through resources (each at most once), to be named by the index returned.
  std::uint32_t add_route(std::vector<std::uint32_t> resources);

  /// Moves `amount` units (more than 0) along a route in no less than `least` time; `done(context)`
  /// runs when the last has arrived.
  void start(std::uint32_t route, double amount, SimTime least, Callback done, void* context);

  struct MoveAwaiter {
    FlowNetwork& network;
    std::uint32_t route;
    double amount;
    SimTime least;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> h) {
      network.start(route, amount, least, &resume, h.address());
    }
    void await_resume() const noexcept {}
  };
  /// `co_await` returns when the last unit has arrived.
  [[nodiscard]] MoveAwaiter move(std::uint32_t route, double amount, SimTime least) {
    return {*this, route, amount, least};
  }

  std::int64_t flows() const { return flows_; }
  /// Units that a resource has moved until now(), and the share of its capacity in use now.
  double moved(std::uint32_t resource) const;
  double utilisation(std::uint32_t resource) const;

 private:
  struct Flow {
    double until;  ///< ends when each flow of its class has moved so much
    std::uint64_t order;
    Callback done;
    void* context;
    bool operator>(const Flow& o) const {
      return until != o.until ? until > o.until : order > o.order;
    }
  };
  struct Class {
    FlowClass flow;
    std::uint32_t route = 0;
    double moved = 0;  ///< by each flow, since the class has flows
    std::priority_queue<Flow, std::vector<Flow>, std::greater<>> ends;
  };

  static void resume(void* frame) { std::coroutine_handle<>::from_address(frame).resume(); }
  Class& class_of(std::uint32_t route, double pace);
  void advance();
  void change();
  void finish();

  Engine& engine_;
  FlowRates rates_;
  std::vector<std::vector<std::uint32_t>> routes_;
  std::deque<Class> classes_;  // stay where they are
  std::vector<Class*> active_;
  std::vector<Class*> spare_;
  std::vector<FlowClass*> solving_;
  std::vector<double> moved_;
  EventHandle next_;
  SimTime advanced_;
  std::uint64_t started_ = 0;
  std::int64_t flows_ = 0;
};

}  // namespace mhp::engine
