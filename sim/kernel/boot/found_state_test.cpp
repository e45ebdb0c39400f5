#include "sim/kernel/boot/found_state.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

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

const Location kWhere{"state.toml", 7, 3};

Value number(std::int64_t n) { return {n, kWhere}; }
Value text(const char* t) { return {std::string(t), kWhere}; }
Value list(Value::Array values) { return {std::move(values), kWhere}; }

/// A state of one zone that holds, but for what is given another value: in its table, or in the
/// zone's.
Value table_of(const Value::Table& state, const Value::Table& zone = {}) {
  const FoundZone z = normal({});
  const auto with = [](Value::Table table, const Value::Table& other) {
    for (const auto& member : other) {
      const auto at = std::find_if(table.begin(), table.end(),
                                   [&](const auto& m) { return m.key == member.key; });
      if (at != table.end()) table.erase(at);
      table.push_back(member);
    }
    return table;
  };
  const Value::Table fields = with({{"node", number(0)},
                                    {"zone", text("Normal")},
                                    {"start_pfn", number(z.start_pfn)},
                                    {"spanned", number(z.spanned.value)},
                                    {"present", number(z.present.value)},
                                    {"managed", number(z.managed.value)}},
                                   zone);
  return {with({{"block_size", text("128MiB")}, {"zone", list({{fields, kWhere}})}}, state),
          kWhere};
}

/// What is wrong with it, a line an error, each with its remedy.
std::string wrong_with(const Value& table, std::size_t nodes = 1) {
  Diagnostics errors;
  read_found_state(table, nodes, errors, nullptr, "machine.state");
  std::string all;
  for (const Diagnostic& e : errors) {
    EXPECT_EQ(e.where.line, 7) << e.text();
    all += (all.empty() ? "" : "; ") + e.problem + " -> " + e.remedy;
  }
  return all;
}

TEST(FoundState, what_cannot_be_is_refused_with_its_place) {
  const std::int64_t present = normal({}).present.value;
  EXPECT_EQ(wrong_with(table_of({}, {{"managed", number(present)}})), "");
  Diagnostics errors;
  read_found_state(table_of({}, {{"managed", number(present + 1)}}), 1, errors, nullptr,
                   "machine.state");
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_TRUE(errors[0].text().starts_with("state.toml:7:3: zone Normal of node 0 has "));
}

