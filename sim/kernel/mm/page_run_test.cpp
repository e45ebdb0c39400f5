// What is done to a run of pages is what would be done to each of them in their order.
#include "sim/kernel/mm/page_run.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/mmu_gather.hpp"
#include "sim/kernel/mm/pfn_ring.hpp"
#include "sim/kernel/mm/visit_log.hpp"

namespace mhp::kernel::page_run_test {
namespace {

PageRun any_run() {
  return {Pfn{*rc::gen::inRange<std::int64_t>(100, 900)}, *rc::gen::inRange<std::int64_t>(1, 80),
          *rc::gen::element(-1, 1)};
}

RC_GTEST_PROP(page_run, parts_are_what_lies_there, ()) {
  const PageRun run = any_run();
  const PfnRange range{Pfn{*rc::gen::inRange<std::int64_t>(0, 500)},
                       Pfn{*rc::gen::inRange<std::int64_t>(500, 1000)}};
  const auto part = run.part_in(range);
  for (std::int64_t i = 0; i < run.pages; ++i)
    RC_ASSERT(range.contains(run.at(i)) == (i >= part.first && i < part.first + part.count));
  const int order = *rc::gen::inRange(0, 8);
  std::int64_t next = 0;
  for_each_part(run, order, [&](const PageRun& p) {
    RC_ASSERT(p.first == run.at(next) && p.step == run.step);
    RC_ASSERT((p.first.value >> order) == (p.last().value >> order));
    next += p.pages;
    RC_ASSERT(next == run.pages || run.at(next).value >> order != p.first.value >> order);
  });
  RC_ASSERT(next == run.pages);
}

RC_GTEST_PROP(pfn_ring, is_a_deque_of_page_frames, ()) {
  PfnRing ring;
  std::deque<Pfn> plain;
  for (int i = *rc::gen::inRange(1, 200); i > 0; --i) {
    const PageRun run = any_run();
    const int what = *rc::gen::inRange(0, 5);
    if (what == 0) ring.push_front(run);
    if (what == 1) ring.push_back(run);
    for (std::int64_t p = 0; what < 2 && p < run.pages; ++p)
      what == 0 ? plain.push_front(run.at(p)) : plain.push_back(run.at(p));
    RC_ASSERT(ring.empty() == plain.empty());
    if (plain.empty()) continue;
    if (what == 2) {
      RC_ASSERT(ring.pop_back() == plain.back());
      plain.pop_back();
    }
    if (what == 3) {
      const PageRun taken = ring.pop_front(*rc::gen::inRange<std::int64_t>(1, 100));
      for (std::int64_t p = 0; p < taken.pages; ++p) {
        RC_ASSERT(taken.at(p) == plain.front());
        plain.pop_front();
      }
    }
    RC_ASSERT(ring.count_in(run.range()) == std::count_if(plain.begin(), plain.end(), [&](Pfn p) {
                return run.range().contains(p);
              }));
  }
}

RC_GTEST_PROP(visit_log, a_run_is_its_pages_one_by_one, ()) {
  const MemmapPlace memmap{.node = NodeId{0}, .base_pages = true};
  VisitLog whole;
  VisitLog single;
  for (int i = *rc::gen::inRange(1, 20); i > 0; --i) {
    const PageRun run = any_run();
    whole.visit(run, memmap);
    for (std::int64_t p = 0; p < run.pages; ++p) single.visit(run.at(p), PageCount{1}, memmap);
    RC_ASSERT(whole.by_node() == single.by_node());
  }
}

/// A process that takes batches of pages and unmaps them, by runs or page by page.
class Process {
 public:
  explicit Process(bool by_runs) : by_runs_(by_runs) {
    machine::Description m;
    m.nodes = {{Bytes{2 * kGiB}, 1}};
    m.distance = {{10}};
    KernelProfile profile;
    profile.unmap_drains_lru = false;
    mm_ = std::make_unique<Mm>(boot(m, {}), KernelConfig{}, profile);
  }
  std::vector<Pfn> map(std::int64_t pages) {
    std::vector<Pfn> got;
    const AllocRequest request{
        .node = NodeId{0}, .type = MigrateType::movable, .highest = ZoneType::movable};
    while (pages > 0) {
      const std::int64_t most = by_runs_ ? std::min(pages, mm_->lru_batches().room(kCpu)) : 1;
      auto run = mm_->alloc_listed_run(request, most, mm_->nobody());
      if (!run) run = RunAllocation(*mm_->alloc_pages(request, mm_->nobody()));
      mm_->lru_batches().add(run->pages, kCpu, mm_->nobody());
      for (std::int64_t i = 0; i < run->pages.pages; ++i) got.push_back(run->pages.at(i));
      pages -= run->pages.pages;
      ++operations_;
    }
    return got;
  }
  void unmap(const std::vector<Pfn>& pages) {
    MmuGather gather(*mm_, kCpu, mm_->nobody());
    PageRun run;
    for (const Pfn p : pages) {
      if (by_runs_ && !run.empty() && run.join(PageRun(p))) continue;
      if (!run.empty()) gather.add(FreedRun{run});
      run = PageRun(p);
    }
    gather.add(FreedRun{run});
    gather.finish();
    mm_->validate();
  }
  PageCount free() const { return mm_->mem_free(); }
  std::int64_t operations() const { return operations_; }

 private:
  static constexpr CpuId kCpu{0};
  const bool by_runs_;
  std::unique_ptr<Mm> mm_;
  std::int64_t operations_ = 0;
};

RC_GTEST_PROP(page_run, gives_the_frames_that_pages_one_by_one_would, ()) {
  Process runs(true);
  Process pages(false);
  std::deque<std::vector<Pfn>> held;
  for (int i = *rc::gen::inRange(1, 60); i > 0; --i) {
    held.push_back(runs.map(*rc::gen::inRange<std::int64_t>(1, 1500)));
    RC_ASSERT(held.back() == pages.map(std::ssize(held.back())));
    if (*rc::gen::inRange(0, 3) > 0) {
      runs.unmap(held.front());
      pages.unmap(held.front());
      held.pop_front();
    }
    RC_ASSERT(runs.free() == pages.free());
  }
}

// 256 pages are 9 batches of the LRU and at most 4 refills; what was freed as a run stays one.
TEST(page_run, a_batch_of_pages_is_a_few_operations) {
  Process process(true);
  std::deque<std::vector<Pfn>> held;
  for (int i = 0; i < 64; ++i) held.push_back(process.map(256));
  const std::int64_t before = process.operations();
  constexpr int kRounds = 1000;
  for (int i = 0; i < kRounds; ++i) {
    held.push_back(process.map(256));
    process.unmap(held.front());
    held.pop_front();
  }
  EXPECT_LT(process.operations() - before, kRounds * 24);
}

}  // namespace
}  // namespace mhp::kernel::page_run_test
