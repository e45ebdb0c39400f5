#include "sim/kernel/arch/x86_64.hpp"
#include "workloads/common/test_bed.hpp"

namespace mhp::workloads::dentry_cache_test {
namespace {

TestBed::Settings walk(std::int64_t files, const char* pattern = "once") {
  return {{"files", TestBed::number(files)}, {"pattern", TestBed::text(pattern)}};
}

/// Clean page cache that takes all memory and more.
void fill(TestBed& bed) {
  bed.start("page_cache", {{"files", TestBed::text("1GiB")},
                           {"pattern", TestBed::text("once")},
                           {"storage_bandwidth", TestBed::text("20GB/s")},
                           {"storage_latency", TestBed::text("10us")}});
}

/// A process that takes so much, without swap.
const Workload& hold(TestBed& bed, const char* step) {
  return bed.start("script", {{"steps", Value{Value::Array{TestBed::text(step)}, {}}}});
}

// 100,000 dentries, 21 a page, and as many inodes, 32 a slab of 8 pages.
TEST(DentryCache, objects_fill_their_slabs) {
  TestBed bed;
  const PageCount free = bed.mm.mem_free();
  const Workload& w = bed.start("dentry_cache", walk(100'000));
  bed.run_until(kSecond);
  EXPECT_EQ(figure(w, "dentries"), 100'000);
  EXPECT_EQ(figure(w, "inodes"), 100'000);
  EXPECT_EQ(figure(w, "slab_pages"), (100'000 + 20) / 21 + (100'000 / 32) * 8);
  EXPECT_EQ((free - bed.mm.mem_free()).value, figure(w, "slab_pages"));
  EXPECT_EQ(figure(w, "found"), 0);
  EXPECT_EQ(figure(w, "operations"), 100);
  bed.mm.validate();
}

TEST(DentryCache, what_is_cached_is_found) {
  TestBed bed;
  const Workload& w = bed.start("dentry_cache", walk(10'000, "in_order"));
  bed.run_until(kSecond);
  EXPECT_EQ(figure(w, "dentries"), 10'000);
  EXPECT_GT(figure(w, "found"), 100'000);
}

// A process grows into it: kswapd and direct reclaim have nothing else to give.
TEST(DentryCache, shrinks_under_pressure_and_its_memory_is_free_again) {
  TestBed bed({TestBed::node(Bytes{256 * kMiB})});
  const Workload& w = bed.start("dentry_cache", walk(100'000));
  bed.run_until(kSecond);
  const std::int64_t before = figure(w, "slab_pages");
  const Workload& process = hold(bed, "hold 180MiB");
  bed.run_until(kSecond * 20);
  EXPECT_EQ(figure(process, "resident_pages"), 180 * kMiB / kPageSize);
  EXPECT_EQ(figure(process, "killed"), 0);
  EXPECT_LE(figure(w, "dentries"), figure(w, "inodes"));
  EXPECT_EQ(figure(w, "objects_dropped"), 200'000 - figure(w, "dentries") - figure(w, "inodes"));
  EXPECT_EQ(figure(w, "pages_reclaimed"), before - figure(w, "slab_pages"));
  EXPECT_GT(figure(w, "pages_reclaimed"), 40 * kMiB / kPageSize);
  EXPECT_GE(bed.mm.reclaim().events().slabs_scanned, figure(w, "objects_dropped") / 2);
  bed.mm.validate();
}

// With the classic lists, in which kswapd begins at priority 12:
// 100,000 objects times 2 / 2^priority is less than a batch of 1024 above priority 7: as long as
// page cache is easily had, a small cache is not looked at.
TEST(DentryCache, a_small_cache_is_left_alone_while_page_cache_is_easily_had) {
  kernel::KernelConfig classic;
  classic.lru_gen = kernel::LruGenSetting::off;
  TestBed bed({TestBed::node(Bytes{256 * kMiB})}, classic);
  const Workload& w = bed.start("dentry_cache", walk(50'000));
  bed.run_until(kSecond);
  fill(bed);
  bed.run_until(kSecond * 10);
  EXPECT_GT(bed.mm.reclaim().events().pgsteal_file, 512 * kMiB / kPageSize);
  EXPECT_EQ(figure(w, "objects_dropped"), 0);
}

// A slab stays if one of its objects does: of n, with a share p pinned at random, 1 - (1 - p)^n:
// 1 - 0.95^21 = 0.6594 of the pages of dentries, 1 - 0.95^32 = 0.8063 of the slabs of inodes.
TEST(DentryCache, pinned_objects_hold_their_slabs) {
  TestBed bed({TestBed::node(Bytes{256 * kMiB})});
  TestBed::Settings settings = walk(100'000);
  settings.push_back({"pinned_percent", TestBed::number(5)});
  const Workload& w = bed.start("dentry_cache", settings);
  bed.run_until(kSecond);
  EXPECT_EQ(figure(hold(bed, "hold 1GiB"), "killed"), 0);
  bed.run_until(kSecond * 60);
  EXPECT_EQ(bed.mm.reclaim().events().oom_kill, 1) << "when nothing was left to drop";
  EXPECT_NEAR(static_cast<double>(figure(w, "dentries")), 5000, 500);
  const double dentry_pages = 100'000 / 21.0 * 0.6594;
  const double inode_pages = 100'000 / 4.0 * 0.8063;
  EXPECT_NEAR(static_cast<double>(figure(w, "slab_pages")), dentry_pages + inode_pages,
              0.05 * (dentry_pages + inode_pages));
  bed.mm.validate();
}

// vm.vfs_cache_pressure = 0: never, whatever becomes of the machine.
TEST(DentryCache, without_pressure_on_it_nothing_is_dropped) {
  kernel::KernelConfig config;
  config.vfs_cache_pressure = 0;
  TestBed bed({TestBed::node(Bytes{256 * kMiB})}, config);
  const Workload& w = bed.start("dentry_cache", walk(100'000));
  hold(bed, "hold 1GiB");
  bed.run_until(kSecond * 10);
  EXPECT_EQ(bed.mm.reclaim().events().oom_kill, 1);
  EXPECT_EQ(figure(w, "objects_dropped"), 0);
  EXPECT_EQ(figure(w, "dentries"), 100'000);
}

// More than there is: what comes pushes out what came before, and nobody fails.
TEST(DentryCache, outgrows_memory_by_dropping_its_oldest) {
  TestBed bed({TestBed::node(Bytes{256 * kMiB})});
  const Workload& w = bed.start("dentry_cache", walk(400'000));
  bed.run_until(kSecond * 30);
  EXPECT_EQ(figure(w, "failures"), 0);
  EXPECT_EQ(figure(w, "operations"), 400);
  EXPECT_GT(figure(w, "objects_dropped"), 100'000);
  EXPECT_GT(figure(w, "dentries"), 100'000);
  bed.mm.validate();
}

}  // namespace
}  // namespace mhp::workloads::dentry_cache_test
