// Jobs on c workers: order, number at once, and the M/M/c queue.
#include "sim/engine/worker_pool.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace mhp::engine::worker_pool_test {
namespace {

struct Lab {
  explicit Lab(std::int64_t workers) : pool(engine, workers) {}
  Engine engine;
  WorkerPool pool;
  std::vector<std::int64_t> starts;
  std::int64_t at_once = 0;
  std::int64_t most_at_once = 0;
  SimTime waited;

  static Task<void> job(Lab& lab, SimTime submitted, SimTime length) {
    lab.starts.push_back(lab.engine.now().value);
    lab.waited += lab.engine.now() - submitted;
    lab.most_at_once = std::max(lab.most_at_once, ++lab.at_once);
    co_await lab.engine.delay(length);
    --lab.at_once;
  }
  void submit(SimTime length) { pool.submit(job(*this, engine.now(), length)); }
};

// Ten jobs of 10 ns on three workers: rounds of three.
TEST(worker_pool, takes_jobs_in_order_and_at_most_so_many_at_once) {
  Lab lab(3);
  for (int i = 0; i < 10; ++i) lab.submit(SimTime{10});
  lab.engine.run();
  EXPECT_EQ(lab.starts, (std::vector<std::int64_t>{0, 0, 0, 10, 10, 10, 20, 20, 20, 30}));
  EXPECT_EQ(lab.most_at_once, 3);
  EXPECT_EQ(lab.pool.working(), 0);
  lab.submit(SimTime{1});
  lab.engine.run();
  EXPECT_EQ(lab.starts.size(), 11u) << "a worker starts again";
}

TEST(worker_pool, a_job_is_not_held_up_by_another_while_a_worker_is_free) {
  Lab lab(2);
  lab.submit(SimTime{1000});
  for (int i = 0; i < 5; ++i) lab.submit(SimTime{10});
  lab.engine.run();
  EXPECT_EQ(lab.starts, (std::vector<std::int64_t>{0, 0, 10, 20, 30, 40}));
}

double exponential(std::mt19937_64& random, double mean) {
  const double u = (static_cast<double>(random() >> 11) + 1.0) * 0x1p-53;
  return -mean * std::log(u);  // lint: reference draws of a test
}

Task<void> source(Lab& lab, std::mt19937_64& random, double interval, double service, int jobs) {
  for (int i = 0; i < jobs; ++i) {
    co_await lab.engine.delay(SimTime{std::llround(exponential(random, interval))});
    lab.submit(SimTime{std::llround(exponential(random, service))});
  }
}

// Erlang's C: the share of jobs that wait, and with it their mean wait C s / (c (1 - rho)).
double mean_wait(int c, double rho) {
  double term = 1;  // (c rho)^k / k!
  double sum = 0;
  for (int k = 0; k < c; ++k) {
    sum += term;
    term *= c * rho / (k + 1);
  }
  const double waiting = term / (1 - rho);
  return waiting / (sum + waiting) / (c * (1 - rho));
}

// Sixteen replications of 30,000 jobs; 4.073: two-sided 99.9 % point of Student's t with 15 degrees
// of freedom.
TEST(worker_pool, waits_as_the_M_M_c_queue_in_the_99_9_percent_interval) {
  constexpr double kService = 1e6;
  constexpr double kRho = 0.8;
  constexpr int kJobs = 30'000;
  constexpr int kReplications = 16;
  for (const int c : {1, 2, 8, 24}) {
    double sum = 0;
    double sum_of_squares = 0;
    for (std::uint64_t r = 0; r < kReplications; ++r) {
      Lab lab(c);
      std::mt19937_64 random(100 + r);
      lab.engine.spawn(source(lab, random, kService / (c * kRho), kService, kJobs));
      lab.engine.run();
      const double mean = static_cast<double>(lab.waited.value) / kJobs / kService;
      sum += mean;
      sum_of_squares += mean * mean;
    }
    const double variance = (sum_of_squares - sum * sum / kReplications) / (kReplications - 1);
    const double half_width = 4.073 * std::sqrt(variance / kReplications);
    EXPECT_NEAR(sum / kReplications, mean_wait(c, kRho), half_width) << c;
    EXPECT_LT(half_width, 0.2 * mean_wait(c, kRho)) << c;  // else the line above proves nothing
  }
}

}  // namespace
}  // namespace mhp::engine::worker_pool_test