TEST(FoundState, zones_that_cannot_be_are_refused_with_a_remedy) {
  const auto wrong = [](const Value::Table& zone) { return wrong_with(table_of({}, zone)); };
  EXPECT_EQ(wrong({{"zone", text("Upper")}}), "'Upper' is no zone -> as in /proc/zoneinfo");
  EXPECT_EQ(wrong({{"node", number(1)}}), "there is no node 1 -> nodes are numbered 0 to 0");
  EXPECT_EQ(wrong({{"present", number((1 << 18) + 1)}}),
            "zone Normal of node 0 has 258048 pages managed, 262145 present and 262144 spanned -> "
            "no more managed than present, no more present than spanned");
  for (const auto& [min, low, high] : {std::tuple{3, 2, 4}, std::tuple{1, 4, 2}})
    EXPECT_EQ(wrong({{"min", number(min)}, {"low", number(low)}, {"high", number(high)}}),
              "the watermarks are out of order -> min, low, high");
  EXPECT_EQ(wrong({{"free_blocks", list({number(258'000)})}, {"pcp", number(49)}}),
            "zone Normal of node 0 has 258049 pages free of 258048 -> no more free than managed");
  EXPECT_EQ(wrong({{"free_blocks", list({number(200'000)})}, {"active_file", number(58'049)}}),
            "zone Normal of node 0 has 200000 pages free and 58049 on LRU lists of 258048 -> no "
            "more together than managed");
}

TEST(FoundState, states_that_cannot_be_are_refused_with_a_remedy) {
  const auto wrong = [](const Value::Table& state) { return wrong_with(table_of(state)); };
  const auto runs = [&](const char* key, std::initializer_list<const char*> texts) {
    Value::Array all;
    for (const char* t : texts) all.push_back(text(t));
    return wrong({{key, list(std::move(all))}});
  };
  EXPECT_EQ(wrong({{"block_size", text("96MiB")}}),
            "memory blocks are a power of two -> for example \"128MiB\"");
  EXPECT_EQ(wrong({{"distance", list({number(10), number(20)})}}),
            "2 distances of 1 nodes -> 1, row by row");
  EXPECT_EQ(wrong({{"zone", list({})}}), "no zone has memory -> add [[zone]] tables");
  EXPECT_EQ(wrong({{"zone", text("Normal")}}), "'zone' is a string -> write [[zone]] tables");
  EXPECT_EQ(runs("memory", {"0-9", "10-20"}), "");
  EXPECT_EQ(runs("blocks", {"32-39 0", "48-48 0"}), "");
  for (const char* none : {"", "x-3", "-1-3", "3", "3-", "3-2", "3-x", "0-1099511627777", "0-3 0",
                           "99999999999999999999-3"})
    EXPECT_EQ(runs("memory", {none}),
              fmt::format("'{}' is no run -> \"FIRST-LAST\", page frames", none));
  for (const char* none : {"0-3", "0-3 ", "0-3 x", "0-3 0 ", "0-33554433 0"})
    EXPECT_EQ(runs("blocks", {none}),
              fmt::format("'{}' is no run -> \"FIRST-LAST NODE\", numbers of blocks", none));
  EXPECT_EQ(runs("memory", {"0-9", "9-20"}),
            "'9-20' does not come after the one before -> runs are in ascending order");
  EXPECT_EQ(runs("blocks", {"32-39 1"}),
            "'32-39 1': there is no node 1 -> nodes are numbered 0 to 0");
  Value twice = table_of({});
  Value::Array& zones = std::get<Value::Array>(twice.find("zone")->data);
  zones.push_back(zones.front());
  EXPECT_EQ(wrong_with(twice), "zone Normal of node 0 is there twice -> each once");
}

TEST(FoundState, distances_and_memory_are_those_found) {
  FoundState state = state_of(normal({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100}));
  machine::Description machine;
  machine.nodes = {{Bytes{kGiB}, 2}, {Bytes{0}, 0}};
  machine.distance = {{10, 20}, {20, 10}};
  state.memory = {"0-159", "1048576-1310719"};
  const BootState as_machine = kernel::boot(state, machine, {}, {});
  EXPECT_EQ(as_machine.distance, machine.distance);
  ASSERT_EQ(as_machine.memory.size(), 2u);
  EXPECT_EQ(as_machine.memory[0].end, Pfn{160});
  EXPECT_TRUE(as_machine.nodes[0].online);
  EXPECT_FALSE(as_machine.nodes[1].online) << "no zone of it was found";
  state.distance = {10, 31, 32, 10};
  EXPECT_EQ(kernel::boot(state, machine, {}, {}).distance,
            (std::vector<std::vector<int>>{{10, 31}, {32, 10}}));
}

// Where blocks were not found, each is the first zone's that touches it.
TEST(FoundState, blocks_that_were_not_found_are_those_that_zones_touch) {
  FoundZone dma32 = normal({});
  dma32.zone = "DMA32";
  dma32.start_pfn = 0;
  dma32.spanned = dma32.present = dma32.managed = PageCount{3 * 32'768 + 1};
  FoundZone none = normal({});
  none.zone = "Movable";
  none.spanned = none.present = none.managed = PageCount{0};
  FoundZone upper = normal({});
  upper.start_pfn = 3 * 32'768 + 1;
  upper.node = NodeId{1};
  FoundState state = state_of(upper);
  state.zones = {upper, none, dma32};
  machine::Description machine;
  machine.nodes = {{Bytes{kGiB}, 2}, {Bytes{kGiB}, 2}};
  machine.distance = {{10, 20}, {20, 10}};
  const BootState boot = kernel::boot(state, machine, {}, {});
  ASSERT_EQ(boot.blocks.size(), 2u);
  EXPECT_EQ(boot.blocks[0].first, 0);
  EXPECT_EQ(boot.blocks[0].last, 3);
  EXPECT_EQ(boot.blocks[0].node, NodeId{0});
  EXPECT_EQ(boot.blocks[1].first, 4) << "block 3 is node 0's";
  EXPECT_EQ(boot.blocks[1].last, 11);
  EXPECT_EQ(boot.blocks[1].node, NodeId{1});
}

}  // namespace
}  // namespace mhp::kernel::found_state_test
