// Memory that runs out at every page that an operation needs, one after the other: wherever it
// does, no page is lost, and what is taken back is taken back whole.
#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/placement/test_machine.hpp"

namespace mhp::kernel::exhaustion_test {
namespace {

constexpr std::int64_t kFar = 8 * kTiB;  // new tables of every level, new section descriptors

constexpr PfnRange mib(std::int64_t from, std::int64_t size) {
  return {pfn_of(Bytes{kFar + from * kMiB}), pfn_of(Bytes{kFar + (from + size) * kMiB})};
}

/// What needs pages, on which machine. `before` is done while there are enough.
struct Case {
  std::string name;
  std::string placement = "boot_memory";
  TestMachine::Change change;
  std::function<void(TestMachine&)> before;
  std::function<OpResult(TestMachine&)> operation;
  bool leaks = false;  ///< what a failure has got so far may stay taken, and is accounted for then
  int order = 0;       ///< of the blocks that are left
};

std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }

/// Takes all that can be had from the machine's first node, then gives so many blocks of an order
/// back, no two of which are neighbours. Processors keep no pages of their own in lists.
void leave(TestMachine& m, std::int64_t blocks, int order) {
  for (Zone& zone : m.mm().node(NodeId{0}).zones) zone.pcp_limits.batch = 1;
  std::vector<Pfn> largest;
  for (int o = kMaxOrder; o >= 0; --o)
    while (const auto got = m.mm().alloc_pages({.node = NodeId{0}, .order = o}, m.mm().nobody()))
      if (o == kMaxOrder) largest.push_back(got->pfn);
  const std::int64_t in_each = std::int64_t{1} << (kMaxOrder - 1 - order);
  for (std::int64_t i = 0; i < blocks; ++i) {
    const Pfn start = largest.at(static_cast<std::size_t>(i / in_each));
    m.mm().free_pages(start + PageCount{(2 * (i % in_each)) << order}, order, m.mm().nobody());
  }
  m.mm().drain_all_pages(m.mm().nobody());
}

OpResult remap(TestMachine& m, const DevPagemap& pagemap) {
  CountingHost host;
  return CountingHost::run(m.hotplug().memremap_pages(host, pagemap));
}

/// 256 MiB behind `from` for a driver, in compound pages of that size.
DevPagemap pagemap(std::int64_t from, std::int64_t compound) {
  return {.node = NodeId{0},
          .target_node = NodeId{1},
          .cpu_node = NodeId{0},
          .range = mib(from, 256),
          .compound = PageCount{compound}};
}

/// Section descriptors come in slabs of eight pages and are never given back: they are at boot.
void keep(KernelConfig&, KernelProfile& profile) { profile.sections_per_root = 0; }
void roll_back(KernelConfig&, KernelProfile& profile) {
  profile.sections_per_root = 0;
  profile.failed_add_rolls_back = true;
}

std::vector<Case> cases() {
  const auto add = [](TestMachine& m) { return m.add(mib(0, 256)); };
  const auto small_struct_pages = [](KernelConfig& config, KernelProfile& profile) {
    config.struct_page_size = Bytes{32};
    roll_back(config, profile);
  };
  const auto page_ext = [](KernelConfig& config, KernelProfile&) { config.page_ext = Bytes{64}; };
  const auto added = [](TestMachine& m) { ASSERT_EQ(m.add(mib(0, 128)).status, Status::ok); };
  const auto online = [](TestMachine& m) {
    return m.online(m.block_of(mib(0, 128).start), OnlineType::online_kernel);
  };
  return {
      {"an_addition", "boot_memory", keep, {}, add, true},
      {"an_addition_that_needs_section_descriptors", "boot_memory", {}, {}, add, true, 3},
      {"an_addition_that_is_rolled_back", "boot_memory", roll_back, {}, add},
      {"an_addition_with_its_memmap_in_the_range", "hotplugged_range", roll_back, {}, add},
      {"an_addition_that_shares_a_leaf", "boot_memory", small_struct_pages, {}, add},
      {"a_block_that_goes_online_with_page_ext", "boot_memory", page_ext, added, online},
      {"device_memory",
       "boot_memory",
       {},
       {},
       [](TestMachine& m) { return remap(m, pagemap(0, 1)); },
       true},
      {"device_memory_that_is_rolled_back",
       "boot_memory",
       roll_back,
       {},
       [](TestMachine& m) { return remap(m, pagemap(0, 1)); }},
      {"device_memory_with_parts_of_sections",
       "boot_memory",
       roll_back,
       {},
       [](TestMachine& m) { return remap(m, pagemap(6, 1)); }},
      {"device_memory_that_shares_tails",
       "boot_memory",
       [](KernelConfig& config, KernelProfile& profile) {
         roll_back(config, profile);
         profile.compound_devmap = CompoundDevmap::shared_tails;
       },
       {},
       [](TestMachine& m) { return remap(m, pagemap(0, 512)); }},
  };
}

class Exhaustion : public ::testing::TestWithParam<Case> {};

TEST_P(Exhaustion, loses_no_page_wherever_it_happens) {
  const Case& c = GetParam();
  std::int64_t failed = 0;
  std::string reason;
  for (std::int64_t pages = 0;; pages += pages < 24 ? 1 : 61) {
    ASSERT_LT(pages, 4096) << "it never succeeds: " << reason;
    SCOPED_TRACE(std::to_string(pages) + " blocks");
    TestMachine m(c.placement, "acpi_dimm", [&](KernelConfig& config, KernelProfile& profile) {
      config.watermark_boost_factor = 0;  // else the watermarks stand where memory ran out
      if (c.change) c.change(config, profile);
    });
    if (c.before) c.before(m);
    leave(m, pages, c.order);
    const PageCount free = m.mm().mem_free();
    const PageCount overhead = m.hotplug().overhead().sum();
    const OpResult result = c.operation(m);
    m.mm().validate();
    if (result.status == Status::ok) break;
    ++failed;
    reason = result.reason;
    EXPECT_TRUE(result.status == Status::enomem || result.status == Status::oom) << result.reason;
    EXPECT_FALSE(result.reason.empty());
    EXPECT_EQ(free - m.mm().mem_free(), m.hotplug().overhead().sum() - overhead)
        << "what is gone is overhead";
    // A panic gives nothing back.
    if (!c.leaks && result.status == Status::enomem) {
      EXPECT_EQ(m.mm().mem_free(), free);
    }
  }
  EXPECT_GT(failed, 0) << "it needs no page";
}

INSTANTIATE_TEST_SUITE_P(of, Exhaustion, ::testing::ValuesIn(cases()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace mhp::kernel::exhaustion_test
