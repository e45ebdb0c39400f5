// Every position of the debate about where memmap lives is a plan, and the mechanism says of each
// whether it can carry it out.
#include "sim/kernel/placement/common/plan.hpp"

#include <gtest/gtest.h>

#include <string>

#include "sim/kernel/placement/common/plans.hpp"

namespace mhp::kernel {
namespace {

using Source = MemmapOrigin::Source;

constexpr PageCount kBlock{32768};
constexpr PfnRange kRange{Pfn{0}, Pfn{8 * 32768}};
constexpr PfnRange kSecond{Pfn{32768}, Pfn{2 * 32768}};
const PlacementRequest kRequest{kRange, NodeId{1}, kBlock, PageCount{512}, PageCount{512}};

Plan in_range() { return in_head(kRequest, kSecond, kSecond, PageCount{512}); }

/// Memmap of the second block at the start of the call, blocks onlined one by one.
Plan packed() {
  Plan plan = in_head(kRequest, kSecond, kRange, PageCount{8 * 512});
  plan.online_unit = kSecond;
  plan.account.written = When::add;
  plan.host_first = true;
  return plan;
}

Plan early() {
  Plan plan = in_range();
  plan.account = {ZoneType::normal, When::add, When::add, When::add, When::never, When::online};
  return plan;
}

template <class F>
Plan with(Plan plan, F&& change) {
  change(plan);
  return plan;
}

TEST(plan, what_is_carried_out) {
  const Plan all[] = {
      from_page_allocator(kRequest, kSecond),
      in_range(),
      in_head(kRequest, kSecond, kSecond, PageCount{1024}),    // padded
      in_head(kRequest, kSecond, kRange, PageCount{8 * 512}),  // a unit
      early(),
      with(early(), [](Plan& p) { p.account.findable = When::add; }),  // found while offline
      with(in_range(), [](Plan& p) { p.away_alone = true; }),          // the fifth patch series
  };
  for (const Plan& plan : all) EXPECT_EQ(not_carried_out(plan), "");
}

TEST(plan, what_can_be_said_but_not_yet_done_is_answered_in_words) {
  const Plan all[] = {
      packed(),  // one altmap a device
      with(in_range(), [](Plan& p) { p.memmap.at = Pfn{512}, p.host_first = true; }),
      with(packed(), [](Plan& p) { p.memmap.moved_at_remove = true; }),
      with(in_range(), [](Plan& p) { p.memmap.populated = When::online; }),  // mapped late
      with(in_range(), [](Plan& p) { p.memmap.source = Source::reservation; }),
      with(in_range(), [](Plan& p) { p.memmap.source = Source::nowhere; }),
      with(in_range(),
           [](Plan& p) { p.account.spanned = p.account.present = When::never; }),  // hole
      with(in_range(), [](Plan& p) { p.account.written = When::boot; }),
      with(in_range(), [](Plan& p) { p.account.managed = When::online; }),
      with(early(), [](Plan& p) { p.account.zone.reset(); }),
  };
  for (const Plan& plan : all) EXPECT_NE(not_carried_out(plan), "");
}

TEST(plan, a_unit_has_its_memmap_at_its_start_in_order) {
  const Plan first = in_head(kRequest, {Pfn{0}, Pfn{32768}}, kRange, PageCount{8 * 512});
  const Plan second = in_head(kRequest, kSecond, kRange, PageCount{8 * 512});
  EXPECT_EQ(first.head, PageCount{8 * 512});
  EXPECT_EQ(second.head, PageCount{0});
  EXPECT_EQ(first.memmap.at, Pfn{0});
  EXPECT_EQ(second.memmap.at, Pfn{512});
  EXPECT_EQ(second.away_unit, kRange);
}

// Packed where the range would go to a kernel zone, block by block where to Movable; and a choice
// of the operator's for every block. Both are functions of what `decide` is given.
TEST(plan, a_policy_may_choose_by_zone_and_block_by_block) {
  const auto by_zone = [](const PlacementRequest& request, PfnRange block,
                          const Surroundings& there) {
    const bool kernel = is_kernel_zone(there.default_zone);
    return kernel ? in_head(request, block, request.range, PageCount{8 * 512})
                  : in_head(request, block, block, PageCount{512});
  };
  EXPECT_EQ(by_zone(kRequest, kSecond, {{}, ZoneType::normal}).online_unit, kRange);
  EXPECT_EQ(by_zone(kRequest, kSecond, {{}, ZoneType::movable}).online_unit, kSecond);
  const auto per_block = [](const PlacementRequest& request, PfnRange block) {
    const bool even = (block.start - request.range.start) / request.block_pages % 2 == 0;
    return even ? from_page_allocator(request, block)
                : in_head(request, block, block, PageCount{512});
  };
  EXPECT_FALSE(per_block(kRequest, {Pfn{0}, Pfn{32768}}).memmap.in_added_memory());
  EXPECT_EQ(per_block(kRequest, kSecond).head, PageCount{512});
}

// Whatever stands in the way of a placement, what is done instead is what boot_memory does.
TEST(plan, of_a_placement_that_is_refused_is_that_of_boot_memory) {
  KernelProfile old;
  old.memmap_on_memory_multi_block = old.memmap_on_memory_force = false;
  const PlacementRequest not_asked{kRange,         NodeId{1},      kBlock,
                                   PageCount{512}, PageCount{512}, false};
  const PlacementRequest half{kRange, NodeId{1}, kBlock, PageCount{256}, PageCount{512}};
  const PlacementRequest base_pages{kRange, NodeId{1}, kBlock, PageCount{500}, PageCount{4}};
  const PlacementRequest filled{kRange, NodeId{1}, kBlock, kBlock, PageCount{512}};
  const auto refused = [](const PlacementRequest& request, const KernelProfile& profile) {
    std::string names;
    for (const auto& [name, placement] : placements().entries()) {
      Plan plan = placement.decide(request, kSecond, profile, {{}, ZoneType::normal});
      if (!plan.refused()) continue;
      names += name + " ";
      plan.refused_because = {};
      EXPECT_EQ(plan, from_page_allocator(request, kSecond)) << name;
    }
    return names;
  };
  const std::string all = "altmap_unit early_kernel_zone hotplugged_range hotplugged_range_force ";
  EXPECT_EQ(refused(kRequest, {}), "");
  EXPECT_EQ(refused(kRequest, old), "hotplugged_range hotplugged_range_force ");
  EXPECT_EQ(refused(not_asked, {}), all);
  EXPECT_EQ(refused(base_pages, {}), all) << "of 4 KiB mappings";
  EXPECT_EQ(refused(filled, {}), all) << "the head is the whole of what it describes";
  EXPECT_EQ(refused(half, {}), "early_kernel_zone hotplugged_range hotplugged_range_force ")
      << "the memmap of eight blocks together is whole pageblocks";
}

TEST(plan, what_no_kernel_has_says_so_wherever_it_is_described) {
  for (const auto& [name, placement] : placements().entries()) {
    const bool said = placement.doc.find("no kernel has it") != std::string::npos;
    EXPECT_EQ(said, !placement.note().empty()) << name;
  }
}

}  // namespace
}  // namespace mhp::kernel
