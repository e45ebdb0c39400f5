// Every position of the debate about where memmap lives is a plan, and the mechanism says of each
// whether it can carry it out.
#include "sim/kernel/placement/common/plan.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "sim/core/interval_map.hpp"
#include "sim/kernel/placement/common/per_block_map.hpp"
#include "sim/kernel/placement/common/plans.hpp"

namespace mhp::kernel::plan_test {
namespace {

using Source = MemmapOrigin::Source;

constexpr PageCount kBlock{32768};
constexpr PfnRange kRange{Pfn{0}, Pfn{8 * 32768}};
constexpr PfnRange kSecond{Pfn{32768}, Pfn{2 * 32768}};
const PlacementRequest kRequest{kRange, NodeId{1}, kBlock, PageCount{512}, PageCount{512}};

Plan in_range() { return in_head(kRequest, kSecond, kSecond, PageCount{512}); }

Plan early() { return early_in_kernel_zone(kRequest, kSecond, When::online); }

template <class F>
Plan with(Plan plan, F&& change) {
  change(plan);
  return plan;
}

TEST(plan, of_every_placement_can_be_carried_out) {
  KernelConfig config;
  const std::vector<MemoryBlock> none;
  const MemmapReservation reserved{{Pfn{0}, Pfn{8 * 512}}, NodeId{0}};
  for (const auto& [name, placement] : placements().entries())
    for (const ZoneType zone : {ZoneType::normal, ZoneType::movable}) {
      const Plans plans = placement.decide(kRequest, {}, {none, config, zone, reserved});
      ASSERT_EQ(plans.size(), 8U) << name;
      for (const Plan& plan : plans) EXPECT_EQ(not_carried_out(plan), "") << name;
      for (Pfn p = kRange.start; p < kRange.end;) {
        const PfnRange mapped = plans[static_cast<std::size_t>((p - kRange.start) / kBlock)].mapped;
        ASSERT_EQ(mapped.start, p) << name;
        ASSERT_FALSE(mapped.empty()) << name;
        p = mapped.end;
      }
    }
}

// The memmap of a block is as large as it is, and nobody's but its own.
TEST(plan, no_page_holds_the_memmap_of_two_blocks) {
  KernelConfig config;
  config.memmap_per_block = {"boot_memory*2", "own_zone*3", "hotplugged_range"};
  const MemmapReservation reserved{{Pfn{0x100000}, Pfn{0x100000 + 8 * 512}}, NodeId{0}};
  for (const auto& [name, placement] : placements().entries()) {
    IntervalSet held, heads;
    std::vector<MemoryBlock> blocks;
    for (std::int64_t call = 0; call < 20; ++call) {
      PlacementRequest request = kRequest;
      request.range = {kRange.start + kBlock * (8 * call), kRange.end + kBlock * (8 * call)};
      const Plans plans =
          placement.decide(request, {}, {blocks, config, ZoneType::normal, reserved});
      for (std::int64_t n = 0; n < 8; ++n) {
        const Plan& plan = plans[static_cast<std::size_t>(n)];
        const Pfn start = request.block(n).start;
        heads.insert(start.value, (start + plan.head).value);
        MemoryBlock block;
        block.state = MemoryBlock::State::offline;
        block.node = request.node;
        block.plan = plan;
        blocks.push_back(block);
        if (plan.memmap.from_page_allocator()) continue;
        const std::int64_t at = plan.memmap.at.value;
        ASSERT_EQ(held.covered(at, at + 512), 0) << name;
        held.insert(at, at + 512);
      }
    }
    held.erase(reserved.range.start.value, reserved.range.end.value);
    held.for_each_in(0, std::int64_t{1} << 40, [&heads, &name = name](const auto& i) {
      EXPECT_EQ(heads.covered(i.start, i.end), i.end - i.start) << name;
    });
  }
}

TEST(plan, what_contradicts_itself_is_answered_in_words) {
  const Plan all[] = {
      with(in_range(), [](Plan& p) { p.memmap.source = Source::reservation; }),
      with(in_range(), [](Plan& p) { p.memmap.populated = When::boot; }),
      with(in_range(), [](Plan& p) { p.memmap.populated = When::never; }),
      with(in_range(), [](Plan& p) { p.memmap.populated = When::online, p.mapped = kRange; }),
      with(in_range(),
           [](Plan& p) { p.memmap.populated = When::online, p.account.written = When::add; }),
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

TEST(plan, by_zone_packs_what_would_go_to_a_kernel_zone) {
  const PlacementPolicy& policy = *placements().find("by_zone");
  const auto second = [&](ZoneType zone) {
    return policy.decide(kRequest, {}, {{}, KernelConfig{}, zone})[1];
  };
  EXPECT_EQ(second(ZoneType::normal).memmap.at, Pfn{512});
  EXPECT_EQ(second(ZoneType::normal).away_unit, kRange);
  EXPECT_EQ(second(ZoneType::movable).memmap.at, kSecond.start);
  EXPECT_EQ(second(ZoneType::movable).away_unit, kSecond);
}

TEST(plan, per_block_goes_on_where_the_last_addition_ended) {
  KernelConfig config;
  config.memmap_per_block = {"boot_memory*2", "hotplugged_range*3", "own_zone"};
  std::vector<MemoryBlock> three(3);
  for (MemoryBlock& block : three) block.state = MemoryBlock::State::offline;
  const Plans plans =
      placements().find("per_block")->decide(kRequest, {}, {three, config, ZoneType::normal});
  EXPECT_EQ(plans[1].head, PageCount{512});
  EXPECT_EQ(plans[1].account.written, When::online) << "the second and third of three";
  EXPECT_EQ(plans[2].account.written, When::add);
  const Plans first =
      placements().find("per_block")->decide(kRequest, {}, {{}, config, ZoneType::normal});
  EXPECT_EQ(first[1].mapped, (PfnRange{Pfn{0}, Pfn{2 * 32768}}));
  EXPECT_EQ(first[2].head, PageCount{512});
}

TEST(per_block_map, says_what_is_wrong) {
  const auto problem = [](std::vector<std::string> texts) {
    KernelConfig config;
    config.memmap_per_block = std::move(texts);
    const auto map = per_block_map(config);
    return map ? std::string() : map.error().front().problem;
  };
  EXPECT_EQ(problem({"boot_memory*2", "hotplugged_range"}), "");
  EXPECT_EQ(problem({"boot_memory", "hotplugged_range"}),
            "'boot_memory' does not say of how many blocks");
  EXPECT_EQ(problem({"boot_memory*0", "hotplugged_range"}),
            "'boot_memory*0' is no run of memory blocks");
  EXPECT_EQ(problem({"boot_memory*2"}), "'boot_memory*2' is no run of memory blocks");
  for (const char* blocks : {"", "x", "2x", "-1", "99999999999999999999"})
    EXPECT_EQ(problem({std::string("boot_memory*") + blocks, "hotplugged_range"}),
              fmt::format("'boot_memory*{}' is no run of memory blocks", blocks));
  EXPECT_EQ(problem({"boot"}), "there is no placement 'boot' for single blocks");
  EXPECT_EQ(problem({"earlier_blocks"}),
            "there is no placement 'earlier_blocks' for single blocks");
}

TEST(per_block_map, is_made_of_a_number_of_blocks_where_it_is_not_stated) {
  KernelConfig config;
  ASSERT_EQ(per_block_map(config)->size(), 1u);
  EXPECT_EQ(per_block_map(config)->front().placement, "hotplugged_range");
  config.memmap_boot_blocks = 3;
  const auto map = per_block_map(config);
  ASSERT_EQ(map->size(), 2u);
  EXPECT_EQ(map->front().placement, "boot_memory");
  EXPECT_EQ(map->front().blocks, 3);
  EXPECT_EQ(map->back().placement, "hotplugged_range");
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
  const MemmapReservation reserved{{Pfn{0}, Pfn{8 * 32768}}, NodeId{0}};
  using Names = std::set<std::string>;
  const auto refused = [&](const PlacementRequest& request, const KernelProfile& profile) {
    Names names;
    for (const auto& [name, placement] : placements().entries()) {
      Plan plan =
          placement.decide(request, profile, {{}, KernelConfig{}, ZoneType::normal, reserved})[1];
      if (!plan.refused()) continue;
      names.insert(name);
      plan.refused_because = {};
      EXPECT_EQ(plan, from_page_allocator(request, kSecond)) << name;
    }
    return names;
  };
  Names all;
  for (const std::string& name : placements().names()) all.insert(name);
  all.erase("boot_memory");
  all.erase("boot_reservation");
  EXPECT_EQ(refused(kRequest, {}), Names{"v5_patch"}) << "of more than one block";
  EXPECT_EQ(refused(kRequest, old),
            (Names{"hotplugged_range", "hotplugged_range_force", "per_block", "v5_patch"}));
  EXPECT_EQ(refused(not_asked, {}), all);
  EXPECT_EQ(refused(base_pages, {}), all) << "of 4 KiB mappings";
  EXPECT_EQ(refused(filled, {}), all) << "the head is the whole of what it describes";
  Names single = all;
  for (const char* packed : {"altmap_unit", "by_zone", "grouped", "marked_vmemmap", "per_device"})
    single.erase(packed);
  EXPECT_EQ(refused(half, {}), single) << "the memmap of eight blocks together is whole pageblocks";
}

TEST(plan, what_no_kernel_has_says_so_wherever_it_is_described) {
  for (const auto& [name, placement] : placements().entries()) {
    const bool said = placement.doc.find("no kernel has it") != std::string::npos;
    EXPECT_EQ(said, !placement.note().empty()) << name;
  }
}

}  // namespace
}  // namespace mhp::kernel::plan_test
