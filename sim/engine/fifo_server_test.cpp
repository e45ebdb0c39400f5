#include "sim/engine/fifo_server.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace mhp::engine::fifo_server_test {
namespace {

TEST(fifo_server, completion_is_start_plus_service) {
  Engine engine;
  FifoServer server{engine};
  EXPECT_EQ(server.submit(SimTime{10}), SimTime{10});
  EXPECT_EQ(server.submit(SimTime{5}), SimTime{15});  // waits 10
  engine.run_until(SimTime{12});
  EXPECT_EQ(server.submit(SimTime{1}), SimTime{16});  // waits 3
  engine.run_until(SimTime{16});
  EXPECT_EQ(server.submit(SimTime{4}), SimTime{20});  // submitted as it turns idle: waits 0
  const FifoServer::Statistics s = server.statistics();
  EXPECT_EQ(s.jobs, 4);
  EXPECT_EQ(s.total_wait, SimTime{13});
  EXPECT_EQ(s.longest_wait, SimTime{10});
}

TEST(fifo_server, busy_time_and_number_in_system_follow_the_clock) {
  Engine engine;
  FifoServer server{engine};
  engine.run_until(SimTime{100});
  server.submit(SimTime{10});
  server.submit(SimTime{10});
  EXPECT_EQ(server.statistics().busy, SimTime{0});
  EXPECT_EQ(server.statistics().in_system, 2);
  engine.run_until(SimTime{109});
  EXPECT_EQ(server.statistics().busy, SimTime{9});
  EXPECT_EQ(server.statistics().in_system, 2);
  engine.run_until(SimTime{110});
  EXPECT_EQ(server.statistics().in_system, 1);
  engine.run_until(SimTime{200});
  EXPECT_EQ(server.statistics().busy, SimTime{20});
  EXPECT_EQ(server.statistics().in_system, 0);
  EXPECT_EQ(server.statistics().area_in_system, 2 * 10 + 1 * 10);
}

// 250 ns of service in 1000 ns, the server having existed from 600 on: 250 / 400.
TEST(fifo_server, utilisation_is_busy_over_elapsed) {
  Engine engine;
  engine.run_until(SimTime{600});
  FifoServer server{engine};
  EXPECT_EQ(server.utilisation_ppm(), 0);
  server.submit(SimTime{250});
  engine.run_until(SimTime{850});
  EXPECT_EQ(server.utilisation_ppm(), 1'000'000);
  engine.run_until(SimTime{1000});
  EXPECT_EQ(server.utilisation_ppm(), 625'000);
}

struct Tandem {
  Engine engine;
  FifoServer first{engine};
  FifoServer second{engine};
  std::vector<std::int64_t> left;

  static Task<void> customer(Tandem& t, SimTime service1, SimTime service2) {
    co_await t.first.serve(service1);
    co_await t.second.serve(service2);
    t.left.push_back(t.engine.now().value);
  }
  static Task<void> source(Tandem& t, SimTime interval, SimTime service1, SimTime service2, int n) {
    for (int k = 0; k < n; ++k) {
      t.engine.spawn(customer(t, service1, service2));
      co_await t.engine.delay(interval);
    }
  }
  void run(std::int64_t interval, std::int64_t service1, std::int64_t service2, int n) {
    engine.spawn(source(*this, SimTime{interval}, SimTime{service1}, SimTime{service2}, n));
    engine.run();
  }
};

// Both stations faster than arrivals (A > S1, S2): customer k leaves at k A + S1 + S2; no waiting.
TEST(fifo_server, tandem_of_deterministic_stations_below_capacity_never_waits) {
  Tandem t;
  t.run(1001, 997, 1000, 500);
  ASSERT_EQ(t.left.size(), 500U);
  for (std::int64_t k = 0; k < 500; ++k)
    ASSERT_EQ(t.left[static_cast<std::size_t>(k)], k * 1001 + 997 + 1000);
  EXPECT_EQ(t.first.statistics().total_wait, SimTime{0});
  EXPECT_EQ(t.second.statistics().total_wait, SimTime{0});
}

// Second station the bottleneck (S1 <= A < S2): customer k leaves at S1 + (k + 1) S2 and waits
// k (S2 - A) there; the sum over n customers is (S2 - A) n (n - 1) / 2.
TEST(fifo_server, tandem_with_a_slow_second_station_queues_exactly) {
  Tandem t;
  t.run(1000, 1000, 1003, 400);
  for (std::int64_t k = 0; k < 400; ++k)
    ASSERT_EQ(t.left[static_cast<std::size_t>(k)], 1000 + (k + 1) * 1003);
  EXPECT_EQ(t.first.statistics().total_wait, SimTime{0});
  EXPECT_EQ(t.second.statistics().total_wait, SimTime{3 * 400 * 399 / 2});
  EXPECT_EQ(t.second.statistics().longest_wait, SimTime{3 * 399});
}

// First station the bottleneck (A < S1, S2 <= S1): customer k leaves at (k + 1) S1 + S2.
TEST(fifo_server, tandem_with_a_slow_first_station_queues_exactly) {
  Tandem t;
  t.run(7, 10, 10, 300);
  for (std::int64_t k = 0; k < 300; ++k)
    ASSERT_EQ(t.left[static_cast<std::size_t>(k)], (k + 1) * 10 + 10);
  EXPECT_EQ(t.first.statistics().longest_wait, SimTime{299 * (10 - 7)});
}

using FifoServerDeathTest = testing::Test;

TEST(FifoServerDeathTest, a_job_of_negative_length_ends_the_program) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  Engine engine;
  FifoServer server{engine};
  EXPECT_EQ(server.submit(SimTime{0}), SimTime{0});
  EXPECT_EXIT(server.submit(SimTime{-1}), testing::ExitedWithCode(6), "-1 ns");
}

}  // namespace
}  // namespace mhp::engine::fifo_server_test
