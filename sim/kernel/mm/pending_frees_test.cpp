// Blocks that are freed straight to the buddy: between the call and the hold of their payer they
// are neither in use nor free.
#include "sim/kernel/mm/pending_frees.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/mm/lock_watch.hpp"
#include "sim/kernel/mm/mm.hpp"

namespace mhp::kernel::pending_frees_test {
namespace {

constexpr PfnRange range(std::int64_t start, std::int64_t end) { return {Pfn{start}, Pfn{end}}; }

TEST(pending_frees, are_counted_until_they_are_taken) {
  PendingFrees frees;
  const auto first = frees.add({Pfn{1024}, 5});
  const auto second = frees.add({Pfn{512}, 9});
  EXPECT_EQ(frees.pages().value, 32 + 512);
  EXPECT_EQ(frees.pages_in(range(1000, 1040)).value, 24 + 16);
  EXPECT_EQ(frees.pages_in(range(0, 512)).value, 0);
  EXPECT_EQ(frees.pages_in(range(1056, 2000)).value, 0);
  EXPECT_EQ(frees.touching(range(1023, 1025)), (std::vector{first, second}));
  EXPECT_EQ(frees.touching(range(1024, 1025)), std::vector{first});
  ASSERT_TRUE(frees.take(first));
  EXPECT_FALSE(frees.take(first)) << "somebody has seen to it";
  EXPECT_EQ(frees.pages().value, 512);
  const auto again = frees.add({Pfn{1024}, 5});
  EXPECT_NE(again, first) << "the same page freed anew is another free";
  EXPECT_FALSE(frees.take(first));
  const auto block = frees.take(second);
  ASSERT_TRUE(block);
  EXPECT_EQ(block->pfn, Pfn{512});
  EXPECT_EQ(block->order, 9);
}

class Freeing : public ::testing::Test {
 protected:
  Freeing() { mm_.account_work(); }
  static BootState booted() {
    machine::Description m;
    m.nodes = {{Bytes{4 * kGiB}, 4}};
    m.distance = {{10}};
    return boot(m, {});
  }
  static AllocRequest chunks() {
    return {.node = NodeId{0}, .order = kMaxOrder, .type = MigrateType::movable};
  }
  Pfn chunk() { return mm_.alloc_pages_fast(chunks(), mm_.nobody())->pfn; }
  std::optional<Allocation> any_chunk() {
    return mm_.get_page_from_freelist(chunks(), Mark::none, mm_.nobody());
  }
  PageCount free() const { return zone_.buddy.free_pages(); }

