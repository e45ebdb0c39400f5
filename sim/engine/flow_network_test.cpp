// Flows in time: processor sharing against its closed forms, conservation, order of completion.
#include "sim/engine/flow_network.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace mhp::engine::flow_network_test {
namespace {

Task<void> mover(FlowNetwork& network, std::uint32_t route, double amount, SimTime least,
                 Engine& engine, SimTime start, SimTime& end) {
  co_await engine.delay(start);
  co_await network.move(route, amount, least);
  end = engine.now();
}

class Flows : public ::testing::Test {
 protected:
  SimTime& go(std::uint32_t route, double amount, SimTime least, SimTime start = SimTime{}) {
    ends_.push_back(SimTime{-1});
    engine_.spawn(mover(network_, route, amount, least, engine_, start, ends_.back()));
    return ends_.back();
  }
  Engine engine_;
  FlowNetwork network_{engine_};
  std::deque<SimTime> ends_;
};

TEST_F(Flows, one_flow_takes_its_least_time_or_that_of_the_roof) {
  const auto route = network_.add_route({network_.add_resource({10})});
  SimTime& slow = go(route, 1000, SimTime{8000});
  SimTime& fast = go(route, 1000, SimTime{1}, SimTime{10'000});
  engine_.run();
  EXPECT_EQ(slow, SimTime{8000});
  EXPECT_EQ(fast - SimTime{10'000}, SimTime{100});
  EXPECT_NEAR(network_.moved(0), 2000, 1e-6);
}

TEST_F(Flows, n_equal_flows_each_get_a_share) {
  const auto route = network_.add_route({network_.add_resource({10})});
  std::vector<SimTime*> ends;
  for (int i = 0; i < 5; ++i) ends.push_back(&go(route, 1000, SimTime{0}));
  engine_.run();
  for (const SimTime* end : ends) EXPECT_EQ(*end, SimTime{500});
}

// 10 units a ns: alone until 50 (500 moved), then half each; the first ends at 150, the second
// has 500 left.
TEST_F(Flows, rates_change_when_flows_come_and_go) {
  const auto route = network_.add_route({network_.add_resource({10})});
  SimTime& first = go(route, 1000, SimTime{0});
  SimTime& second = go(route, 1000, SimTime{0}, SimTime{50});
  engine_.run();
  EXPECT_EQ(first, SimTime{150});
  EXPECT_EQ(second, SimTime{200});
}

TEST_F(Flows, of_another_resource_do_not_disturb) {
  const auto a = network_.add_route({network_.add_resource({10, true})});
  const auto b = network_.add_route({network_.add_resource({10, true})});
  SimTime& first = go(a, 1000, SimTime{125});
  SimTime& second = go(b, 1000, SimTime{125});
  engine_.run();
  EXPECT_EQ(first, SimTime{125});
  EXPECT_EQ(second, SimTime{125});
}

// Mean time in an M/G/1 processor-sharing server is service / (1 - utilisation), whatever the
// distribution of the service (Kleinrock, Queueing Systems II, 4.4).
TEST(processor_sharing, follows_its_closed_form_for_any_service_distribution) {
  constexpr int kJobs = 40'000;
  for (const bool exponential : {true, false}) {
    Engine engine;
    FlowNetwork network(engine);
    const auto route = network.add_route({network.add_resource({1})});
    std::mt19937_64 random(7);
    const auto draw = [&](double mean) {
      const double u = (static_cast<double>(random() >> 11) + 1.0) * 0x1p-53;
      return -mean * std::log(u);  // lint: reference draws of a test
    };
    constexpr double kMean = 1e6;
    constexpr double kUtilisation = 0.6;
    std::deque<SimTime> ends;
    std::vector<SimTime> starts;
    double at = 0;
    for (int i = 0; i < kJobs; ++i) {
      at += draw(kMean / kUtilisation);
      const double service = exponential ? draw(kMean) : kMean;
      starts.push_back(SimTime{std::llround(at)});
      ends.emplace_back();
      engine.spawn(mover(network, route, service, SimTime{0}, engine, starts.back(), ends.back()));
    }
    engine.run();
    double sum = 0;
    for (int i = 0; i < kJobs; ++i)
      sum += static_cast<double>(
          (ends[static_cast<std::size_t>(i)] - starts[static_cast<std::size_t>(i)]).value);
    EXPECT_NEAR(sum / kJobs / (kMean / (1 - kUtilisation)), 1, 0.05);
    EXPECT_EQ(network.flows(), 0);
  }
}

TEST_F(Flows, that_end_together_end_in_the_order_of_their_start) {
  const auto route = network_.add_route({network_.add_resource({4, true})});
  std::vector<int> order;
  struct Note {
    std::vector<int>* order;
    int id;
  };
  std::deque<Note> notes;
  for (int i = 0; i < 4; ++i) {
    notes.push_back({&order, i});
    network_.start(
        route, 100, SimTime{100},
        [](void* n) { static_cast<Note*>(n)->order->push_back(static_cast<Note*>(n)->id); },
        &notes.back());
  }
  engine_.run();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3}));
}

}  // namespace
}  // namespace mhp::engine::flow_network_test
