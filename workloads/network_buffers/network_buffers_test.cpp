#include "workloads/common/test_bed.hpp"

namespace mhp::workloads::network_buffers_test {
namespace {

TestBed::Settings traffic(std::int64_t sockets, const char* burst, const char* lifetime,
                          const char* limit) {
  return {{"sockets", TestBed::number(sockets)}, {"connect", TestBed::text("10us")},
          {"burst", TestBed::text(burst)},       {"interval", TestBed::text("10ms")},
          {"lifetime", TestBed::text(lifetime)}, {"limit", TestBed::text(limit)}};
}

TEST(NetworkBuffers, connections_hold_kernel_pages) {
  TestBed bed;
  const PageCount free = bed.mm.mem_free();
  const Workload& w = bed.start("network_buffers", traffic(1000, "0B", "1s", "0B"));
  bed.run_until(kSecond);
  EXPECT_EQ(figure(w, "connections"), 1000);
  EXPECT_EQ(figure(w, "held_pages"), 1000);
  EXPECT_EQ((free - bed.mm.mem_free()).value, 1000);
  bed.mm.validate();
}

// Little's law: 100 bursts a second of 256 pages for a tenth of a second are 2560 pages on average.
TEST(NetworkBuffers, hold_as_much_data_as_waits) {
  TestBed bed;
  const Workload& w = bed.start("network_buffers", traffic(0, "1MiB", "100ms", "1GiB"));
  bed.run_until(kSecond * 20);
  EXPECT_EQ(figure(w, "dropped_pages") + figure(w, "refused_pages"), 0);
  EXPECT_NEAR(static_cast<double>(figure(w, "operations")), 2000, 150);
  EXPECT_GT(figure(w, "held_pages_peaks"), 2560);
  EXPECT_LT(figure(w, "held_pages_peaks"), 4 * 2560);
  bed.mm.validate();
}

// A fragment may go past it.
TEST(NetworkBuffers, stay_below_their_limit) {
  TestBed bed;
  const Workload& stated = bed.start("network_buffers", traffic(0, "1MiB", "60s", "64MiB"));
  bed.run_until(kSecond * 5);
  EXPECT_GE(figure(stated, "held_pages_peaks"), 64 * 256);
  EXPECT_LT(figure(stated, "held_pages_peaks"), 64 * 256 + 8);
  EXPECT_GT(figure(stated, "refused_pages"), 0);
  // tcp_init_mem: 3/32 of 1 GiB less what boot and watermarks take.
  TestBed other;
  const Workload& kernels = other.start("network_buffers", traffic(0, "1MiB", "60s", "0B"));
  other.run_until(kSecond * 10);
  EXPECT_LT(figure(kernels, "held_pages_peaks"), 96 * 256);
  EXPECT_GT(figure(kernels, "held_pages_peaks"), 80 * 256);
}

// GFP_ATOMIC waits for nobody and kills nobody; a sender is made to wait, and a process is killed
// for it.
TEST(NetworkBuffers, are_dropped_where_an_interrupt_finds_no_memory) {
  for (const bool receive : {true, false}) {
    TestBed bed({TestBed::node(Bytes{256 * kMiB})});
    const Workload& hog = bed.start("anon_growth", {{"step", TestBed::text("16MiB")},
                                                    {"interval", TestBed::text("50ms")},
                                                    {"limit", TestBed::text("128MiB")}});
    auto settings = traffic(0, "1MiB", "600s", "1GiB");
    settings.push_back({"receive", Value{receive, {}}});
    const Workload& w = bed.start("network_buffers", settings);
    bed.run_until(kSecond * 5);
    EXPECT_GT(figure(w, "dropped_pages"), 0) << receive;
    EXPECT_EQ(figure(hog, "killed") > 0, !receive) << receive;
    bed.mm.validate();
  }
}

}  // namespace
}  // namespace mhp::workloads::network_buffers_test
