// The order in which unmapped pages are given back.
#include "sim/kernel/mm/mmu_gather.hpp"

#include <gtest/gtest.h>

namespace mhp::kernel::mmu_gather_test {
namespace {

struct Log final : PageTrace {
  std::vector<PageEvent> events;
  void page_event(const PageEvent& e) override { events.push_back(e); }
  std::vector<std::int64_t> freed() const {
    std::vector<std::int64_t> out;
    for (const PageEvent& e : events)
      if (e.kind == PageEvent::Kind::freed) out.push_back(e.pfn.value);
    return out;
  }
};

struct Gather : ::testing::Test {
  void boot_with(GatherOrder order) {
    machine::Description m;
    m.nodes = {{Bytes{2 * kGiB}, 1}};
    m.distance = {{10}};
    const KernelConfig config;
    mm = std::make_unique<Mm>(boot(m, config), config, KernelProfile{.mmu_gather = order});
    for (int i = 0; i < 20'000; ++i)
      pages.push_back(
          mm->alloc_pages({.node = NodeId{0}, .type = MigrateType::movable}, mm->nobody())->pfn);
    mm->set_trace(&log);
  }
  void free_all() {
    MmuGather gather(*mm, CpuId{0}, mm->nobody());
    for (const Pfn p : pages) gather.add(p, 0);
    gather.finish();
    mm->validate();
  }
  std::unique_ptr<Mm> mm;
  std::vector<Pfn> pages;
  Log log;
};

// Batches of 8, then 510 up to 10,000 pages, then anew; each backwards.
TEST_F(Gather, batches_go_backwards_where_pages_are_listed_at_the_head) {
  boot_with(GatherOrder::reversed);
  free_all();
  std::vector<std::int64_t> expected;
  for (std::size_t at = 0; at < pages.size();)
    for (std::size_t batch = 0; batch < 20 && at < pages.size(); ++batch) {
      const std::size_t end = std::min(at + (batch == 0 ? 8 : 510), pages.size());
      for (std::size_t i = end; i > at; --i) expected.push_back(pages[i - 1].value);
      at = end;
    }
  EXPECT_EQ(log.freed(), expected);
}

TEST_F(Gather, folios_go_forwards) {
  boot_with(GatherOrder::folio_batches);
  free_all();
  std::vector<std::int64_t> expected;
  for (const Pfn p : pages) expected.push_back(p.value);
  EXPECT_EQ(log.freed(), expected);
}

// Pages are prepared 31 at a time: no drain comes between them. The first batch has 7 entries, the
// next 509.
TEST_F(Gather, drains_come_between_portions_only) {
  boot_with(GatherOrder::folio_batches);
  mm->set_percpu_pagelist_high_fraction(100);
  free_all();
  std::vector<std::size_t> borders;  // pages freed so far at the end of each portion
  for (std::size_t at = 0; at < pages.size();)
    for (std::size_t batch = 0; batch < 20; ++batch) {
      const std::size_t end = at + (batch == 0 ? 7 : 509);
      while (at < end) borders.push_back(at = std::min(at + 31, end));
    }
  std::size_t freed = 0;
  bool drained = false;
  for (const PageEvent& e : log.events) {
    if (e.kind == PageEvent::Kind::freed) ++freed;
    if (e.kind != PageEvent::Kind::drained) continue;
    drained = true;
    ASSERT_TRUE(std::binary_search(borders.begin(), borders.end(), freed) || freed == pages.size())
        << freed;
  }
  EXPECT_TRUE(drained);
}

}  // namespace
}  // namespace mhp::kernel::mmu_gather_test
