#pragma once

#include <coroutine>
#include <cstdint>
#include <deque>
#include <queue>
#include <utility>
#include <vector>

#include "sim/engine/engine.hpp"
#include "sim/engine/flow_rates.hpp"
#include "sim/engine/tournament_tree.hpp"

namespace mhp::engine {

/// Amounts that move through shared resources at once, each at the rate that FlowRates gives it;
/// rates change whenever a flow begins or ends. A flow ends at the nanosecond nearest to the moment
/// at which its last unit arrives. With one resource and no pace it is a processor-sharing server.
class FlowNetwork {
 public:
  explicit FlowNetwork(Engine& engine) : engine_(engine) {}
  FlowNetwork(const FlowNetwork&) = delete;
  FlowNetwork& operator=(const FlowNetwork&) = delete;

  std::uint32_t add_resource(FlowResource resource) {
    moved_.emplace_back();
    changed_.push_back(static_cast<std::uint32_t>(moved_.size() - 1));
    return rates_.add_resource(resource);
  }
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
  double moved(std::uint32_t resource) const { return moved(resource, engine_.now()); }
  double utilisation(std::uint32_t resource) const;
  /// Units moved until a time that lies between the last change of rates and the next.
  double moved(std::uint32_t resource, SimTime at) const;
  /// Units a nanosecond that it moves since the last change of rates.
  double load(std::uint32_t resource) const { return moved_[resource].load; }
  /// Calls `seen(resource)` for each that may have another load than at the last call, once; at
  /// the first call for all.
  template <class Seen>
  void take_changed(Seen&& seen) {
    for (const std::uint32_t r : changed_) {
      moved_[r].told = true;
      seen(r);
    }
    changed_.clear();
  }
  std::uint32_t resources() const { return static_cast<std::uint32_t>(moved_.size()); }

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
  struct Class : FlowClass {
    std::uint32_t way = 0;   ///< index of the route
    std::uint32_t slot = 0;  ///< among all classes
    double moved = 0;        ///< by each flow until `since`
    double speed = 0;        ///< of each from then on
    double first = 0;        ///< ends when each has moved so much
    SimTime since;
    std::priority_queue<Flow, std::vector<Flow>, std::greater<>> ends;
  };
  /// A way through resources, and the classes that take it now, by their pace.
  struct Route {
    std::vector<std::uint32_t> resources;
    std::vector<Class*> classes;
  };
  /// What a resource has moved until `since`, and does from then on.
  struct Moved {
    double units = 0;
    double load = 0;
    SimTime since;
    bool told = false;  ///< whoever takes changes knows this load
  };

  static void resume(void* frame) { std::coroutine_handle<>::from_address(frame).resume(); }
  Class& class_of(std::uint32_t route, double pace);
  static std::vector<Class*>::iterator at_pace(Route& route, double pace);
  void add_class();
  void retire(Class& c);
  void advance(Class& c);
  void count(std::uint32_t resource);
  void change();
  void schedule();
  void finish();

  Engine& engine_;
  FlowRates rates_;
  std::vector<Route> routes_;
  std::deque<Class> classes_;  // stay where they are
  std::vector<Class*> spare_;
  TournamentTree ends_;  // of classes that have flows: when the first of each ends
  std::uint32_t slots_ = 0;
  std::vector<Moved> moved_;
  std::vector<std::uint32_t> changed_;  ///< resources whose load nobody has been told
  EventHandle next_;
  std::uint64_t started_ = 0;
  std::int64_t flows_ = 0;
  std::vector<Flow> ended_;  ///< at work in finish()
  bool finishing_ = false;
};

}  // namespace mhp::engine
