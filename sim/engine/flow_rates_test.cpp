// Shares of flows: the definition of max-min fairness on random networks, the equation of the
// queues, closed networks by exact mean value analysis.
#include "sim/engine/flow_rates.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <utility>
#include <vector>

namespace mhp::engine::flow_rates_test {
namespace {

struct Network {
  std::vector<FlowResource> resources;
  FlowRates rates;
  std::deque<FlowClass> classes;

  /// From scratch.
  void solve() {
    rates = FlowRates();
    for (const FlowResource& r : resources) rates.add_resource(r);
    for (FlowClass& c : classes) {
      c = FlowClass{.route = c.route, .pace = c.pace, .flows = c.flows, .waits = {}};
      rates.set_flows(c, std::exchange(c.flows, 0));
    }
    rates.solve();
  }
  bool uses(const FlowClass& c, std::uint32_t r) const {
    return std::find(c.route.begin(), c.route.end(), r) != c.route.end();
  }
  double load(std::uint32_t r) const {
    double sum = 0;
    for (const FlowClass& c : classes)
      if (uses(c, r)) sum += static_cast<double>(c.flows) * c.rate;
    return sum;
  }
};

Network random_network(bool queues, double variability = 1) {
  Network n;
  const auto resources = *rc::gen::inRange<std::uint32_t>(1, 9);
  for (std::uint32_t r = 0; r < resources; ++r)
    n.resources.push_back({0.5 * *rc::gen::inRange(1, 40), queues, variability});
  const int classes = *rc::gen::inRange(1, 12);
  for (int i = 0; i < classes; ++i) {
    FlowClass c;
    for (std::uint32_t r = 0; r < resources; ++r)
      if (*rc::gen::inRange(0, 3) == 0) c.route.push_back(r);
    if (c.route.empty()) c.route.push_back(*rc::gen::inRange<std::uint32_t>(0, resources));
    c.pace = 0.25 * *rc::gen::inRange(0, 20);
    c.flows = *rc::gen::inRange(1, 6);
    n.classes.push_back(c);
  }
  n.solve();
  return n;
}

// A vector of rates is max-min fair if and only if each flow either has all it wants or crosses a
// resource that is full and on which nobody has more (Bertsekas and Gallager, 1992, 6.5.2).
RC_GTEST_PROP(flow_rates, without_queues_are_max_min_fair, ()) {
  const Network n = random_network(false);
  for (std::uint32_t r = 0; r < n.resources.size(); ++r)
    RC_ASSERT(n.load(r) <= n.rates.resource(r).capacity * (1 + 1e-6));
  for (const FlowClass& c : n.classes) {
    RC_ASSERT(c.rate > 0);
    RC_ASSERT(c.rate * c.pace <= 1 + 1e-6);
    if (c.rate * c.pace >= 1 - 1e-6) continue;
    const bool bottleneck = std::any_of(c.route.begin(), c.route.end(), [&](std::uint32_t r) {
      const bool full = n.load(r) >= n.rates.resource(r).capacity * (1 - 1e-6);
      return full && std::all_of(n.classes.begin(), n.classes.end(), [&](const FlowClass& o) {
               return !n.uses(o, r) || o.rate <= c.rate * (1 + 1e-6);
             });
    });
    RC_ASSERT(bottleneck);
  }
}

// Each wait obeys its own equation with the queues and utilisations that all waits make.
RC_GTEST_PROP(flow_rates, with_queues_wait_for_what_the_others_have_there, ()) {
  const double variability = *rc::gen::element(1.0, 4.0);
  Network n = random_network(true, variability);
  const auto service = [&](std::uint32_t r) { return n.rates.resource(r).service(); };
  for (FlowClass& c : n.classes)
    for (const std::uint32_t r : c.route) c.pace = std::max(c.pace, service(r));
  n.solve();
  std::vector<double> queue(n.resources.size(), 0);
  std::vector<double> used(n.resources.size(), 0);
  std::vector<std::int64_t> flows(n.resources.size(), 0);
  for (const FlowClass& c : n.classes) {
    for (std::size_t i = 0; i < c.route.size(); ++i) {
      const std::uint32_t r = c.route[i];
      queue[r] += static_cast<double>(c.flows) * c.rate * (service(r) + c.waits[i]);
      used[r] += static_cast<double>(c.flows) * c.rate * service(r);
      flows[r] += c.flows;
    }
  }
  for (std::uint32_t r = 0; r < n.resources.size(); ++r) RC_ASSERT(used[r] <= 1 + 1e-6);
  for (const FlowClass& c : n.classes) {
    double unit = c.pace;
    for (std::size_t i = 0; i < c.route.size(); ++i) {
      const std::uint32_t r = c.route[i];
      unit += c.waits[i];
      const double q = queue[r] - c.rate * (service(r) + c.waits[i]);
      const double u = used[r] - c.rate * service(r);
      const double wait = std::min(service(r) * (q + u * (variability - 1) / 2),
                                   service(r) * static_cast<double>(flows[r] - 1));
      RC_ASSERT(std::abs(wait - c.waits[i]) < 1e-4 * unit);
    }
    RC_ASSERT(std::abs(unit * c.rate - 1) < 1e-6);
  }
}

// Flows come and go; every solve starts from the last. The rates are those of a network that has
// never been anything else.
RC_GTEST_PROP(flow_rates, do_not_depend_on_what_was_before, ()) {
  Network n = random_network(true, *rc::gen::element(1.0, 4.0));
  for (std::size_t r = 0; r < n.resources.size(); ++r)
    n.resources[r].queues = *rc::gen::inRange(0, 4) > 0;
  n.solve();
  const int changes = *rc::gen::inRange(1, 60);
  for (int i = 0; i < changes; ++i) {
    const auto which = *rc::gen::inRange<std::size_t>(0, n.classes.size());
    n.rates.set_flows(n.classes[which], *rc::gen::inRange(0, 6));
    if (*rc::gen::inRange(0, 3) > 0) n.rates.solve();
  }
  n.rates.solve();
  Network fresh;
  fresh.resources = n.resources;
  fresh.classes = n.classes;
  fresh.solve();
  for (std::size_t i = 0; i < n.classes.size(); ++i)
    RC_ASSERT(std::abs(n.classes[i].rate - fresh.classes[i].rate) <= 1e-5 * fresh.classes[i].rate);
  for (std::uint32_t r = 0; r < n.resources.size(); ++r)
    RC_ASSERT(std::abs(n.rates.load(r) - n.load(r)) <= 1e-9 * n.rates.resource(r).capacity);
}

// Everything tied to everything and wanted several times over: 24 resources, 276 classes of two
// resources each. A change reaches no more classes than its work allows, and those of the resource
// that exhausts it. The rates still stay within a hundredth of those of a network that has never
// been anything else, and in the mean within a thousandth.
TEST(flow_rates, of_a_large_network_follow_changes_that_are_not_carried_to_its_ends) {
  constexpr std::uint32_t kResources = 24;
  Network n;
  for (std::uint32_t a = 0; a < kResources; ++a) {
    n.resources.push_back({5.0 + a, true, 4});
    for (std::uint32_t b = 0; b < a; ++b) n.classes.push_back({{a, b}, 1, 1 + (a + b) % 5, 0, {}});
  }
  n.solve();
  std::size_t changed = 0;
  constexpr std::size_t kChanges = 2000;
  for (std::size_t i = 0; i < kChanges; ++i) {
    FlowClass& c = n.classes[i * 101 % n.classes.size()];
    n.rates.set_flows(c, (c.flows + static_cast<std::int64_t>(i % 7)) % 7);
    changed += n.rates.solve().size();
  }
  EXPECT_LE(changed / kChanges, static_cast<std::size_t>(FlowRates::kWork) + kResources);
  Network fresh;
  fresh.resources = n.resources;
  fresh.classes = n.classes;
  fresh.solve();
  double sum = 0;
  for (std::size_t i = 0; i < n.classes.size(); ++i) {
    if (n.classes[i].flows == 0) continue;
    const double off = std::abs(n.classes[i].rate / fresh.classes[i].rate - 1);
    EXPECT_LT(off, 1e-2) << i;
    sum += off;
  }
  EXPECT_LT(sum / static_cast<double>(n.classes.size()), 1e-3);
}

// What a change returns is all that has changed.
RC_GTEST_PROP(flow_rates, tell_whose_rates_have_changed, ()) {
  Network n = random_network(*rc::gen::element(true, false));
  for (int i = 0; i < 10; ++i) {
    std::vector<double> before;
    for (const FlowClass& c : n.classes) before.push_back(c.rate);
    n.rates.set_flows(n.classes[*rc::gen::inRange<std::size_t>(0, n.classes.size())],
                      *rc::gen::inRange(0, 6));
    const auto& changed = n.rates.solve();
    for (std::size_t c = 0; c < n.classes.size(); ++c)
      RC_ASSERT(n.classes[c].rate == before[c] ||
                std::count(changed.begin(), changed.end(), &n.classes[c]) == 1);
  }
}

RC_GTEST_PROP(flow_rates, never_rise_when_another_flow_joins, ()) {
  Network n;
  n.resources.push_back({10, *rc::gen::element(true, false), *rc::gen::element(1.0, 4.0)});
  n.classes.push_back({{0}, 0.1 * *rc::gen::inRange(1, 20), *rc::gen::inRange(1, 9), 0});
  n.solve();
  const double before = n.classes[0].rate;
  n.classes.push_back({{0}, 0.1 * *rc::gen::inRange(1, 20), 1, 0});
  n.solve();
  RC_ASSERT(n.classes[0].rate <= before * (1 + 1e-9));
}

/// Throughput of n customers that think for `think` and then need a server of mean `service`
/// (exact mean value analysis).
double closed_network(int customers, double think, double service) {
  double queue = 0;
  double throughput = 0;
  for (int k = 1; k <= customers; ++k) {
    const double response = service * (1 + queue);
    throughput = k / (think + response);
    queue = throughput * response;
  }
  return throughput;
}

TEST(flow_rates, of_threads_at_one_controller_are_those_of_the_closed_network) {
  for (const double service : {0.05, 0.1, 0.2}) {
    for (const int threads : {1, 2, 4, 8, 16, 32, 64}) {
      Network n;
      n.resources.push_back({1 / service, true, 1});
      n.classes.push_back({{0}, 1.0, threads, 0});
      n.solve();
      const double exact = closed_network(threads, 1 - service, service);
      EXPECT_NEAR(threads * n.classes[0].rate / exact, 1, 0.07)
          << threads << " threads, service " << service;
    }
  }
}

// However uneven the service: who keeps a resource busy alone gives half of it to another.
TEST(flow_rates, of_flows_that_need_all_of_a_resource_are_equal_shares_of_it) {
  for (const double variability : {1.0, 4.0, 25.0}) {
    Network n;
    n.resources.push_back({10, true, variability});
    n.classes.push_back({{0}, 0.0, 3, 0, {}});
    n.classes.push_back({{0}, 0.1, 2, 0, {}});
    n.solve();
    EXPECT_NEAR(n.classes[0].rate, 2, 1e-9);
    EXPECT_NEAR(n.classes[1].rate, 2, 1e-9);
  }
}

TEST(flow_rates, a_flow_alone_is_as_fast_as_its_pace_or_its_narrowest_resource) {
  for (const bool queues : {false, true}) {
    Network n;
    n.resources.push_back({10, queues});
    n.resources.push_back({5, queues});
    n.classes.push_back({{0, 1}, 0.5, 1, 0});
    n.solve();
    EXPECT_DOUBLE_EQ(n.classes[0].rate, 2);
    n.classes[0].pace = 0.01;
    n.solve();
    EXPECT_NEAR(n.classes[0].rate, 5, 1e-9);
    EXPECT_NEAR(n.rates.utilisation(1), 1, 1e-9);
    EXPECT_NEAR(n.rates.utilisation(0), 0.5, 1e-9);
  }
}

}  // namespace
}  // namespace mhp::engine::flow_rates_test
