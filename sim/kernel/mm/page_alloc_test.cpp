// The way of pages through zones and per-CPU lists: nothing is lost, whoever allocates and frees.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <functional>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/mm/mm.hpp"

namespace mhp::kernel::page_alloc_test {
namespace {

machine::Description two_nodes() {
  machine::Description m;
  m.nodes = {{Bytes{768 * kMiB}, 2}, {Bytes{256 * kMiB}, 2}};
  m.distance = {{10, 20}, {20, 10}};
  return m;
}

RC_GTEST_PROP(page_alloc, conserves_pages_on_several_cpus, ()) {
  const KernelConfig config;
  KernelProfile profile;
  if (*rc::gen::arbitrary<bool>()) {
    profile.pcp_high = PcpHigh::fixed;
    profile.free_lists_follow_pageblocks = false;
    profile.pcp_pageblocks_by_mobility = false;
    profile.fallback = Fallback::largest_block;
  }
  Mm mm(boot(two_nodes(), config), config, profile);
  const PageCount at_start = mm.mem_free();
  std::vector<FreedPages> held;
  PageCount in_use;
  const int steps = *rc::gen::inRange(1, 60);
  for (int i = 0; i < steps; ++i) {
    const CpuId cpu{*rc::gen::inRange(0, 4)};
    const int times = *rc::gen::inRange(1, 500);
    const int what = *rc::gen::inRange(0, 10);
    const AllocRequest request{
        .node = NodeId{*rc::gen::inRange(0, 2)},
        .order = *rc::gen::weightedElement<int>({{6, 0}, {1, 2}, {1, 5}, {2, 9}}),
        .type = static_cast<MigrateType>(*rc::gen::inRange(0, kPcpTypes)),
        .cpu = cpu};
    for (int n = 0; what < 6 && n < times; ++n) {
      const auto got = mm.alloc_pages(request, mm.nobody());
      if (!got) break;
      held.push_back({got->pfn, request.order});
      in_use += PageCount{std::int64_t{1} << request.order};
    }
    for (int n = 0; what >= 6 && n < times && !held.empty(); ++n) {
      mm.free_pages(held.back().pfn, held.back().order, mm.nobody(), cpu);
      in_use -= PageCount{std::int64_t{1} << held.back().order};
      held.pop_back();
    }
    if (what == 9) mm.vmstat_update(mm.nobody());
    RC_ASSERT(mm.mem_free() + in_use == at_start);
    mm.validate();
  }
}

/// Somebody else takes pages as soon as a lock is waited for.
class Rival : public CountingHost {
 public:
  bool perform(const Step& step, std::coroutine_handle<> resume) override {
    if (step.kind == Step::Kind::acquire && takes) takes();
    return CountingHost::perform(step, resume);
  }
  std::function<void()> takes;
};

// Whatever others take while it waits for the lock of the zone that would serve it: what a request
// changes then, it changes with the lock. A change without would end the program.
RC_GTEST_PROP(page_alloc, who_waits_for_a_lock_has_that_of_the_zone_that_serves_then, ()) {
  machine::Description m = two_nodes();
  m.nodes = {{Bytes{96 * kMiB}, 2}, {Bytes{64 * kMiB}, 2}};
  const KernelConfig config;
  Mm mm(boot(m, config), config, {});
  mm.account_work();
  const auto take = [&mm](std::int64_t blocks, int order) {
    while (blocks-- > 0)
      mm.alloc_pages({.node = NodeId{0}, .order = order, .type = MigrateType::movable},
                     mm.nobody());
  };
  const int order = *rc::gen::element(0, 3, 9);
  take(*rc::gen::inRange(0, 80), 9);
  take(*rc::gen::inRange(0, 700), 0);
  Rival host;
  host.takes = [&] { take(*rc::gen::inRange(0, 200), *rc::gen::element(0, 4, 9)); };
  Receipt receipt = mm.receipt();
  const AllocRequest request{.node = NodeId{0}, .order = order};
  const auto task = [&]() -> Task<bool> {
    co_await mm.ready(host, request, receipt);
    const bool got = mm.alloc_pages(request, receipt).has_value();
    co_await receipt.spend(host);
    co_return got;
  };
  CountingHost::run(task());
  mm.validate();
}

// Only the lists of the CPU that asks are used; the default is the first CPU of the node. They
// stand by number, in which order they are drained.
TEST(page_alloc, each_cpu_has_lists_of_its_own) {
  const KernelConfig config;
  Mm mm(boot(two_nodes(), config), config, {});
  const auto a = mm.alloc_pages({.node = NodeId{1}, .cpu = CpuId{3}}, mm.nobody());
  const Zone& zone = mm.zone(a->node, a->zone);
  ASSERT_EQ(zone.pcps.size(), 1U);
  EXPECT_EQ(zone.pcps[0].cpu(), CpuId{3});
  mm.alloc_pages({.node = NodeId{1}}, mm.nobody());
  ASSERT_EQ(zone.pcps.size(), 2U);
  EXPECT_EQ(zone.pcps[0].cpu(), CpuId{2}) << "CPUs 0 and 1 are node 0's";
  EXPECT_EQ(zone.pcps[1].cpu(), CpuId{3});
  mm.free_pages(a->pfn, 0, mm.nobody(), CpuId{2});
  EXPECT_GT(zone.pcps[0].count(), zone.pcps[1].count());
}

// Pages on the lists are free, but no watermark sees them.
TEST(page_alloc, pages_on_lists_count_as_free_in_the_zone_but_not_for_watermarks) {
  const KernelConfig config;
  Mm mm(boot(two_nodes(), config), config, {});
  const PageCount free = mm.mem_free();
  const auto got = mm.alloc_pages({.node = NodeId{0}, .order = kPageblockOrder}, mm.nobody());
  EXPECT_EQ((free - mm.mem_free()).value, kPageblockPages);
  const Zone& zone = mm.zone(got->node, got->zone);
  EXPECT_EQ((zone.free_pages() - zone.buddy.free_pages()).value, kPageblockPages);
  mm.validate();
}

// A zone that was found below its high watermark is known to be so until pages come back.
TEST(page_alloc, a_zone_short_of_memory_is_noted_until_it_recovers) {
  const KernelConfig config;
  Mm mm(boot(two_nodes(), config), config, {});
  std::vector<FreedPages> held;
  const AllocRequest request{.node = NodeId{0}, .type = MigrateType::movable, .this_node = true};
  while (const auto got = mm.alloc_pages(request, mm.nobody())) held.push_back({got->pfn, 0});
  Zone& zone = mm.zone(NodeId{0}, ZoneType::dma32);
  EXPECT_TRUE(zone.below_high);
  for (const FreedPages& f : held) mm.free_pages(f.pfn, f.order, mm.nobody());
  EXPECT_FALSE(zone.below_high);
  EXPECT_GT(zone.buddy.free_pages(), zone.watermark.high);
}

}  // namespace
}  // namespace mhp::kernel::page_alloc_test