  Mm mm_{booted(), {}, {}};
  Zone& zone_ = mm_.zone(NodeId{0}, ZoneType::normal);
  Receipt receipt_ = mm_.receipt();
};

// Blocks freed last are handed out first: who allocates before the payer has the lock gets another.
TEST_F(Freeing, a_block_is_not_free_before_its_payer_holds_the_lock) {
  const Pfn block = chunk();
  const PageCount before = free();
  const PageCount in_use = zone_.in_use_pages;
  mm_.free_pages(block, kMaxOrder, receipt_, CpuId{0});
  EXPECT_EQ(free(), before);
  EXPECT_EQ(zone_.in_use_pages, in_use - PageCount{kMaxOrderPages});
  EXPECT_EQ(zone_.pending.pages(), PageCount{kMaxOrderPages});
  EXPECT_TRUE(receipt_.owes());
  EXPECT_TRUE(receipt_.holds());
  mm_.validate();
  const Pfn another = chunk();
  EXPECT_NE(another, block);
  mm_.validate();
  FreeAtLocks host(zone_);
  CountingHost::run(receipt_.spend(host));
  EXPECT_EQ(host.at_lock, std::vector{before - PageCount{kMaxOrderPages}});
  EXPECT_EQ(host.at_release, std::vector{before});
  EXPECT_EQ(host.spent(Primitive::free_one_page), 1);
  EXPECT_EQ(zone_.pending.pages().value, 0);
  EXPECT_EQ(chunk(), block);
  EXPECT_FALSE(receipt_.owes());
  mm_.validate();
}

// Every free is a hold of its own, and changes the lists in it.
TEST_F(Freeing, each_hold_puts_its_own_block_on_the_list) {
  const std::vector<Pfn> blocks{chunk(), chunk(), chunk()};
  const PageCount before = free();
  for (const Pfn b : blocks) mm_.free_pages(b, kMaxOrder, receipt_);
  FreeAtLocks host(zone_);
  CountingHost::run(receipt_.spend(host));
  const PageCount one{kMaxOrderPages};
  EXPECT_EQ(host.at_lock, (std::vector{before, before + one, before + one * 2}));
  EXPECT_EQ(host.at_release, (std::vector{before + one, before + one * 2, before + one * 3}));
  EXPECT_EQ(chunk(), blocks[2]) << "in the order in which they were freed";
}

TEST_F(Freeing, a_range_given_back_as_a_whole_is_freed_chunk_by_chunk) {
  const PfnRange gib = range(kGiB / kPageSize, 2 * kGiB / kPageSize);
  Zone& zone = *mm_.zone_of(gib.start);
  ASSERT_TRUE(mm_.alloc_contig_range(zone, gib, mm_.nobody()));
  const PageCount before = zone.buddy.free_pages();
  mm_.free_contig_range(zone, gib, receipt_);
  EXPECT_EQ(zone.buddy.free_pages(), before);
  mm_.check_conservation();
  FreeAtLocks host(zone);
  CountingHost::run(receipt_.spend(host));
  ASSERT_EQ(host.at_lock.size(), 256U);
  EXPECT_EQ(host.at_release.front(), before + PageCount{kMaxOrderPages});
  EXPECT_EQ(zone.buddy.free_pages(), before + gib.pages());
  mm_.validate();
}

TEST_F(Freeing, what_is_nobodys_is_free_at_once) {
  const Pfn block = chunk();
  const PageCount before = free();
  mm_.free_pages(block, kMaxOrder, mm_.nobody());
  EXPECT_EQ(free(), before + PageCount{kMaxOrderPages});
  EXPECT_EQ(zone_.pending.pages().value, 0);
}

// A task's own work is done in its order: what it allocates finds what it has freed before.
TEST_F(Freeing, what_a_task_has_freed_goes_before_what_it_allocates) {
  const Pfn block = chunk();
  mm_.free_pages(block, kMaxOrder, receipt_);
  CountingHost host;
  EXPECT_EQ(CountingHost::run(mm_.alloc_pages(host, chunks(), receipt_))->pfn, block);
  CountingHost::run(receipt_.spend(host));
}

// Isolation does not wait for who is freeing there; the payer finds nothing to do, even if the same
// page has been handed out and freed anew meanwhile.
TEST_F(Freeing, isolation_takes_what_is_being_freed) {
  const Pfn block = chunk();
  const PfnRange pages{block, block + PageCount{kMaxOrderPages}};
  mm_.free_pages(block, kMaxOrder, receipt_);
  EXPECT_EQ(mm_.unmovable_in(zone_, pages).value, 0);
  mm_.isolate(zone_, pages);
  EXPECT_EQ(zone_.isolated.covered(pages.start.value, pages.end.value), kMaxOrderPages);
  EXPECT_EQ(zone_.pending.pages().value, 0);
  mm_.validate();
  mm_.undo_isolate(zone_, pages);
  for (auto got = any_chunk(); got && got->pfn != block; got = any_chunk()) {
  }
  Receipt other = mm_.receipt();
  mm_.free_pages(block, kMaxOrder, other);
  const PageCount before = free();
  CountingHost host;
  CountingHost::run(receipt_.spend(host));
  EXPECT_EQ(free(), before) << "it is another's to free";
  EXPECT_EQ(host.spent(Primitive::free_one_page), 0);
  CountingHost::run(other.spend(host));
  EXPECT_EQ(free(), before + PageCount{kMaxOrderPages});
  mm_.validate();
}

// A receipt that ends with its task leaves its pages where they are: no page is lost to the books.
TEST_F(Freeing, a_task_that_ends_unpaid_loses_no_page) {
  const Pfn block = chunk();
  {
    Receipt lost = mm_.receipt();
    mm_.free_pages(block, kMaxOrder, lost);
  }
  EXPECT_EQ(zone_.pending.pages(), PageCount{kMaxOrderPages});
  mm_.validate();
}

}  // namespace
}  // namespace mhp::kernel::pending_frees_test
