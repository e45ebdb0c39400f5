#pragma once

#include <cstdint>
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

/// Flows that are alike: same way, same pace.
struct FlowClass {
  std::vector<std::uint32_t> route;  ///< resources on the way, each once
  double pace = 0;                   ///< least nanoseconds a unit takes, alone; may be 0
  std::int64_t flows = 0;
  double rate = 0;            ///< of one flow, units a nanosecond: what solve() finds
  std::vector<double> waits;  ///< nanoseconds that a unit waits at each resource of the route
};

/// Shares resources among flows. A flow alone moves at its pace, or as its narrowest resource lets
/// it. Flows that share a resource with queues are customers of a closed network: each unit waits
/// for those of the others that are queued or in service, service * (Q - U + U (1 + cv^2) / 2),
/// by mean value analysis with residual service times (Reiser, 1979) and Schweitzer's estimate of
/// what an arrival sees; at most for one unit of every other flow. What then still exceeds a
/// capacity is shared max-min fairly (progressive filling: Bertsekas and Gallager, Data Networks,
/// 1992, section 6.5).
class FlowRates {
 public:
  std::uint32_t add_resource(FlowResource resource);
  const FlowResource& resource(std::uint32_t r) const { return resources_[r]; }

  /// Sets `rate` and `waits` of every class.
  void solve(const std::vector<FlowClass*>& classes);
  /// Utilisation of a resource at the rates last found, from 0 to 1.
  double utilisation(std::uint32_t r) const { return load_[r] / resources_[r].capacity; }

 private:
  /// A class at one resource of its route.
  struct User {
    FlowClass* flow;
    std::size_t position;
    double elsewhere;  ///< nanoseconds that a unit spends besides this wait
  };

  void pass_queues(const std::vector<FlowClass*>& classes);
  double settle(std::vector<User>& users, const FlowResource& resource);
  void fill(const std::vector<FlowClass*>& classes);
  void add_loads(const std::vector<FlowClass*>& classes);

  std::vector<FlowResource> resources_;
  std::vector<double> load_;  ///< units a nanosecond
  std::vector<std::vector<User>> users_;
};

}  // namespace mhp::engine
