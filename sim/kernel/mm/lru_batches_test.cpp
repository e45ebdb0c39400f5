// What a CPU keeps of pages that were got last, and when it is freed.
#include "sim/kernel/mm/lru_batches.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/mmu_gather.hpp"

namespace mhp::kernel::lru_batches_test {
namespace {

struct Freed final : PageTrace {
  std::vector<std::int64_t> pages;
  void page_event(const PageEvent& e) override {
    if (e.kind == PageEvent::Kind::freed) pages.push_back(e.pfn.value);
  }
};

class Batches : public ::testing::Test {
 protected:
  void boot_with(bool unmap_drains, GatherOrder order = GatherOrder::folio_batches) {
    machine::Description m;
    m.nodes = {{Bytes{2 * kGiB}, 2}};
    m.distance = {{10}};
    KernelProfile profile;
    profile.unmap_drains_lru = unmap_drains;
    profile.mmu_gather = order;
    mm_ = std::make_unique<Mm>(boot(m, {}), KernelConfig{}, profile);
    mm_->set_trace(&freed_);
  }
  void touch(int pages, CpuId cpu = CpuId{0}) {
    for (int i = 0; i < pages; ++i) {
      pages_.push_back(
          mm_->alloc_pages({.node = NodeId{0}, .type = MigrateType::movable}, mm_->nobody())->pfn);
      mm_->lru_batches().add(pages_.back(), 0, cpu, mm_->nobody());
    }
  }
  void unmap_all(CpuId cpu = CpuId{0}) {
    MmuGather gather(*mm_, cpu, mm_->nobody());
    for (const Pfn p : pages_) gather.add(p, 0);
    gather.finish();
    mm_->validate();
  }
  std::vector<std::int64_t> touched(std::size_t from, std::size_t to) const {
    std::vector<std::int64_t> out;
    for (std::size_t i = from; i < to; ++i) out.push_back(pages_[i].value);
    return out;
  }

  std::unique_ptr<Mm> mm_;
  std::vector<Pfn> pages_;
  Freed freed_;
};

TEST_F(Batches, nothing_is_kept_where_unmapping_drains) {
  boot_with(true);
  touch(100);
  unmap_all();
  EXPECT_EQ(freed_.pages, touched(0, 100));
  EXPECT_EQ(mm_->lru_batches().kept().value, 0);
}

// 4096 touched: 4 are left, as recorded on 6.17 and 7.3.
TEST_F(Batches, else_what_is_over_a_multiple_of_31_stays) {
  boot_with(false);
  const PageCount free = mm_->mem_free();
  touch(4096);
  unmap_all();
  EXPECT_EQ(freed_.pages, touched(0, 4092));
  EXPECT_EQ(mm_->lru_batches().kept().value, 4);
  EXPECT_EQ((free - mm_->mem_free()).value, 4);
}

TEST_F(Batches, the_page_that_fills_the_batch_frees_what_nobody_maps) {
  boot_with(false);
  touch(33);
  unmap_all();
  const auto kept = touched(31, 33);
  pages_.clear();
  freed_.pages.clear();
  touch(28);
  EXPECT_TRUE(freed_.pages.empty());
  EXPECT_EQ(mm_->lru_batches().waiting().value, 30);
  touch(1);
  EXPECT_EQ(freed_.pages, kept);
  EXPECT_EQ(mm_->lru_batches().waiting().value, 0);
  EXPECT_EQ(mm_->lru_batches().kept().value, 0);
}

TEST_F(Batches, another_cpu_has_a_batch_of_its_own) {
  boot_with(true);
  touch(5, CpuId{1});
  unmap_all(CpuId{0});
  EXPECT_EQ(mm_->lru_batches().kept().value, 5) << "only the own batch is drained";
  EXPECT_EQ(mm_->lru_batches().waiting().value, 5);
  mm_->lru_batches().drain_all(mm_->nobody());
  EXPECT_EQ(freed_.pages, touched(0, 5));
}

// 100 touched on one CPU and unmapped on another: 10 wait, which the fifth page more frees
// backwards, as recorded on 6.1.
TEST_F(Batches, hold_15_up_to_6_8_and_free_backwards) {
  boot_with(true, GatherOrder::reversed);
  touch(100);
  unmap_all(CpuId{1});
  EXPECT_EQ(mm_->lru_batches().kept().value, 10);
  auto kept = touched(90, 100);
  std::reverse(kept.begin(), kept.end());
  pages_.clear();
  freed_.pages.clear();
  touch(4);
  EXPECT_TRUE(freed_.pages.empty());
  touch(1);
  EXPECT_EQ(freed_.pages, kept);
  EXPECT_EQ(mm_->lru_batches().waiting().value, 0);
}

TEST_F(Batches, a_large_page_flushes_the_batch) {
  boot_with(false);
  touch(3);
  unmap_all();
  const auto huge = mm_->alloc_pages(
      {.node = NodeId{0}, .order = kPageblockOrder, .type = MigrateType::movable}, mm_->nobody());
  mm_->lru_batches().add(huge->pfn, kPageblockOrder, CpuId{0}, mm_->nobody());
  EXPECT_EQ(freed_.pages, touched(0, 3));
}

TEST_F(Batches, emptying_a_range_flushes_all) {
  boot_with(false);
  touch(7, CpuId{1});
  unmap_all(CpuId{1});
  Zone& zone = *mm_->zone_of(pages_.front());
  mm_->zone_pcp_disable(zone);
  EXPECT_EQ(mm_->lru_batches().kept().value, 0);
  EXPECT_EQ(zone.pcp_pages().value, 0) << "the lists are closed";
  mm_->zone_pcp_enable(zone);
  mm_->validate();
}

}  // namespace
}  // namespace mhp::kernel::lru_batches_test
