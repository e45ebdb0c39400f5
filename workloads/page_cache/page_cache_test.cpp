#include "sim/kernel/arch/x86_64.hpp"
#include "workloads/common/test_bed.hpp"

namespace mhp::workloads {
namespace {

TestBed::Settings files(const char* size, const char* extent = "32KiB") {
  return {{"files", TestBed::text(size)},
          {"extent", TestBed::text(extent)},
          {"hot_percent", TestBed::number(100)},
          {"batch", TestBed::number(64)},
          {"storage_bandwidth", TestBed::text("20GB/s")},
          {"storage_latency", TestBed::text("10us")}};
}

// Everything is read once; 4096 extents of 32 KiB, each drawn with probability 1/4096: after 20
// accesses an extent hardly one (e^-20) is missing.
TEST(PageCache, files_that_fit_are_read_once) {
  TestBed bed;
  const Workload& w = bed.start("page_cache", files("128MiB"));
  bed.run_until(kSecond * 4);
  EXPECT_GT(figure(w, "hits"), 20 * 4096);
  EXPECT_EQ(figure(w, "misses"), 4096);
  EXPECT_EQ(figure(w, "cached_pages"), 128 * kMiB / kPageSize);
  EXPECT_EQ(figure(w, "pages_reclaimed"), 0);
}

TEST(PageCache, files_that_do_not_fit_fill_the_memory_and_kswapd_makes_room) {
  TestBed bed({TestBed::node(Bytes{256 * kMiB})});
  const PageCount free = bed.mm.mem_free();
  const Workload& w = bed.start("page_cache", files("1GiB"));
  bed.run_until(kSecond * 10);
  EXPECT_GT(figure(w, "cached_pages"), free.value * 8 / 10);
  EXPECT_LT(figure(w, "cached_pages"), free.value);
  EXPECT_GT(figure(w, "pages_reclaimed"), free.value);
  EXPECT_GT(bed.mm.reclaim().events().pgsteal_kswapd, 0);
  EXPECT_EQ(figure(w, "killed"), 0);
  EXPECT_EQ(figure(w, "failures"), 0);
  bed.mm.validate();
}

// Uniform accesses hit what is cached: hits / accesses comes near cached / files, whatever the
// grain.
TEST(PageCache, the_hit_ratio_converges_as_extents_shrink) {
  const auto hit_percent = [](const char* extent) {
    TestBed bed({TestBed::node(Bytes{256 * kMiB})});
    const Workload& w = bed.start("page_cache", files("512MiB", extent));
    bed.run_until(kSecond * 10);
    const std::int64_t hits = figure(w, "hits");
    const std::int64_t misses = figure(w, "misses");
    bed.run_until(kSecond * 20);
    const double h = static_cast<double>(figure(w, "hits") - hits);
    const double m = static_cast<double>(figure(w, "misses") - misses);
    const double cached =
        100.0 * static_cast<double>(figure(w, "cached_pages")) * kPageSize / (512.0 * kMiB);
    EXPECT_NEAR(100 * h / (h + m), cached, 4) << extent;
    return 100 * h / (h + m);
  };
  const double finest = hit_percent("16KiB");
  EXPECT_NEAR(hit_percent("32KiB"), finest, 2);
  EXPECT_NEAR(hit_percent("256KiB"), finest, 4);
}

}  // namespace
}  // namespace mhp::workloads
