#pragma once

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <limits>
#include <vector>

namespace mhp::engine {

/// Something that flows share: a memory controller, a link.
struct FlowResource {
  double capacity = 0;  ///< units a nanosecond
  /// Whether units wait for each other below full utilisation too.
  bool queues = false;
  /// Squared coefficient of variation of the time that a unit is served. 1: exponential.
  double variability = 1;

  double service() const { return 1 / capacity; }
};

/// One value for each resource of a route; few routes are longer than this has room for.
template <class T>
using OnRoute = boost::container::small_vector<T, 4>;

/// Flows that are alike: same way, same pace.
struct FlowClass {
  OnRoute<std::uint32_t> route;  ///< resources on the way, each once
  double pace = 0;               ///< least nanoseconds a unit takes, alone; may be 0
  std::int64_t flows = 0;        ///< set by FlowRates::set_flows
  double rate = 0;               ///< of one flow, units a nanosecond: what solve() finds
  OnRoute<double> waits;         ///< nanoseconds that a unit waits at each resource of the route

  // Kept by FlowRates.
  bool touched = false;
  double wanted = 0;       ///< the rate that the waits allow
  double wanted_load = 0;  ///< of all flows, as the resources have counted it
  double load = 0;

  /// Nanoseconds from one unit of a flow to its next.
  double unit() const {
    double sum = pace;
    for (const double wait : waits) sum += wait;
    return sum;
  }
};

/// Shares resources among flows. A flow alone moves at its pace, or as its narrowest resource lets
/// it. Flows that share a resource with queues are customers of a closed network: each unit waits
/// for those of the others that are queued or in service, service * (Q - U + U (1 + cv^2) / 2),
/// by mean value analysis with residual service times (Reiser, 1979) and Schweitzer's estimate of
/// what an arrival sees; at most for one unit of every other flow. What then still exceeds a
/// capacity is shared max-min fairly (progressive filling: Bertsekas and Gallager, Data Networks,
/// 1992, section 6.5).
///
/// Rates are kept from one solve() to the next. Resources are settled anew, the one whose queue is
/// furthest off first, until none is off by more than kStale: a change costs as far as it is felt.
/// Where traffic ties everything to everything, a change may cost kWork waits; what it leaves, at
/// most kFelt of a queue, is settled with the changes that follow.
class FlowRates {
 public:
  /// Relative change of a queue that is let stand.
  static constexpr double kStale = 1e-6;
  /// The same, once a change has cost its work.
  static constexpr double kFelt = 1e-3;
  /// Waits that are found anew for each call of set_flows().
  static constexpr std::int64_t kWork = 128;

  std::uint32_t add_resource(FlowResource resource);
  const FlowResource& resource(std::uint32_t r) const { return states_[r].resource; }

  /// Tells how many flows a class has from now on. The class must stay where it is while it has
  /// any, and keep its route and pace.
  void set_flows(FlowClass& c, std::int64_t flows);
  /// Sets `rate` and `waits` of every class. Returns those that may have other rates, or other
  /// numbers of flows, than before; valid until the next call.
  const std::vector<FlowClass*>& solve();

  /// Units a nanosecond that a resource moves at the rates last found.
  double load(std::uint32_t r) const { return states_[r].load; }
  /// The same as a share of its capacity, from 0 to 1.
  double utilisation(std::uint32_t r) const { return load(r) / resource(r).capacity; }

 private:
  static constexpr double kUnlimited = std::numeric_limits<double>::infinity();
  /// A class at one resource of its route.
  struct User {
    FlowClass* flow;
    std::size_t position;
  };
  struct State {
    FlowResource resource;
    std::vector<User> users;
    double load = 0;
    double wanted_load = 0;
    double outsider = 0;  ///< how long somebody who is not among the users would wait
    double slope = -1;    ///< of excess() there
    /// How far, to first order, changes around it have moved its queue; up and down cancel.
    double stale = 0;
    bool listed = false;  ///< among those that may have to be settled
    bool filled = false;  ///< its users have less than they want because of it
    bool visited = false;
    double left = 0;        ///< of its capacity, while it is shared among
    std::int64_t open = 0;  ///< flows whose share is not decided yet

    double fair() const {
      return open <= 0 ? kUnlimited : std::max(0.0, left) / static_cast<double>(open);
    }
  };
  /// What settling one resource works on: its users, one beside the other.
  struct Queue {
    double service = 0;
    double residual = 0;
    double others = 0;
    std::vector<double> elsewhere;  ///< nanoseconds that a unit spends besides this wait
    std::vector<double> flows;
    std::vector<double> waits;  ///< for the outsider that excess() was asked about last
    std::vector<double> parts;

    double excess(double outsider);
  };

  void touch(FlowClass& c);
  State* stalest();
  void settle_at(State& state);
  void settle_unsettled();
  void settle(State& state);
  void find_outsider(State& state);
  void find_wanted();
  void share();
  void fill();
  void count_loads();
  bool overloaded(const State& s) const;

  std::vector<State> states_;
  std::vector<std::uint32_t> stale_;      ///< resources off by more than kStale, or that were so
  std::vector<std::uint32_t> unsettled_;  ///< whose users have changed: they are off by no limit
  std::int64_t work_ = 0;                 ///< waits that solve() may find anew
  std::vector<FlowClass*> touched_;
  std::vector<FlowClass*> changed_;
  Queue queue_;
  // At work in share() and fill().
  std::vector<State*> reached_, full_;
  std::vector<FlowClass*> waiting_, later_, decided_;
};

}  // namespace mhp::engine
