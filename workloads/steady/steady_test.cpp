#include <gtest/gtest.h>

#include "workloads/common/test_bed.hpp"

namespace mhp::workloads::steady_test {
namespace {

/// A machine of one node under the steady workload, run for a given time.
class SteadyWorkload : public ::testing::Test {
 protected:
  std::vector<Figure> run(std::uint64_t seed, SimTime until, std::int64_t batch_pages = 256) {
    TestBed bed({TestBed::node(Bytes{kGiB})}, {.memmap_placement = "boot_memory"});
    const PageCount free_at_start = bed.mm.mem_free();
    const Workload& workload =
        bed.start("steady", {{"batch_pages", TestBed::number(batch_pages)}}, seed);
    const PageCount resident = free_at_start - bed.mm.mem_free();
    EXPECT_NEAR(static_cast<double>(resident.value), static_cast<double>(free_at_start.value) / 2,
                512);
    bed.run_until(until);
    held_ = free_at_start - bed.mm.mem_free() - resident;
    bed.mm.validate();
    return workload.figures();
  }

  PageCount held_;
};

std::int64_t figure(const std::vector<Figure>& figures, const std::string& name) {
  for (const Figure& f : figures)
    if (f.what.name == name) return f.value;
  return -1;
}

// One operation per 10 ms and its own duration (65 MiB at 10 GB/s: 6.8 ms): 2 s hold about 119 of
// them.
TEST_F(SteadyWorkload, keeps_its_rate_and_holds_a_constant_set) {
  const auto figures = run(1, SimTime{2'000'000'000});
  EXPECT_NEAR(static_cast<double>(figure(figures, "operations")), 119, 8);
  EXPECT_EQ(figure(figures, "failures"), 0);
  EXPECT_LE(held_.value, 65 * 256);
  EXPECT_GE(held_.value, 64 * 256);
}

// Nobody contends: 256 pages written and 64 MiB read at 10 GB/s take (1 MiB + 64 MiB) / 10 GB/s
// = 6.82 ms.
TEST_F(SteadyWorkload, an_operation_alone_takes_its_traffic_at_full_bandwidth) {
  const auto figures = run(1, SimTime{1'000'000'000});
  EXPECT_NEAR(static_cast<double>(figure(figures, "latency_mean")), 65.0 * kMiB / 10, 100);
}

TEST_F(SteadyWorkload, the_same_seed_gives_the_same_figures_and_another_seed_others) {
  const auto a = run(1, SimTime{1'000'000'000});
  const auto b = run(1, SimTime{1'000'000'000});
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i].value, b[i].value) << a[i].what.name;
  EXPECT_NE(figure(run(1, SimTime{50'000'000'000}), "operations"),
            figure(run(2, SimTime{50'000'000'000}), "operations"));
}

TEST_F(SteadyWorkload, asking_for_more_than_there_is_fails_and_is_counted) {
  EXPECT_GT(figure(run(1, SimTime{500'000'000}, 100'000), "failures"), 0);
}

}  // namespace
}  // namespace mhp::workloads::steady_test
