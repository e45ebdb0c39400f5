#include "sim/kernel/arch/x86_64.hpp"
#include "workloads/common/test_bed.hpp"

namespace mhp::workloads::memory_stream_test {
namespace {

TestBed::Settings stream(std::int64_t threads, const char* chunk = "16MiB") {
  return {{"array", TestBed::text("256MiB")},
          {"threads", TestBed::number(threads)},
          {"chunk", TestBed::text(chunk)}};
}

std::int64_t moved(std::int64_t bandwidth, std::int64_t threads, const char* chunk) {
  machine::NodeParams node = TestBed::node(Bytes{kGiB});
  node.bandwidth = BytesPerSecond{bandwidth};
  TestBed bed({node});
  const Workload& w = bed.start("memory_stream", stream(threads, chunk));
  bed.run_until(kSecond);
  return figure(w, "moved_bytes");
}

// One controller of 10 GB/s: a second moves 10 GB, however many share it, less what is under way.
TEST(MemoryStream, moves_what_the_controllers_move) {
  for (const std::int64_t threads : {1, 4})
    EXPECT_NEAR(static_cast<double>(moved(10'000'000'000, threads, "1MiB")), 1e10,
                static_cast<double>((threads + 1) * kMiB));
}

TEST(MemoryStream, the_chunk_decides_the_grain_alone) {
  EXPECT_NEAR(static_cast<double>(moved(10'000'000'000, 2, "64MiB")),
              static_cast<double>(moved(10'000'000'000, 2, "1MiB")), 3 * 64.0 * kMiB);
}

TEST(MemoryStream, more_bandwidth_never_moves_less) {
  std::int64_t last = 0;
  for (std::int64_t bandwidth = 1'000'000'000; bandwidth <= 64'000'000'000; bandwidth *= 2) {
    const std::int64_t now = moved(bandwidth, 3, "4MiB");
    EXPECT_GE(now, last) << bandwidth;
    last = now;
  }
}

TEST(MemoryStream, holds_its_array_and_no_more) {
  TestBed bed;
  const PageCount free = bed.mm.mem_free();
  bed.start("memory_stream", stream(2));
  EXPECT_EQ((free - bed.mm.mem_free()).value, 256 * kMiB / kPageSize);
}

}  // namespace
}  // namespace mhp::workloads::memory_stream_test
