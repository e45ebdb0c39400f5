// Single-server queues against their closed forms, at fixed seeds.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <string>

#include "sim/engine/fifo_server.hpp"

namespace mhp::engine::queueing_theory_test {
namespace {

constexpr double kMeanService = 1e6;  // ns
constexpr int kWarmUp = 4'000;
constexpr int kCustomers = 30'000;
constexpr int kReplications = 16;
// Two-sided 99.9 % point of Student's t with 15 degrees of freedom.
constexpr double kStudent = 4.073;

double exponential(std::mt19937_64& random, double mean) {
  // The upper 53 bits as a number in (0, 1].
  const double u = (static_cast<double>(random() >> 11) + 1.0) * 0x1p-53;
  return -mean * std::log(u);  // lint: reference draws of a test
}

SimTime nanoseconds(double t) { return SimTime{std::llround(t)}; }

struct Queue {
  Engine engine;
  FifoServer server{engine};
  std::mt19937_64 random;
  double mean_interval = 0;
  bool exponential_service = true;

  static Task<void> source(Queue& q, int customers) {
    for (int i = 0; i < customers; ++i) {
      co_await q.engine.delay(nanoseconds(exponential(q.random, q.mean_interval)));
      q.server.submit(
          nanoseconds(q.exponential_service ? exponential(q.random, kMeanService) : kMeanService));
    }
  }
  void run(int customers) {
    engine.spawn(source(*this, customers));
    engine.run();
  }
};

struct Measured {
  double mean_wait = 0;  // in units of the mean service
  double half_width = 0;
  double utilisation = 0;
};

Measured simulate(double rho, bool exponential_service) {
  double sum = 0;
  double sum_of_squares = 0;
  double utilisation = 0;
  for (std::uint64_t replication = 0; replication < kReplications; ++replication) {
    Queue q;
    q.random.seed(1'000 + replication);
    q.mean_interval = kMeanService / rho;
    q.exponential_service = exponential_service;
    q.run(kWarmUp);
    const SimTime before = q.server.statistics().total_wait;
    q.run(kCustomers);
    const SimTime waited = q.server.statistics().total_wait - before;
    const double mean = static_cast<double>(waited.value) / kCustomers / kMeanService;
    sum += mean;
    sum_of_squares += mean * mean;
    utilisation += static_cast<double>(q.server.utilisation_ppm()) / 1e6;
  }
  const double n = kReplications;
  const double variance = (sum_of_squares - sum * sum / n) / (n - 1);
  return {sum / n, kStudent * std::sqrt(variance / n), utilisation / n};
}

class SingleServer : public testing::TestWithParam<double> {};

// M/M/1, first come first served: mean wait = rho / (1 - rho) mean services. Utilisation = arrival
// rate x mean service = rho, to 1 % after half a million customers: the standard deviation of
// either sum is 1 / sqrt(544000) = 0.14 %.
TEST_P(SingleServer, mean_wait_of_mm1_lies_in_the_99_9_percent_interval) {
  const double rho = GetParam();
  const Measured m = simulate(rho, true);
  const double expected = rho / (1 - rho);
  EXPECT_NEAR(m.mean_wait, expected, m.half_width);
  EXPECT_LT(m.half_width, 0.12 * expected);  // else the line above proves nothing
  EXPECT_NEAR(m.utilisation, rho, 0.01 * rho);
}

// M/D/1, Pollaczek and Khinchine: mean wait = rho / (2 (1 - rho)) services.
TEST_P(SingleServer, mean_wait_of_md1_lies_in_the_99_9_percent_interval) {
  const double rho = GetParam();
  const Measured m = simulate(rho, false);
  const double expected = rho / (2 * (1 - rho));
  EXPECT_NEAR(m.mean_wait, expected, m.half_width);
  EXPECT_LT(m.half_width, 0.12 * expected);
}

INSTANTIATE_TEST_SUITE_P(rho, SingleServer, testing::Values(0.3, 0.7, 0.9),
                         [](const testing::TestParamInfo<double>& rho) {
                           return std::to_string(std::lround(rho.param * 100));
                         });

// Little: the integral of the number in system equals the sum of the times in system. The left
// side is integrated over the clock, the right side summed over the jobs; equal to the nanosecond.
TEST(queueing_theory, littles_law_is_an_identity_on_the_recorded_areas) {
  for (const double rho : {0.3, 0.7, 0.9, 1.1}) {
    Queue q;
    q.random.seed(42);
    q.mean_interval = kMeanService / rho;
    q.run(20'000);
    q.engine.run_until(q.server.free_at());
    const FifoServer::Statistics s = q.server.statistics();
    ASSERT_EQ(s.in_system, 0);
    EXPECT_EQ(s.area_in_system, (s.total_wait + s.busy).value) << rho;
    EXPECT_GT(s.total_wait, SimTime{0});
  }
}

}  // namespace
}  // namespace mhp::engine::queueing_theory_test
