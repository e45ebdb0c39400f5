// Ranges that are taken as a whole: pageblocks change while their zone's lock is held, whatever
// others do between the holds.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/mm/hugetlb.hpp"
#include "sim/kernel/mm/lock_watch.hpp"

namespace mhp::kernel::contig_test {
namespace {

constexpr NodeId kNode{0};

/// Movable blocks of one process, given back by a task of its own.
class Blocks final : public PageOwner {
 public:
  explicit Blocks(Mm& mm) : mm_(mm), receipt_(mm.receipt()) { mm_.add_owner(*this); }
  ~Blocks() override { mm_.remove_owner(*this); }

  bool take(int order) {
    const auto got = mm_.alloc_pages({.node = kNode, .order = order, .type = MigrateType::movable},
                                     mm_.nobody());
    if (got) blocks_.push_back({got->pfn, order});
    return got.has_value();
  }
  void free_all() {
    for (const FreedPages& b : blocks_) mm_.free_pages(b.pfn, b.order, receipt_, CpuId{1});
    blocks_.clear();
  }
  void pay() {
    CountingHost host;
    CountingHost::run(receipt_.spend(host));
  }
  PageCount pages_in(PfnRange range) const override {
    PageCount n;
    for (const FreedPages& b : blocks_)
      if (range.contains(b.pfn)) n += PageCount{std::int64_t{1} << b.order};
    return n;
  }
  void migrate(PfnRange range, const Move& move) override {
    for (FreedPages& b : blocks_) {
      if (!range.contains(b.pfn)) continue;
      const auto to = move(b.pfn, b.order);
      if (!to) return;
      b.pfn = *to;
    }
  }

 private:
  Mm& mm_;
  Receipt receipt_;
  std::vector<FreedPages> blocks_;
};

class Contig : public ::testing::Test {
 protected:
  Contig() {
    mm_.account_work();
    constexpr PageCount size{kGiB / kPageSize};
    while (zone_.buddy.free_in(range_) < size) range_ = {range_.end, range_.end + size};
  }
  static BootState booted() {
    machine::Description m;
    m.nodes = {{Bytes{8 * kGiB}, 4}};
    m.distance = {{10}};
    return boot(m, {});
  }
  bool take(Host& host) {
    return CountingHost::run(mm_.alloc_contig_range(host, zone_, range_, receipt_));
  }
  void settle() {
    CountingHost host;
    CountingHost::run(receipt_.spend(host));
  }

