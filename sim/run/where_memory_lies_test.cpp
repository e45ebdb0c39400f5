// Where memory lies and who brings it: the kernel's answer to the smallest input of each kind.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/run/run.hpp"

namespace mhp::run::where_memory_lies_test {
namespace {

Result<config::Scenario> load(const char* name, const std::vector<std::string>& settings) {
  return config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/" + std::string(name), settings);
}

RunResult play(const char* name, const std::vector<std::string>& settings) {
  const auto s = load(name, settings);
  if (!s) throw std::runtime_error(s.error().front().text());
  return simulate(*s, {});
}

std::string error(const char* name, const std::vector<std::string>& settings) {
  const auto s = load(name, settings);
  return s ? "none" : s.error().front().text();
}

std::int64_t metric(const RunResult& r, const std::string& name) {
  for (const Metric& m : r.metrics)
    if (m.name == name) return m.value.value_or(-1);
  ADD_FAILURE() << "no metric " << name;
  return -1;
}

const Operation& first(const RunResult& r) { return r.operations.front(); }

/// A guest of 256 MiB that gets 1 GiB.
RunResult guest(std::vector<std::string> settings) {
  settings.insert(settings.begin(), "hotplug.0.size=1GiB");
  return play("small-guest.toml", settings);
}

TEST(where_memory_lies, a_device_lies_where_the_scenario_says) {
  const RunResult r = guest({"hotplug.0.start=32GiB", "hotplug.0.offset=256MiB"});
  EXPECT_EQ(r.outcome, Outcome::ok) << r.reason;
  EXPECT_EQ(r.blocks.front().start, pfn_of(Bytes{32 * kGiB + 256 * kMiB}));
  const RunResult two = guest({"hotplug.0.start=32GiB", "hotplug.0.count=2"});
  EXPECT_EQ(two.blocks.size(), 16u);
  EXPECT_EQ(two.blocks[8].start, pfn_of(Bytes{33 * kGiB})) << "one behind the other";
}

// The first of three DIMMs holds the memmap of the others: it moves before that one goes, and the
// task that moves it pays for the pages that it takes.
TEST(where_memory_lies, memmap_of_others_moves_before_a_device_goes) {
  const RunResult r = play(
      "small-guest.toml", {"machine.node.0.memory=2GiB", "hotplug.0.size=4GiB", "hotplug.0.count=3",
                           "hotplug.0.unplug=true", "kernel.memmap_placement=moved_at_remove"});
  EXPECT_EQ(r.outcome, Outcome::ok) << r.reason;
  EXPECT_EQ(std::count_if(r.operations.begin(), r.operations.end(),
                          [](const Operation& op) {
                            return op.kind == Operation::Kind::remove &&
                                   op.status == kernel::Status::ok;
                          }),
            3);
}

// default_kernel_zone_for_pfn: DMA32 where its span meets the block. Right behind it memory below
// 4 GiB is in Normal.
TEST(where_memory_lies, memory_below_4_GiB_is_in_the_zone_whose_span_meets_it) {
  const RunResult r = guest({"hotplug.0.start=256MiB"});
  EXPECT_EQ(r.outcome, Outcome::ok) << r.reason;
  const Sample::ZoneState& dma32 = r.samples.back().zones[1];
  const Sample::ZoneState& normal = r.samples.back().zones[2];
  EXPECT_EQ(dma32.spanned, (256 - 16) * kMiB / kPageSize) << "as it was";
  EXPECT_EQ(normal.present, kGiB / kPageSize);
}

TEST(where_memory_lies, on_top_of_boot_memory_it_is_a_mistake_of_the_scenario) {
  EXPECT_EQ(
      error("small-guest.toml", {"hotplug.0.start=128MiB"}),
      "--set:1: the machine has boot memory from 0x1000 to 0x10000000; say an address at which "
      "there is none");
  EXPECT_EQ(error("small-guest.toml", {"hotplug.0.start=4294967297B"}).substr(0, 10), "--set:1: 4");
}

TEST(where_memory_lies, on_top_of_another_device_the_kernel_refuses_it) {
  const RunResult r = play("unplug.toml", {"hotplug.*.start=32GiB", "hotplug.*.size=1GiB"});
  EXPECT_EQ(r.outcome, Outcome::refused);
  const auto refused =
      std::find_if(r.operations.begin(), r.operations.end(),
                   [](const Operation& op) { return op.status != kernel::Status::ok; });
  ASSERT_NE(refused, r.operations.end());
  EXPECT_EQ(refused->kind, Operation::Kind::add);
  EXPECT_EQ(refused->status, kernel::Status::eexist) << refused->reason;
}

TEST(where_memory_lies, beyond_what_processors_address_the_kernel_refuses_it) {
  const RunResult r =
      guest({"hotplug.0.start=70TiB", "machine.la57=false", "machine.physical_address_bits=52"});
  EXPECT_EQ(first(r).status, kernel::Status::e2big) << r.reason;
  const RunResult bits = guest({"hotplug.0.start=2TiB", "machine.physical_address_bits=40"});
  EXPECT_EQ(first(bits).status, kernel::Status::eexist) << bits.reason;
}

TEST(misaligned, a_dimm_is_EINVAL_in_the_kernel_s_words) {
  const RunResult r = guest({"hotplug.0.offset=64MiB"});
  EXPECT_EQ(r.outcome, Outcome::refused);
  EXPECT_EQ(first(r).status, kernel::Status::einval);
  EXPECT_EQ(first(r).reason,
            "Block size [0x8000000] unaligned hotplug range: start 0x104000000, size 0x40000000");
  const RunResult size = guest({"hotplug.0.start=4GiB", "hotplug.0.size=100MiB"});
  EXPECT_EQ(first(size).status, kernel::Status::einval);
}

// 250 MiB behind 6 MiB of info block and memmap (pmem/ndctl issue 243): one block of 128 MiB; none
// of 2 GiB.
TEST(misaligned, a_dax_device_is_cut_to_whole_blocks) {
  const std::vector<std::string> devdax{"hotplug.0.adder=dax_kmem", "hotplug.0.size=250MiB",
                                        "hotplug.0.offset=6MiB"};
  const RunResult r = guest(devdax);
  EXPECT_EQ(r.outcome, Outcome::ok) << r.reason;
  ASSERT_EQ(r.blocks.size(), 1u);
  EXPECT_EQ(r.blocks[0].start, pfn_of(Bytes{4 * kGiB + 128 * kMiB}));
  const auto with = [&](const char* setting, const char* profile) {
    std::vector<std::string> all = devdax;
    all.emplace_back(setting);
    all.emplace_back(std::string("kernel.profile=") + profile);
    return guest(all);
  };
  for (const char* setting : {"kernel.memory_block_size=2GiB", "hotplug.0.size=120MiB"}) {
    const RunResult now = with(setting, "6.12");
    EXPECT_EQ(first(now).status, kernel::Status::einval);
    EXPECT_NE(first(now).reason.find("too small after alignment; rejecting DAX region without any "
                                     "memory after alignment"),
              std::string::npos)
        << first(now).reason;
    EXPECT_TRUE(now.blocks.empty());
    const RunResult before = with(setting, "5.14");
    EXPECT_EQ(first(before).status, kernel::Status::enodev) << "it takes it, and adds nothing";
  }
}

// "default" below: memory may come above 4 GiB. 64 MiB, and 192 pages of slots.
TEST(boot_parameters, take_their_memory_from_the_machine) {
  const RunResult plain = guest({"kernel.reserved_memory=10MiB", "hotplug.0.size=128MiB"});
  const RunResult both = guest({"kernel.reserved_memory=10MiB", "hotplug.0.size=128MiB",
                                "kernel.swiotlb=default", "kernel.crashkernel=64M"});
  const auto free = [](const RunResult& r) {
    std::int64_t pages = 0;
    for (const auto& zone : r.samples.front().zones) pages += zone.managed;
    return pages;
  };
  EXPECT_EQ(free(plain) - free(both), 2 * 64 * kMiB / kPageSize + 192);
}

TEST(boot_parameters, that_the_kernel_would_not_take_are_named) {
  EXPECT_EQ(error("small-guest.toml", {"kernel.crashkernel=lots"}),
            "--set:1: memory value expected; as on the kernel's command line");
  EXPECT_EQ(error("small-guest.toml", {"kernel.swiotlb=much"}),
            "--set:1: unrecognized char: m; as on the kernel's command line");
  EXPECT_EQ(
      error("small-guest.toml", {"kernel.crashkernel=250M"}),
      "--set:1: cannot allocate crashkernel (size:0xfa00000): the kernel would go on without; "
      "less of it, less reserved_memory, or more memory below 4 GiB");
}

// Half of the node was the limit; now it is what leaves nothing.
TEST(boot_parameters, reserved_memory_may_be_whatever_fits) {
  EXPECT_EQ(error("small-guest.toml", {"kernel.reserved_memory=200MiB"}), "none");
  EXPECT_NE(
      error("small-guest.toml", {"kernel.reserved_memory=251MiB"}).find("the kernel does not boot"),
      std::string::npos);
}

// 200 MiB three times: 256, 128 and 256 MiB of chunks, of which 600 MiB are backed.
TEST(hyper_v, pages_that_the_host_does_not_back_are_not_used) {
  const RunResult r = play("hyper-v.toml", {});
  EXPECT_EQ(r.outcome, Outcome::ok) << r.reason;
  EXPECT_EQ(r.blocks.size(), 5u);
  std::int64_t managed = 0;
  for (const auto type : {2, 3})
    managed += r.samples.back().zones[static_cast<std::size_t>(type)].managed;
  EXPECT_EQ(managed, 600 * kMiB / kPageSize);
}

TEST(hyper_v, a_chunk_that_is_no_block_is_refused_up_to_6_9) {
  const std::vector<std::string> large{"kernel.memory_block_size=1GiB"};
  const RunResult now = play("hyper-v.toml", large);
  EXPECT_EQ(now.outcome, Outcome::ok) << now.reason;
  EXPECT_EQ(now.blocks.size(), 1u);
  const RunResult then =
      play("hyper-v.toml", {"kernel.memory_block_size=1GiB", "kernel.profile=6.6"});
  EXPECT_EQ(first(then).status, kernel::Status::einval) << then.reason;
}

// Nobody brings it online: the driver goes on after five seconds each.
TEST(hyper_v, waits_five_seconds_for_each_chunk_to_go_online) {
  const RunResult r = play("hyper-v.toml", {"hotplug.0.online_by=sysfs", "hotplug.0.count=1",
                                            "hotplug.0.online_delay=1min"});
  ASSERT_EQ(r.operations[0].kind, Operation::Kind::add);
  ASSERT_EQ(r.operations[1].kind, Operation::Kind::add);
  const SimTime between = r.operations[1].started - r.operations[0].finished;
  EXPECT_GE(between, SimTime{5'000'000'000});
  EXPECT_LT(between, SimTime{5'001'000'000});
}

TEST(hyper_v, memory_is_for_good) {
  EXPECT_EQ(error("hyper-v.toml", {"hotplug.0.unplug=true"}),
            "--set:1: hv_balloon does not take memory away, nor what it keeps of a block; leave it "
            "out");
}

// 1000 MiB are eight sections; 24 MiB of them stay in the balloon, the lowest.
TEST(xen, memory_comes_out_of_the_balloon_up_to_the_target) {
  for (const char* who : {"sysfs", "kernel", "udev"}) {
    const RunResult r = play("xen-domu.toml", {std::string("hotplug.0.online_by=") + who});
    EXPECT_EQ(r.outcome, Outcome::ok) << r.reason;
    EXPECT_EQ(r.blocks.size(), 8u);
    EXPECT_EQ(r.samples.back().zones[2].managed, 1000 * kMiB / kPageSize) << who;
    EXPECT_EQ(r.samples.back().zones[2].present, kGiB / kPageSize);
  }
}

TEST(xen, a_section_that_is_no_block_is_refused) {
  const RunResult r = play("xen-domu.toml", {"kernel.memory_block_size=2GiB"});
  EXPECT_EQ(first(r).status, kernel::Status::einval) << r.reason;
}

TEST(namespaces, are_no_memory_and_have_struct_pages_by_their_map) {
  const RunResult r = play("pmem-namespaces.toml", {});
  EXPECT_EQ(r.outcome, Outcome::ok) << r.reason;
  EXPECT_TRUE(r.blocks.empty());
  // Of 126 GiB in pages of 2 MiB two pages each.
  EXPECT_EQ(metric(r, "overhead_memmap_boot"), 126 * 512 * 2 * 4096);
  EXPECT_EQ(metric(r, "memmap_pages_range"), 2 * 126 * 4096);
  ASSERT_EQ(r.operations.size(), 3u);
  const auto time = [&](std::size_t i) {
    return (r.operations[i].finished - r.operations[i].started).value;
  };
  EXPECT_GT(time(1), 10 * time(0)) << "all struct pages, on a slow module";
  EXPECT_GT(time(1), time(2)) << "tails of compound pages besides";
  const RunResult giga = play("pmem-namespaces.toml", {"hotplug.0.align=1GiB"});
  EXPECT_EQ(metric(giga, "overhead_memmap_boot"), 126 * 2 * 4096);
  const RunResult old = play("pmem-namespaces.toml", {"kernel.profile=5.15"});
  EXPECT_EQ(metric(old, "overhead_memmap_boot"), 126LL * 4096 * 4096);
}

TEST(namespaces, go_again_and_give_all_back) {
  const RunResult r = play("pmem-namespaces.toml", {"hotplug.*.unplug=true"});
  EXPECT_EQ(r.outcome, Outcome::ok) << r.reason;
  EXPECT_EQ(metric(r, "overhead_memmap_boot"), 0);
}

TEST(namespaces, that_cannot_be_are_refused) {
  EXPECT_EQ(first(play("pmem-namespaces.toml", {"hotplug.0.offset=1MiB"})).status,
            kernel::Status::einval);
  EXPECT_EQ(error("pmem-namespaces.toml", {"hotplug.0.align=16GiB"}),
            "--set:1: unsupported align: 16 GiB; 4 KiB, 2 MiB or 1 GiB");
  EXPECT_EQ(error("small-guest.toml", {"hotplug.0.map=mem"}),
            "--set:1: acpi_dimm makes no namespace; leave it out, or choose adder fsdax or devdax");
}

}  // namespace
}  // namespace mhp::run::where_memory_lies_test
