#include "sim/kernel/boot/found_state.hpp"

#include <gtest/gtest.h>

#include "sim/core/interval_map.hpp"
#include "sim/kernel/mm/mm.hpp"

namespace mhp::kernel::found_state_test {
namespace {

constexpr Geometry kGeometry;

FoundZone normal(std::vector<std::int64_t> free_blocks) {
  FoundZone zone;
  zone.node = NodeId{0};
  zone.zone = "Normal";
  zone.start_pfn = 1 << 20;
  zone.spanned = zone.present = PageCount{1 << 18};  // 1 GiB
  zone.managed = PageCount{(1 << 18) - 4096};
  zone.free_blocks = std::move(free_blocks);
  return zone;
}

std::vector<PfnRange> memory_of(const FoundZone& z) {
  return {{Pfn{z.start_pfn}, Pfn{z.start_pfn} + z.spanned}};
}

FoundState state_of(const FoundZone& zone) {
  FoundState state;
  state.block_size = Bytes{128 * kMiB};
  state.zones = {zone};
  return state;
}

machine::Description machine_of_one_node() {
  machine::Description machine;
  machine.nodes = {{Bytes{kGiB}, 2}};
  machine.distance = {{10}};
  return machine;
}

/// Free blocks by order of a machine that has come up so.
std::vector<std::int64_t> blocks_of(const Mm& mm, MigrateType type) {
  std::vector<std::int64_t> blocks;
  for (int order = 0; order <= kGeometry.max_order(); ++order)
    blocks.push_back(mm.zone(NodeId{0}, ZoneType::normal).buddy.free_blocks(order, type));
  return blocks;
}

TEST(FoundState, free_blocks_are_cut_as_they_were_found) {
  const std::vector<std::int64_t> found{17, 9, 4, 0, 3, 1, 1, 0, 2, 5, 100};
  const FoundState state = state_of(normal(found));
  const BootState boot = kernel::boot(state, machine_of_one_node(), {}, {});
  const Mm mm(boot, {}, {});
  std::vector<std::int64_t> all(found.size());
  for (const auto type : {MigrateType::unmovable, MigrateType::movable}) {
    const auto blocks = blocks_of(mm, type);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] += blocks[i];
  }
  EXPECT_EQ(all, found) << "no two are buddies, so that none has merged";
  mm.validate();
}

TEST(FoundState, types_of_free_blocks_hold) {
  FoundZone zone = normal({40, 20, 0, 0, 0, 0, 0, 0, 0, 3, 90});
  zone.free_unmovable = {7, 3, 1};
  zone.free_reclaimable = {2};
  zone.pageblocks_unmovable = 12;
  zone.pageblocks_reclaimable = 4;
  const FoundState state = state_of(zone);
  const BootState boot = kernel::boot(state, machine_of_one_node(), {}, {});
  Mm mm(boot, {}, {});
  set_pageblock_types(state, boot, mm);
  mm.validate();
  const auto unmovable = blocks_of(mm, MigrateType::unmovable);
  EXPECT_EQ(std::vector(unmovable.begin(), unmovable.begin() + 3), zone.free_unmovable);
  EXPECT_EQ(blocks_of(mm, MigrateType::reclaimable)[0], 2);
  EXPECT_EQ(blocks_of(mm, MigrateType::movable), zone.free_blocks);
  const Buddy& buddy = mm.zone(NodeId{0}, ZoneType::normal).buddy;
  const PfnRange span = memory_of(zone)[0];
  EXPECT_EQ(buddy.pageblocks_in(span, MigrateType::unmovable), 12);
  EXPECT_EQ(buddy.pageblocks_in(span, MigrateType::reclaimable), 4);
}

// 12 unmovable blocks of the largest order do not fit 12 pageblocks that begin with one of another
// type; they lie elsewhere then, but no page is lost.
TEST(FoundState, no_free_page_is_lost) {
  FoundZone zone = normal({1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 60});
  zone.free_unmovable = {0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 12};
  zone.pageblocks_unmovable = 3;
  const BootZone laid = lay_out(zone, memory_of(zone), kGeometry);
  PageCount free;
  for (const PfnRange& r : laid.free) free += r.pages();
  EXPECT_EQ(free.value, 1023 + 60 * 1024 + 512 + 12 * 1024);
}

TEST(FoundState, what_is_in_use_is_neither_free_nor_on_lists) {
  FoundZone zone = normal({5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10});
  zone.pcp = PageCount{33};
  const BootZone laid = lay_out(zone, memory_of(zone), kGeometry);
  ASSERT_EQ(laid.pcp.size(), 33u);
  PageCount used;
  for (const PfnRange& r : in_use(zone, laid, kGeometry)) used += r.pages();
  EXPECT_EQ(used, zone.present - PageCount{5 + 10 * 1024 + 33});
}

TEST(FoundState, memory_for_the_memmap_is_set_aside_of_what_is_free) {
  const FoundState state = state_of(normal({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100}));
  KernelConfig config;
  config.memmap_placement = "boot_reservation";
  config.max_hotpluggable = Bytes{4 * kGiB};  // 16384 pages of memmap
  const BootState boot = kernel::boot(state, machine_of_one_node(), config, {});
  EXPECT_TRUE(boot.memmap_reservation.fits);
  EXPECT_EQ(boot.memmap_reservation.range.pages(), PageCount{16384});
  const Mm mm(boot, config, {});
  EXPECT_LT(mm.zone(NodeId{0}, ZoneType::normal).free_pages(), PageCount{100 * 1024 - 16384});
  config.max_hotpluggable = Bytes{64 * kGiB};  // 1 GiB of memmap
  EXPECT_FALSE(kernel::boot(state, machine_of_one_node(), config, {}).memmap_reservation.fits);
}

TEST(FoundState, blocks_of_another_size_cover_the_same_memory) {
  FoundState state = state_of(normal({}));
  state.blocks = {"32-39 0"};
  KernelConfig config;
  EXPECT_EQ(kernel::boot(state, machine_of_one_node(), config, {}).blocks.front().last, 39);
  config.memory_block_size = Bytes{kGiB};
  const BootState boot = kernel::boot(state, machine_of_one_node(), config, {});
  ASSERT_EQ(boot.blocks.size(), 1u);
  EXPECT_EQ(boot.blocks.front().first, 4);
  EXPECT_EQ(boot.blocks.front().last, 4);
}

Value table_of(const FoundZone& zone, std::int64_t managed) {
  const Location where{"state.toml", 7, 3};
  const auto number = [&](std::int64_t n) { return Value{n, where}; };
  Value::Table z{{"node", number(0)},
                 {"zone", Value{zone.zone, where}},
                 {"start_pfn", number(zone.start_pfn)},
                 {"spanned", number(zone.spanned.value)},
                 {"present", number(zone.present.value)},
                 {"managed", number(managed)}};
  return {Value::Table{{"block_size", Value{std::string("128MiB"), where}},
                       {"zone", Value{Value::Array{{std::move(z), where}}, where}}},
          where};
}

TEST(FoundState, what_cannot_be_is_refused_with_its_place) {
  const FoundZone zone = normal({});
  Diagnostics errors;
  read_found_state(table_of(zone, zone.present.value), 1, errors, nullptr, "machine.state");
  EXPECT_TRUE(errors.empty());
  read_found_state(table_of(zone, zone.present.value + 1), 1, errors, nullptr, "machine.state");
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_TRUE(errors[0].text().starts_with("state.toml:7:3: zone Normal of node 0 has "));
}

}  // namespace
}  // namespace mhp::kernel::found_state_test
