#include "sim/kernel/arch/x86_64.hpp"
#include "workloads/common/test_bed.hpp"

namespace mhp::workloads::page_cache_test {
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

// In order nothing is met again before all else was read: files larger than the cache are never hit
// (least recently used), however long. Generations know the order of their pages roughly, and are
// hit now and then.
TEST(PageCache, reading_in_order_round_and_round_hits_nothing_where_files_do_not_fit) {
  for (const auto generations : {kernel::LruGenSetting::off, kernel::LruGenSetting::on}) {
    kernel::KernelConfig config;
    config.lru_gen = generations;
    TestBed bed({TestBed::node(Bytes{256 * kMiB})}, config);
    TestBed::Settings settings = files("512MiB");
    settings.push_back({"pattern", TestBed::text("in_order")});
    const Workload& w = bed.start("page_cache", settings);
    bed.run_until(kSecond);
    EXPECT_GT(figure(w, "misses"), 2 * 16384);  // round more than twice
    const bool off = generations == kernel::LruGenSetting::off;
    EXPECT_LT(figure(w, "hits"), figure(w, "misses") / (off ? 100 : 20));
    bed.mm.validate();
  }
}

// 4096 extents, each once, whoever of the four readers comes to it; then nothing more.
TEST(PageCache, once_reads_each_extent_once_and_is_quiet_then) {
  for (const char* access : {"read", "map"}) {
    TestBed bed;
    TestBed::Settings settings = files("128MiB");
    settings.push_back({"pattern", TestBed::text("once")});
    settings.push_back({"access", TestBed::text(access)});
    settings.push_back({"readers", TestBed::number(4)});
    const Workload& w = bed.start("page_cache", settings);
    bed.run_until(kSecond * 2);
    EXPECT_EQ(figure(w, "operations"), 4096 / 64);
    EXPECT_EQ(figure(w, "misses"), 4096);
    EXPECT_EQ(figure(w, "hits"), 0);
    EXPECT_EQ(figure(w, "cached_pages"), 128 * kMiB / kPageSize);
    const std::int64_t mapped = access == std::string("map") ? 128 * kMiB / kPageSize : 0;
    std::int64_t found = 0;
    for (kernel::LruRef r = 0; r < bed.mm.lru().runs(); ++r)
      found += bed.mm.lru()[r].mapped ? bed.mm.lru()[r].pages.value : 0;
    EXPECT_EQ(found, mapped);
  }
}

// The end of the file is what stays of one that does not fit: clean, and young.
TEST(PageCache, a_file_larger_than_memory_that_is_read_once_leaves_its_end) {
  TestBed bed({TestBed::node(Bytes{256 * kMiB})});
  TestBed::Settings settings = files("1GiB");
  settings.push_back({"pattern", TestBed::text("once")});
  const Workload& w = bed.start("page_cache", settings);
  bed.run_until(kSecond * 10);
  EXPECT_EQ(figure(w, "misses"), kGiB / (32 * kKiB));
  EXPECT_EQ(figure(w, "cached_pages") + figure(w, "pages_reclaimed"), kGiB / kPageSize);
  EXPECT_EQ(figure(w, "hits"), 0);
}

// What storage delivers decides how long a read takes; read-ahead, how often its latency is waited
// for: 128 MiB / 128 KiB * 1 ms, or 128 MiB / 1 MiB * 1 ms.
TEST(PageCache, read_ahead_waits_once_for_what_is_read_together) {
  const auto took = [](const char* read_ahead) {
    TestBed bed;
    const Workload& w = bed.start("page_cache", {{"files", TestBed::text("128MiB")},
                                                 {"pattern", TestBed::text("once")},
                                                 {"batch", TestBed::number(4096)},
                                                 {"read_ahead", TestBed::text(read_ahead)},
                                                 {"storage_latency", TestBed::text("1ms")},
                                                 {"storage_bandwidth", TestBed::text("1000GB/s")}});
    bed.run_until(kSecond * 10);
    return figure(w, "latency_max") / kMillisecond.value;
  };
  EXPECT_NEAR(static_cast<double>(took("128KiB")), 1024, 150);
  EXPECT_NEAR(static_cast<double>(took("1MiB")), 128, 150);
}

// Written through page tables: dirty, and written back before it can go.
TEST(PageCache, mapped_files_that_are_written_go_through_writeback) {
  TestBed bed({TestBed::node(Bytes{256 * kMiB})});
  TestBed::Settings settings = files("512MiB");
  settings.push_back({"access", TestBed::text("map")});
  settings.push_back({"pattern", TestBed::text("in_order")});
  settings.push_back({"write_percent", TestBed::number(50)});
  bed.start("page_cache", settings);
  bed.run_until(kSecond);
  EXPECT_GT(bed.mm.reclaim().events().nr_vmscan_write, 1000);
  bed.mm.validate();
}

}  // namespace
}  // namespace mhp::workloads::page_cache_test
