// What the allocator writes on a receipt: calls, struct pages where they lie, and holds of the
// zones' locks.
#include "sim/kernel/mm/receipt.hpp"

#include <gtest/gtest.h>

#include <set>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/mm/lock_watch.hpp"
#include "sim/kernel/mm/mm.hpp"

namespace mhp::kernel::receipt_test {
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
      : mm_(boot(one_node(), {}), {}, profile),
        zone_(&mm_.zone(NodeId{0}, ZoneType::normal)),
        receipt_(mm_.receipt()) {
    mm_.account_work();
  }
  Pfn alloc(int order, CpuId cpu = CpuId{0}) {
    const AllocRequest request{
        .node = NodeId{0}, .order = order, .type = MigrateType::movable, .cpu = cpu};
    return CountingHost::run(mm_.alloc_pages(*host_, request, receipt_))->pfn;
  }
  /// Spends what there is; what has been done since the last time.
  CountingHost& spend() {
    CountingHost::run(receipt_.spend(*host_));
    spent_ = std::exchange(host_, std::make_unique<CountingHost>());
    return *spent_;
  }

  Mm mm_;
  Zone* zone_;
  Receipt receipt_;
  std::unique_ptr<CountingHost> host_ = std::make_unique<CountingHost>();
  std::unique_ptr<CountingHost> spent_;
};

class BooksOf61 : public Books {
 protected:
  BooksOf61()
      : Books({.pcp_high = PcpHigh::fixed,
               .pcp_pageblocks_by_mobility = false,
               .free_lists_follow_pageblocks = false,
               .pages_checked_under_zone_lock = true,
               .fallback = Fallback::largest_block}) {}
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
  EXPECT_TRUE(receipt_.empty());
  EXPECT_EQ(mm_.receipts().unspent(), 0);
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
  for (const Pfn b : blocks) mm_.free_pages(b, 6, receipt_, CpuId{0});
  CountingHost& host = spend();
  EXPECT_EQ(host.spent(Primitive::free_pages), 8);
  EXPECT_EQ(host.spent(Primitive::free_one_page), 8);
  EXPECT_EQ(host.spent(Primitive::free_tail_page), 8 * 63);
  EXPECT_EQ(host.spent(Primitive::struct_page_touch), 8 + 8);  // outside and under the lock
  EXPECT_EQ(host.spent(Primitive::struct_page_next), 0);
}

// A list that runs empty: the buddy loses a batch between the lock and its release, not before.
TEST_F(BooksOf61, a_refill_changes_free_lists_while_the_lock_is_held) {
  FreeAtLocks host(*zone_);
  const PageCount before = zone_->buddy.free_pages();
  const AllocRequest request{.node = NodeId{0}, .type = MigrateType::movable, .cpu = CpuId{0}};
  EXPECT_TRUE(CountingHost::run(mm_.alloc_pages(host, request, receipt_)));
  CountingHost::run(receipt_.spend(host));
  const PageCount batch{zone_->pcp_limits.batch};
  EXPECT_EQ(host.at_lock, std::vector{before});
  EXPECT_EQ(host.at_release, std::vector{before - batch});
  EXPECT_TRUE(CountingHost::run(mm_.alloc_pages(host, request, receipt_)));
  CountingHost::run(receipt_.spend(host));
  EXPECT_EQ(host.at_lock.size(), 1U) << "the list has pages";
}

// What is too much for a list stays on it until its payer has the lock; then the lists are as if
// it had gone at once.
TEST_F(BooksOf61, a_drain_changes_free_lists_while_the_lock_is_held) {
  Mm other(boot(one_node(), {}), {},
           {.pcp_high = PcpHigh::fixed,
            .pcp_pageblocks_by_mobility = false,
            .free_lists_follow_pageblocks = false,
            .pages_checked_under_zone_lock = true,
            .fallback = Fallback::largest_block});
  const std::int64_t pages = 4 * zone_->pcp_limits.high_min;
  std::vector<Pfn> held;
  for (std::int64_t i = 0; i < pages; ++i) {
    held.push_back(alloc(0));
    other.alloc_pages_fast({.node = NodeId{0}, .type = MigrateType::movable, .cpu = CpuId{0}},
                           other.nobody());
  }
  spend();
  const PageCount before = zone_->buddy.free_pages();
  for (const Pfn p : held) {
    mm_.free_pages(p, 0, receipt_, CpuId{0});
    other.free_pages(p, 0, other.nobody(), CpuId{0});
  }
  EXPECT_EQ(zone_->buddy.free_pages(), before);
  mm_.check_conservation();
  FreeAtLocks host(*zone_);
  CountingHost::run(receipt_.spend(host));
  EXPECT_GT(host.at_lock.size(), 1U);
  EXPECT_EQ(host.at_lock.front(), before);
  for (std::size_t i = 0; i < host.at_lock.size(); ++i)
    EXPECT_LT(host.at_lock[i], host.at_release[i]);
  const Zone& alike = other.zone(NodeId{0}, ZoneType::normal);
  EXPECT_EQ(zone_->buddy.free_pages(), alike.buddy.free_pages());
  EXPECT_EQ(zone_->pcp_pages(), alike.pcp_pages());
  for (int order = 0; order <= kMaxOrder; ++order)
    EXPECT_EQ(zone_->buddy.free_blocks(order), alike.buddy.free_blocks(order));
}