  Mm mm_{booted(), {}, {}};
  Zone& zone_ = mm_.zone(kNode, ZoneType::normal);
  PfnRange range_{Pfn{4 * kGiB / kPageSize},
                  Pfn{5 * kGiB / kPageSize}};  ///< the first that is free
  Receipt receipt_ = mm_.receipt();
};

TEST_F(Contig, a_pool_of_gigantic_pages_changes_free_lists_while_the_lock_is_held) {
  Hugetlb hugetlb(mm_);
  LockWatch host(mm_);
  EXPECT_EQ(CountingHost::run(hugetlb.set_nr_hugepages(host, kNode, Bytes{kGiB}, 2)), 2);
  EXPECT_GE(host.locked(), 2 * kGiB / (2 * kMiB) / kZoneLockGrain);
  EXPECT_EQ(host.spent(Primitive::pageblock_isolate), 2 * 512);
  EXPECT_EQ(CountingHost::run(hugetlb.set_nr_hugepages(host, kNode, Bytes{kGiB}, 0)), 0);
  EXPECT_EQ(host.spent(Primitive::free_one_page), 2 * 256);
  EXPECT_EQ(host.unlocked(), 0);
  mm_.validate();
}

TEST_F(Contig, without_room_elsewhere_everything_is_as_before) {
  Blocks process(mm_);
  for (int order = kMaxOrder; order >= 0; --order)
    while (process.take(order)) {
    }
  ASSERT_GT(process.pages_in(range_), PageCount{0});
  const PageCount free = zone_.free_pages();
  const PcpLimits limits = zone_.pcp_limits;
  mm_.drain_all_pages(mm_.nobody());
  LockWatch host(mm_);
  EXPECT_FALSE(take(host));
  EXPECT_EQ(host.unlocked(), 0);
  EXPECT_EQ(host.spent(Primitive::pageblock_isolate), 512);
  EXPECT_EQ(zone_.isolated_pages.value, 0);
  EXPECT_EQ(zone_.free_pages(), free);
  EXPECT_EQ(zone_.pcp_limits, limits);
  mm_.validate();
}

// What somebody else has isolated is busy.
TEST_F(Contig, a_range_that_is_isolated_already_is_left_alone) {
  const PfnRange part{range_.start, range_.start + PageCount{kPageblockPages}};
  mm_.isolate(zone_, part);
  LockWatch host(mm_);
  EXPECT_FALSE(take(host));
  EXPECT_FALSE(mm_.alloc_contig_range(zone_, range_, mm_.nobody()));
  EXPECT_EQ(zone_.isolated_pages, part.pages());
  mm_.undo_isolate(zone_, part);
  EXPECT_TRUE(take(host));
  EXPECT_EQ(zone_.isolated_pages.value, 0);
  mm_.validate();
}

// The owner of blocks in the range gives them back at whatever moment, and pays later: straight to
// the buddy, or over per-CPU lists. The range is had all the same, and no page is lost. Every block
// that moves is a few steps, all alike, so the moments lie ever farther apart.
TEST_F(Contig, who_frees_pages_of_the_range_meanwhile_does_not_matter) {
  bool over = false;
  for (std::int64_t steps = 0; !over; steps += 1 + steps / 3) {
    Blocks process(mm_);
    for (int i = 0; i < 200; ++i) {
      process.take(kMaxOrder);
      process.take(6);
      process.take(0);
      process.take(kPageblockOrder);
    }
    ASSERT_GT(process.pages_in(range_), PageCount{0});
    LockWatch host(mm_);
    host.meanwhile(steps, [&] { process.free_all(); });
    EXPECT_TRUE(take(host)) << steps;
    EXPECT_EQ(host.unlocked(), 0) << steps;
    over = host.over();
    EXPECT_EQ(zone_.isolated_pages.value, 0);
    EXPECT_EQ(zone_.buddy.free_in(range_).value, 0);
    process.free_all();
    process.pay();
    mm_.validate();
    EXPECT_EQ(zone_.pending.pages().value, 0);
    mm_.free_contig_range(zone_, range_, receipt_);
    settle();
    mm_.validate();
  }
}

// A neighbour gives its blocks of the range back, and pays, while those of another process are
// still to be moved: they must not go where it was.
TEST_F(Contig, what_others_free_in_the_range_is_no_place_to_go) {
  bool over = false;
  for (std::int64_t steps = 0; !over; steps += 1 + steps / 3) {
    Blocks process(mm_), neighbour(mm_);
    for (int i = 0; i < 200; ++i)
      for (const int order : {kMaxOrder, 6, kPageblockOrder}) {
        process.take(order);
        neighbour.take(order);
      }
    ASSERT_GT(neighbour.pages_in(range_), PageCount{0});
    LockWatch host(mm_);
    host.meanwhile(steps, [&] {
      neighbour.free_all();
      neighbour.pay();
    });
    EXPECT_TRUE(take(host)) << steps;
    EXPECT_EQ(host.unlocked(), 0) << steps;
    over = host.over();
    EXPECT_EQ(process.pages_in(range_).value, 0) << steps;
    EXPECT_EQ(zone_.isolated_pages.value, 0);
    for (Blocks* blocks : {&process, &neighbour}) {
      blocks->free_all();
      blocks->pay();
    }
    mm_.free_contig_range(zone_, range_, receipt_);
    settle();
    mm_.validate();
  }
}

// Lists that two have closed stay closed until both are done, whatever else changes limits.
TEST_F(Contig, per_cpu_lists_stay_closed_until_all_are_done) {
  const PcpLimits limits = zone_.pcp_limits;
  mm_.zone_pcp_disable(zone_);
  mm_.zone_pcp_disable(zone_);
  mm_.zone_pcp_enable(zone_);
  mm_.init_per_zone_wmark_min();
  EXPECT_EQ(zone_.pcp_limits, kPcpDisabled);
  mm_.zone_pcp_enable(zone_);
  EXPECT_EQ(zone_.pcp_limits, limits);
}

}  // namespace
}  // namespace mhp::kernel::contig_test
