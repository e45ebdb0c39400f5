// Boot parameters that set memory aside, as the kernel reads them and as it finds room.
#include "sim/kernel/boot/early_reservations.hpp"

#include <gtest/gtest.h>

#include "sim/kernel/arch/x86_64.hpp"

namespace mhp::kernel::early_reservations_test {
namespace {

BootState boot_with(const std::string& swiotlb, const std::string& crashkernel,
                    Bytes memory = Bytes{8 * kGiB}, std::int64_t cpus = 4,
                    Bytes hotpluggable = Bytes{0}) {
  machine::Description machine;
  machine.nodes = {{memory, cpus}};
  machine.distance = {{10}};
  KernelConfig config;
  config.swiotlb = swiotlb;
  config.crashkernel = crashkernel;
  config.max_hotpluggable = hotpluggable;
  return boot(machine, config);
}

PageCount managed(const BootState& state, ZoneType type) {
  for (const BootZone& zone : state.zones)
    if (zone.type == type) return zone.managed;
  return {};
}

/// "what start-end" in MiB, for each that was made.
std::string made(const BootState& state) {
  std::string all;
  for (const EarlyReservation& r : state.early.made) {
    if (r.what == "swiotlb slots") continue;
    const auto mib = [](Pfn p) { return std::to_string(bytes_of(p - Pfn{0}).value / kMiB); };
    all += (all.empty() ? "" : ", ") + r.what + " " + mib(r.range.start) + "-" + mib(r.range.end);
  }
  return all;
}

Bytes crash_size(const char* text, std::int64_t gib) {
  const auto parsed = parse_crashkernel(text, Bytes{gib * kGiB});
  EXPECT_TRUE(parsed.value) << text << ": " << parsed.wrong;
  return parsed.value ? parsed.value->size : Bytes{-1};
}

TEST(crashkernel, has_the_size_of_the_first_range_that_holds_the_memory) {
  const char* ranges = "1G-4G:192M,4G-64G:256M,64G-:512M";
  EXPECT_EQ(crash_size(ranges, 2), Bytes{192 * kMiB});
  EXPECT_EQ(crash_size(ranges, 4), Bytes{256 * kMiB}) << "the end is not in it";
  EXPECT_EQ(crash_size(ranges, 65), Bytes{512 * kMiB});
  EXPECT_EQ(crash_size("2G-:64M", 1), Bytes{0}) << "none: nothing is reserved";
  // Memory is rounded up to 128 MiB: firmware keeps some.
  EXPECT_EQ(parse_crashkernel("512M-2G:64M", Bytes{511 * kMiB}).value->size, Bytes{64 * kMiB});
  EXPECT_EQ(parse_crashkernel("512M-2G:64M", Bytes{384 * kMiB}).value->size, Bytes{0});
}

TEST(crashkernel, is_read_as_the_kernel_reads_it) {
  EXPECT_EQ(crash_size("0x10000000", 8), Bytes{256 * kMiB});
  EXPECT_EQ(crash_size("256m@16M", 8), Bytes{256 * kMiB});
  EXPECT_EQ(parse_crashkernel("256M@16M", Bytes{8 * kGiB}).value->base, Bytes{16 * kMiB});
  const auto two = parse_crashkernel("1G,high 128M,low", Bytes{8 * kGiB});
  EXPECT_TRUE(two.value->high);
  EXPECT_EQ(two.value->low_size, Bytes{128 * kMiB});
  const auto swapped = parse_crashkernel("128M,low 1G,high", Bytes{8 * kGiB});
  EXPECT_TRUE(swapped.value->high) << "which of the two comes first does not matter";
  EXPECT_EQ(swapped.value->low_size, Bytes{128 * kMiB});
  EXPECT_EQ(crash_size("02000000000", 8), Bytes{256 * kMiB}) << "octal, as C has it";
  EXPECT_EQ(crash_size("0XaBC00000", 8), Bytes{0xABC00000});
  EXPECT_EQ(parse_crashkernel("1G-:64M@16M", Bytes{8 * kGiB}).value->base, Bytes{16 * kMiB});
  for (const auto& [text, wrong] :
       {std::pair{"lots", "memory value expected"},
        std::pair{"1G-2G", "unrecognized char: -"},
        std::pair{"2G-1G:64M", "end <= start"},
        std::pair{"1G-:", "Memory value expected"},
        std::pair{"1G-:16G", "invalid size"},
        std::pair{"256M,hihg", "unrecognized char: ,"},
        std::pair{"16G", "it is more than the machine has"},
        std::pair{"1G 128M,low", "a second value is SIZE,low and goes with SIZE,high"},
        std::pair{"1G,high 128M,high", "a second value is SIZE,low and goes with SIZE,high"},
        std::pair{"1G,high lots,low", "a second value is SIZE,low and goes with SIZE,high"},
        std::pair{"1G,high 128M,low!", "a second value is SIZE,low and goes with SIZE,high"},
        std::pair{"1G-:64M 128M,low", "a second value goes with ',high' alone"},
        std::pair{"99999999999999999999", "memory value expected"},
        std::pair{"9000000000G", "memory value expected"},
        std::pair{"0900M", "unrecognized char: 9"},
        std::pair{"256M@", "memory value expected after '@'"},
        std::pair{"256M@here", "memory value expected after '@'"},
        std::pair{":64M", "Memory value expected"},
        std::pair{"1G:64M", "'-' expected"},
        std::pair{"1G-all:64M", "Memory value expected"},
        std::pair{"1G-2G!:64M", "':' expected"},
        std::pair{"1G-:64M@", "Memory value expected after '@'"},
        std::pair{"1G-:64M!", "unrecognized char: !"}}) {
    const auto parsed = parse_crashkernel(text, Bytes{8 * kGiB});
    EXPECT_EQ(parsed.wrong, wrong) << text;
    EXPECT_FALSE(parsed.value) << text;
  }
}

TEST(crashkernel, lies_at_the_address_that_is_stated_or_nowhere) {
  EXPECT_EQ(made(boot_with("", "256M@512M")), "crashkernel 512-768");
  const BootState hole = boot_with("", "256M@3G");
  EXPECT_EQ(made(hole), "") << "no memory is there";
  EXPECT_EQ(hole.early.failed,
            std::vector<std::string>{"crashkernel reservation failed - memory is in use"});
}

// 8 GiB: two lie below the hole, six above 4 GiB.
TEST(crashkernel, lies_at_the_top_of_low_memory_in_steps_of_16_MiB) {
  const BootState plain = boot_with("", "");
  const BootState state = boot_with("", "256M");
  EXPECT_EQ(made(state), "crashkernel 1792-2048");
  EXPECT_EQ(managed(plain, ZoneType::dma32) - managed(state, ZoneType::dma32), PageCount{65'536});
  EXPECT_EQ(managed(plain, ZoneType::normal), managed(state, ZoneType::normal));
}

// What low memory does not hold lies above 4 GiB, and then 256 MiB are needed below.
TEST(crashkernel, that_low_memory_does_not_hold_goes_above_it) {
  EXPECT_EQ(made(boot_with("", "3G")), "crashkernel low 1792-2048, crashkernel 7168-10240");
  EXPECT_EQ(made(boot_with("", "1G,high")), "crashkernel low 1792-2048, crashkernel 9216-10240");
  EXPECT_EQ(made(boot_with("", "1G,high 64M,low")),
            "crashkernel low 1984-2048, crashkernel 9216-10240");
  EXPECT_EQ(made(boot_with("", "512M,high", Bytes{2 * kGiB})), "crashkernel 1536-2048")
      << "nothing above: below, and then no more of it";
}

TEST(crashkernel, without_room_leaves_the_memory_as_it_was) {
  const BootState state = boot_with("", "6G");
  EXPECT_EQ(made(state), "");
  ASSERT_EQ(state.early.failed.size(), 1u);
  EXPECT_EQ(state.early.failed[0], "cannot allocate crashkernel (size:0x180000000)");
  EXPECT_EQ(managed(state, ZoneType::dma32), managed(boot_with("", ""), ZoneType::dma32));
  const BootState low = boot_with("", "1G,high 4G,low");
  EXPECT_EQ(low.early.failed.size(), 1u);
  EXPECT_EQ(managed(low, ZoneType::normal), managed(boot_with("", ""), ZoneType::normal))
      << "what was had above is given back";
}

// As the recordings have it: "software IO TLB: mapped ... (64MB)" in every guest whose memory may
// reach beyond 4 GiB, in none of the others.
TEST(swiotlb, is_64_MiB_where_memory_may_lie_above_4_GiB) {
  const auto gone = [](Bytes memory, Bytes hotpluggable, const char* swiotlb = "default") {
    return managed(boot_with("", "", memory), ZoneType::dma32) -
           managed(boot_with(swiotlb, "", memory, 4, hotpluggable), ZoneType::dma32);
  };
  EXPECT_EQ(gone(Bytes{8 * kGiB}, Bytes{0}), PageCount{16'384});
  EXPECT_EQ(gone(Bytes{1 * kGiB}, Bytes{0}), PageCount{0});
  // The slots, 24 bytes each, come from the highest memory there is: 192 pages.
  EXPECT_EQ(gone(Bytes{1 * kGiB}, Bytes{16 * kGiB}), PageCount{16'384 + 192});
  EXPECT_EQ(gone(Bytes{8 * kGiB}, Bytes{0}, "noforce"), PageCount{0});
  EXPECT_EQ(gone(Bytes{1 * kGiB}, Bytes{0}, "65536,force"), PageCount{2 * 16'384 + 2 * 192});
}

TEST(swiotlb, slots_lie_where_memory_is_highest) {
  EXPECT_EQ(managed(boot_with("", ""), ZoneType::normal) -
                managed(boot_with("default", ""), ZoneType::normal),
            PageCount{192});
}

// Each area has a segment of 128 slabs: 512 of them take 65,536 slabs, as do 300 processors.
TEST(swiotlb, grows_with_its_areas) {
  EXPECT_EQ(made(boot_with("default", "")), "swiotlb 1984-2048");
  EXPECT_EQ(made(boot_with("default", "", Bytes{8 * kGiB}, 300)), "swiotlb 1920-2048");
  EXPECT_EQ(made(boot_with("32768,512", "")), "swiotlb 1920-2048");
  EXPECT_EQ(made(boot_with("1000", "")), "swiotlb 2046-2048") << "1024 slabs";
  EXPECT_EQ(made(boot_with("40000", "")), "swiotlb 1920-2048") << "a power of two";
}

TEST(swiotlb, has_half_as_much_where_there_is_no_room) {
  // 32 of the 48 MiB are in DMA32, and their memmap takes some of those.
  EXPECT_EQ(made(boot_with("32768,force", "", Bytes{48 * kMiB})), "swiotlb 32-48");
  EXPECT_EQ(parse_swiotlb("lots").wrong, "unrecognized char: l");
  EXPECT_EQ(parse_swiotlb("32768,4,force,").wrong, "unrecognized char: ,");
}

TEST(swiotlb, is_read_as_the_kernel_reads_it) {
  EXPECT_EQ(parse_swiotlb("1000").value->slabs, 1024) << "whole segments";
  EXPECT_EQ(parse_swiotlb(",4").value->areas, 4);
  EXPECT_EQ(parse_swiotlb("32768,0").value->areas, 1) << "there is one at least";
  for (const char* slabs : {"2097153", "99999999999999999999"})
    EXPECT_EQ(parse_swiotlb(slabs).wrong, "the number of slabs is out of bounds") << slabs;
  for (const char* areas : {"32768,1000001", ",99999999999999999999"})
    EXPECT_EQ(parse_swiotlb(areas).wrong, "the number of areas is out of bounds") << areas;
}

TEST(swiotlb, lies_below_the_crash_kernel) {
  EXPECT_EQ(made(boot_with("default", "256M")), "crashkernel 1792-2048, swiotlb 1728-1792");
}

}  // namespace
}  // namespace mhp::kernel::early_reservations_test
