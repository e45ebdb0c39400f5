#include "workloads/common/test_bed.hpp"

namespace mhp::workloads::idle_test {
namespace {

// 64 KiB at 10 GB/s are 6553.6 ns; one wake-up a second from the first second on.
TEST(Idle, wakes_up_touches_a_little_and_never_waits) {
  TestBed bed;
  const PageCount free = bed.mm.mem_free();
  const Workload& idle = bed.start("idle", {});
  bed.run_until(SimTime{10'500'000'000});
  EXPECT_EQ(figure(idle, "operations"), 10);
  EXPECT_NEAR(static_cast<double>(figure(idle, "latency_max")), 6553.6, 1);
  EXPECT_EQ(figure(idle, "stalls"), 0);
  EXPECT_EQ(figure(idle, "stall_time"), 0);
  EXPECT_EQ(bed.mm.mem_free(), free);
}

TEST(Idle, lets_the_kernel_sleep) {
  TestBed bed;
  bed.start("idle", {});
  bed.run_until(kSecond * 60);
  EXPECT_EQ(bed.mm.reclaim().events().kswapd_wakeups, 0);
  EXPECT_EQ(bed.mm.reclaim().events().allocstall, 0);
  EXPECT_EQ(bed.mm.reclaim().events().pgscan(), 0);
}

}  // namespace
}  // namespace mhp::workloads::idle_test
