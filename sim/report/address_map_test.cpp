#include "sim/report/address_map.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace mhp::report::address_map_test {
namespace {

using Ints = std::vector<std::int64_t>;
constexpr std::int64_t kBlock = 32768;

/// A run file with hot-added blocks whose memmap lies on these nodes.
record::FileContent file_of(const Ints& memmap_nodes) {
  record::FileContent file;
  Ints number, start, pages, memmap, online, head;
  record::Flags zone{{}, {"DMA", "DMA32", "Normal", "Movable", "Device", "none"}};
  record::Flags placement{{}, {"boot_memory"}};
  for (std::size_t i = 0; i < memmap_nodes.size(); ++i) {
    const auto n = static_cast<std::int64_t>(i);
    number.push_back(32 + n);
    start.push_back((32 + n) * kBlock);
    pages.push_back(kBlock);
    memmap.push_back(kBlock / 64);
    online.push_back(n % 7 == 6 ? -1 : 1000 + n);
    head.push_back(n % 2);
    zone.values.push_back(2);
    placement.values.push_back(0);
  }
  const std::vector<std::string> dims{"block"};
  file.group("memmap")
      .coordinate("block", number, "1", "block")
      .variable("start_pfn", dims, start, "page", "-")
      .variable("pages", dims, pages, "page", "-")
      .variable("memmap_pages", dims, memmap, "page", "-")
      .variable("memmap_node", dims, memmap_nodes, "1", "-")
      .variable("memmap_zone", dims, zone, "1", "-")
      .variable("placement", dims, placement, "1", "-")
      .variable("online_at", dims, online, "ns", "-")
      .variable("unusable_pages", dims, head, "page", "-");
  return file;
}

TEST(AddressMap, a_file_without_blocks_has_none) {
  EXPECT_TRUE(address_map({}, 10).empty());
  EXPECT_TRUE(address_map(file_of({}), 10).empty());
}

TEST(AddressMap, neighbours_with_one_story_are_one_stretch) {
  // Heads of 0 and 1 pages alternate, so that no two neighbours are alike.
  EXPECT_EQ(address_map(file_of({0, 0, 0}), 10).size(), 3u);
  auto file = file_of({0, 0, 0, 1});
  for (auto& v : file.groups[0].variables)
    if (v.name == "unusable_pages") v.data = Ints{4, 4, 4, 4};
  const auto map = address_map(file, 10);
  ASSERT_EQ(map.size(), 2u);
  EXPECT_EQ(map[0].count, 3);
  EXPECT_EQ(map[0].block, 32);
  EXPECT_EQ(map[0].head_pages, 12);
  EXPECT_EQ(map[0].online_first, 1000);
  EXPECT_EQ(map[0].online_last, 1002);
  EXPECT_FALSE(map[0].mixed);
  EXPECT_EQ(map[1].memmap_node, 1);
}

// What no machine can have is no map, before anything is added up or multiplied.
TEST(AddressMap, pages_beyond_every_machine_are_none) {
  for (const char* name : {"start_pfn", "pages", "memmap_pages", "unusable_pages"})
    for (const std::int64_t absurd :
         {INT64_MIN, std::int64_t{-2}, (std::int64_t{1} << 42) + 1, INT64_MAX}) {
      auto file = file_of({0, 0, 1});
      for (auto& v : file.groups[0].variables)
        if (v.name == name) std::get<Ints>(v.data)[1] = absurd;
      EXPECT_TRUE(address_map(file, 10).empty()) << name << ' ' << absurd;
    }
}

RC_GTEST_PROP(AddressMap, pages_add_up_however_coarse, ()) {
  const auto nodes = *rc::gen::container<Ints>(*rc::gen::inRange<std::size_t>(1, 300),
                                               rc::gen::inRange<std::int64_t>(0, 3));
  const auto most = *rc::gen::inRange<std::size_t>(1, 40);
  const auto map = address_map(file_of(nodes), most);
  RC_ASSERT(map.size() <= most);
  std::int64_t pages = 0, memmap = 0, blocks = 0, heads = 0, next = 32 * kBlock;
  for (const Stretch& s : map) {
    RC_ASSERT(s.start_pfn == next);
    next += s.pages;
    pages += s.pages;
    memmap += s.memmap_pages;
    blocks += s.count;
    heads += s.head_pages;
  }
  const auto n = static_cast<std::int64_t>(nodes.size());
  RC_ASSERT(blocks == n);
  RC_ASSERT(pages == n * kBlock);
  RC_ASSERT(memmap == n * kBlock / 64);
  RC_ASSERT(heads == n / 2);
}

}  // namespace
}  // namespace mhp::report::address_map_test
