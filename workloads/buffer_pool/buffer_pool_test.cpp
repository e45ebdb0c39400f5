#include "workloads/common/test_bed.hpp"

namespace mhp::workloads::buffer_pool_test {
namespace {

// Little's law as an identity on what is recorded: the time integral of the queries in the system
// is the sum of their latencies, but for those that are still there at the end and for the rounding
// of the mean.
TEST(BufferPool, queries_in_the_system_integrate_to_their_latencies) {
  TestBed bed;
  const Workload& w = bed.start("buffer_pool", {{"query_interval", TestBed::text("200us")}});
  bed.run_until(kSecond * 5);
  const std::int64_t n = figure(w, "operations");
  const std::int64_t mean = figure(w, "latency_mean");
  const std::int64_t open = 16 + figure(w, "queue_max");
  EXPECT_GT(n, 20'000);
  EXPECT_GE(figure(w, "in_flight_time"), mean * n);
  EXPECT_LE(figure(w, "in_flight_time"), (mean + 1) * n + open * figure(w, "latency_max"));
}

// One query alone: 256 KiB written and 1 MiB read at 10 GB/s take 131.07 us, no page is missed.
TEST(BufferPool, a_query_alone_takes_its_traffic) {
  TestBed bed;
  const Workload& w = bed.start("buffer_pool", {{"query_interval", TestBed::text("100ms")},
                                                {"miss_permille", TestBed::number(0)}});
  bed.run_until(kSecond * 10);
  EXPECT_NEAR(static_cast<double>(figure(w, "latency_p50")), 131'072, 300);
  EXPECT_EQ(figure(w, "objective_missed"), 0);
}

// The same queries arrive at the same times: with more bandwidth they are served no later.
TEST(BufferPool, more_bandwidth_never_makes_queries_later) {
  std::int64_t mean = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t bandwidth : {8, 12, 16, 24, 48}) {
    machine::NodeParams node = TestBed::node(Bytes{kGiB});
    node.bandwidth = BytesPerSecond{bandwidth * 1'000'000'000};
    TestBed bed({node});
    const Workload& w = bed.start("buffer_pool", {{"query_interval", TestBed::text("200us")}});
    bed.run_until(kSecond);
    EXPECT_LE(figure(w, "latency_mean"), mean) << bandwidth;
    mean = figure(w, "latency_mean");
  }
}

// More queries than the controllers can feed: the queue grows and the objective is missed.
TEST(BufferPool, overload_shows_as_queue_and_missed_objectives) {
  TestBed bed;
  const Workload& w = bed.start("buffer_pool", {{"query_interval", TestBed::text("50us")}});
  bed.run_until(kSecond * 2);
  EXPECT_GT(figure(w, "queue_max"), 1000);
  EXPECT_GT(figure(w, "objective_missed"), figure(w, "operations") / 2);
}

}  // namespace
}  // namespace mhp::workloads::buffer_pool_test