// Somebody else drains the lists first, as offlining does: nothing is due any more, and a page that
// is freed while the lists are closed does not stay on one.
TEST_F(BooksOf61, a_drain_that_somebody_else_has_done_is_not_due_any_more) {
  const std::int64_t pages = 4 * zone_->pcp_limits.high_min;
  std::vector<Pfn> held;
  for (std::int64_t i = 0; i <= pages; ++i) held.push_back(alloc(0));
  spend();
  for (std::int64_t i = 0; i < pages; ++i)
    mm_.free_pages(held[static_cast<std::size_t>(i)], 0, receipt_, CpuId{0});
  mm_.zone_pcp_disable(*zone_);
  EXPECT_EQ(zone_->pcp_pages().value, 0);
  mm_.free_pages(held.back(), 0, mm_.nobody(), CpuId{0});
  EXPECT_EQ(zone_->pcp_pages().value, 0);
  mm_.zone_pcp_enable(*zone_);
  const PageCount free = zone_->buddy.free_pages();
  EXPECT_EQ(spend().spent(Primitive::free_one_page), 0);
  EXPECT_EQ(zone_->buddy.free_pages(), free);
  mm_.validate();
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
TEST(receipt, struct_pages_are_visited_where_they_lie) {
  ReceiptBook book;
  book.account([](Pfn, NodeId) { return MemmapPlace{.node = NodeId{7}}; });
  Receipt receipt(book);
  struct : CountingHost {
    bool perform(const Step& step, std::coroutine_handle<> resume) override {
      if (step.kind == Step::Kind::spend &&
          step.what == static_cast<std::uint16_t>(Primitive::struct_page_touch))
        where.insert(step.where);
      return CountingHost::perform(step, resume);
    }
    std::set<std::int32_t> where;
  } host;
  CountingHost::run(receipt.lock(host, NodeId{0}, ZoneType::normal));
  receipt.hold(NodeId{0}, ZoneType::normal, false);
  receipt.taken_in_hold(Pfn{100}, PageCount{1});
  receipt.freed(Pfn{200}, 0, NodeId{0});
  CountingHost::run(receipt.spend(host));
  EXPECT_EQ(host.where, std::set<std::int32_t>{7});
  EXPECT_EQ(host.spent(Primitive::struct_page_touch), 2);
  EXPECT_TRUE(receipt.empty());
}

// The book knows what is open, whoever has it: spent, handed on or lost.
TEST(receipt, is_unspent_until_somebody_pays) {
  ReceiptBook book;
  book.account([](Pfn, NodeId) { return MemmapPlace{}; });
  Receipt first(book), second(book);
  EXPECT_EQ(book.unspent(), 0);
  first.freed(Pfn{1}, 0, NodeId{0});
  first.freed(Pfn{2}, 0, NodeId{0});
  second.freed(Pfn{3}, 0, NodeId{0});
  EXPECT_EQ(book.unspent(), 2);
  CountingHost host;
  CountingHost::run(first.spend(host));
  EXPECT_EQ(book.unspent(), 1);
  Receipt third(std::move(second));
  EXPECT_EQ(book.unspent(), 1);
  CountingHost::run(third.spend(host));
  EXPECT_EQ(host.spent(Primitive::free_pages), 3);
  EXPECT_EQ(book.unspent(), 0);
  {
    Receipt lost(book);
    lost.freed(Pfn{4}, 0, NodeId{0});
  }
  EXPECT_EQ(book.unspent(), 1) << "no task may wait any more";
}

// Whoever pays, the allocator does the same; what is nobody's is not written down.
TEST(receipt, does_not_change_what_is_handed_out) {
  Mm with(boot(one_node(), {}), {}, {});
  Mm without(boot(one_node(), {}), {}, {});
  with.account_work();
  Receipt paid = with.receipt();
  Receipt unaccounted = without.receipt();
  CountingHost host;
  for (int i = 0; i < 1000; ++i) {
    const AllocRequest request{.node = NodeId{0}, .order = i % 10, .cpu = CpuId{i % 4}};
    const auto a = i % 2 == 0 ? CountingHost::run(with.alloc_pages(host, request, paid))
                              : with.alloc_pages_fast(request, with.nobody());
    const auto b = without.alloc_pages_fast(request, unaccounted);
    ASSERT_TRUE(a && b);
    EXPECT_EQ(a->pfn, b->pfn);
  }
  EXPECT_FALSE(paid.empty());
  EXPECT_TRUE(with.nobody().empty());
  EXPECT_TRUE(unaccounted.empty());
  CountingHost::run(paid.spend(host));
}

}  // namespace
}  // namespace mhp::kernel::receipt_test
