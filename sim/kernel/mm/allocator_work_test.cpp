// What the allocator writes down of its work: calls, struct pages where they lie, and holds of the
// zones' locks.
#include "sim/kernel/mm/allocator_work.hpp"

#include <gtest/gtest.h>

#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/mm/mm.hpp"

namespace mhp::kernel {
namespace {

machine::Description one_node(Bytes memory = Bytes{4 * kGiB}) {
  machine::Description m;
  m.nodes = {{memory, 4}};
  m.distance = {{10}};
  return m;
}

class Books : public ::testing::Test {
 protected:
  explicit Books(const KernelProfile& profile = {})
      : mm_(boot(one_node(), {}), {}, profile), zone_(&mm_.zone(NodeId{0}, ZoneType::normal)) {
    mm_.account_work();
  }
  Pfn alloc(int order, CpuId cpu = CpuId{0}) {
    return mm_
        .alloc_pages_fast(
            {.node = NodeId{0}, .order = order, .type = MigrateType::movable, .cpu = cpu})
        ->pfn;
  }
  /// Spends what there is on a host of its own.
  CountingHost& spend() {
    host_ = std::make_unique<CountingHost>();
    CountingHost::run(mm_.spend_work(*host_));
    return *host_;
  }

  Mm mm_;
  Zone* zone_;
  std::unique_ptr<CountingHost> host_;
};

class BooksOf61 : public Books {
 protected:
  BooksOf61()
      : Books({.pcp_high = PcpHigh::fixed,
               .pcp_pageblocks_by_mobility = false,
               .free_lists_follow_pageblocks = false,
               .pages_checked_under_zone_lock = true,
               .fallback = BuddyRules::Fallback::largest_block}) {}
};

// A refill takes `batch` pages under one hold; the next batch - 1 pages need no lock. Pages of a
// fresh zone lie side by side: one line is waited for, the others follow.
TEST_F(BooksOf61, a_refill_is_one_hold_of_a_batch) {
  const std::int64_t batch = zone_->pcp_limits.batch;
  ASSERT_GT(batch, 1);
  for (std::int64_t i = 0; i < batch; ++i) alloc(0);
  CountingHost& first = spend();
  EXPECT_EQ(first.spent(Primitive::alloc_pages), batch);
  EXPECT_EQ(first.spent(Primitive::rmqueue), batch);
  EXPECT_EQ(first.spent(Primitive::struct_page_touch), 1);
  EXPECT_EQ(first.spent(Primitive::struct_page_next), batch - 1);
  EXPECT_EQ(first.spent(Primitive::percpu_line), 0);  // nobody held the lock before
  alloc(0);
  EXPECT_EQ(spend().spent(Primitive::rmqueue), batch);
  EXPECT_FALSE(mm_.has_work());
}

// Up to 6.2 all 512 struct pages of a pageblock are looked at while it is taken off its list, two
// pageblocks under one hold; later the allocation looks at those of its own. Never twice.
TEST_F(BooksOf61, pageblocks_are_checked_under_the_lock) {
  alloc(kPageblockOrder);
  CountingHost& host = spend();
  EXPECT_EQ(host.spent(Primitive::rmqueue), 2);
  EXPECT_EQ(host.spent(Primitive::struct_page_touch) + host.spent(Primitive::struct_page_next),
            2 * 512);
}
TEST_F(Books, pageblocks_are_checked_by_the_allocation) {
  alloc(kPageblockOrder);
  CountingHost& host = spend();
  EXPECT_EQ(host.spent(Primitive::struct_page_next), 511);
  EXPECT_EQ(host.spent(Primitive::struct_page_touch), host.spent(Primitive::rmqueue));
}

// Another CPU has to fetch the lines that the last holder wrote; the same one has them.
TEST_F(Books, the_lock_is_handed_over_between_cpus) {
  constexpr int order = 5;  // no per-CPU list: every call takes the lock
  alloc(order, CpuId{0});
  EXPECT_EQ(spend().spent(Primitive::percpu_line), 0);
  alloc(order, CpuId{0});
  EXPECT_EQ(spend().spent(Primitive::percpu_line), 0);
  alloc(order, CpuId{1});
  EXPECT_EQ(spend().spent(Primitive::percpu_line), kZoneLockLines);
}

// Whatever order the pages come in, each is put on a free list once; what is far from the one
// before it is waited for. Page frames 64 apart share no page of memmap.
TEST_F(Books, a_page_far_from_the_last_is_waited_for) {
  std::vector<Pfn> blocks;
  for (int i = 0; i < 8; ++i) blocks.push_back(alloc(6));
  spend();
  for (const Pfn b : blocks) mm_.free_pages(b, 6, CpuId{0});
  CountingHost& host = spend();
  EXPECT_EQ(host.spent(Primitive::free_pages), 8);
  EXPECT_EQ(host.spent(Primitive::free_one_page), 8);
  EXPECT_EQ(host.spent(Primitive::free_tail_page), 8 * 63);
  EXPECT_EQ(host.spent(Primitive::struct_page_touch), 8 + 8);  // outside and under the lock
  EXPECT_EQ(host.spent(Primitive::struct_page_next), 0);
}

// A memmap of base pages costs a TLB miss for each of its pages: 64 struct pages share one. One
// with 2 MiB mappings costs none.
TEST(visit_log, base_pages_cost_a_walk_for_every_page_of_memmap) {
  const MemmapPlace small{.node = NodeId{0}, .base_pages = true};
  VisitLog log;
  log.visit(Pfn{0}, PageCount{512}, small);
  EXPECT_EQ(log.by_node().front().walks, 8);
  log.visit(Pfn{511}, PageCount{1}, small);  // the page of memmap is known
  EXPECT_EQ(log.by_node().front().walks, 8);
  log.visit(Pfn{512}, PageCount{2}, small);
  EXPECT_EQ(log.by_node().front().walks, 9);
  VisitLog huge;
  huge.visit(Pfn{0}, PageCount{512}, {.node = NodeId{0}});
  EXPECT_EQ(huge.by_node().front().walks, 0);
  EXPECT_EQ(huge.by_node().front().cold, 1);
  EXPECT_EQ(huge.by_node().front().next, 511);
}

// Work goes to the node on which the struct pages lie, not to that of the pages.
TEST(allocator_work, struct_pages_are_visited_where_they_lie) {
  AllocatorWork work([](Pfn, NodeId) { return MemmapPlace{.node = NodeId{7}}; });
  work.hold(NodeId{0}, ZoneType::normal, false);
  work.taken_in_hold(Pfn{100}, PageCount{1});
  work.freed(Pfn{200}, 0, NodeId{0});
  const auto batch = work.take();
  EXPECT_EQ(batch.holds.front().visits.by_node().front().node, NodeId{7});
  EXPECT_EQ(batch.visits.by_node().front().node, NodeId{7});
  EXPECT_TRUE(work.empty());
}

// Without books the allocator does the same and writes nothing.
TEST(allocator_work, books_do_not_change_what_is_handed_out) {
  Mm with(boot(one_node(), {}), {}, {});
  Mm without(boot(one_node(), {}), {}, {});
  with.account_work();
  for (int i = 0; i < 1000; ++i) {
    const AllocRequest request{.node = NodeId{0}, .order = i % 10, .cpu = CpuId{i % 4}};
    const auto a = with.alloc_pages_fast(request);
    const auto b = without.alloc_pages_fast(request);
    ASSERT_TRUE(a && b);
    EXPECT_EQ(a->pfn, b->pfn);
  }
  EXPECT_TRUE(with.has_work());
  EXPECT_FALSE(without.has_work());
  with.forget_work();
  EXPECT_FALSE(with.has_work());
}

}  // namespace
}  // namespace mhp::kernel
