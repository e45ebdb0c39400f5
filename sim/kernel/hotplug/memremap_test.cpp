// Device memory in ZONE_DEVICE: what its struct pages take, and where.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/hotplug/nd_pfn.hpp"
#include "sim/kernel/placement/test_machine.hpp"

namespace mhp::kernel::memremap_test {
namespace {

constexpr std::int64_t kPagesOfGib = kGiB / kPageSize;

PfnRange at(std::int64_t mib, std::int64_t size) {
  return {pfn_of(Bytes{mib * kMiB}), pfn_of(Bytes{(mib + size) * kMiB})};
}

/// A namespace as its driver hands it to the kernel.
DevPagemap pagemap_of(PfnRange space, NamespaceMap map, Bytes align, bool devdax = false) {
  NdPfn layout;
  const OpResult done = nd_pfn_init(space, map, align, Geometry{}, layout);
  EXPECT_EQ(done.status, Status::ok) << done.reason;
  DevPagemap pagemap{
      .node = NodeId{0}, .target_node = NodeId{1}, .cpu_node = NodeId{0}, .range = layout.range};
  pagemap.altmap = map == NamespaceMap::dev;
  if (pagemap.altmap) {
    pagemap.reserve = layout.reserve;
    pagemap.free = layout.data_start - layout.reserve;
  }
  if (devdax) pagemap.compound = Geometry{}.pages_of(align);
  return pagemap;
}

class Namespaces : public ::testing::Test {
 protected:
  explicit Namespaces(CompoundDevmap rule = CompoundDevmap::shared_tails)
      : machine_("boot_memory", "acpi_dimm", [rule](KernelConfig&, KernelProfile& profile) {
          profile.compound_devmap = rule;
        }) {}
  OpResult remap(const DevPagemap& pagemap) {
    free_ = machine_.mm().mem_free();
    auto task = machine_.hotplug().memremap_pages(host_, pagemap);
    return CountingHost::run(std::move(task));
  }
  OpResult unmap(PfnRange range) {
    return CountingHost::run(machine_.hotplug().memunmap_pages(host_, range));
  }
  const HotplugCounters& counters() const { return machine_.counters(); }
  const Zone& device_zone() { return machine_.mm().zone(NodeId{0}, ZoneType::device); }
  const DeviceMemmap& memmap() const { return machine_.hotplug().device_memmap(); }

  TestMachine machine_;
  CountingHost host_;
  PageCount free_;
};

// 1 GiB, 8 sections: 8 blocks of 512 pages, one table of the vmemmap for the new 64 GiB, one leaf
// of the direct map.
TEST_F(Namespaces, with_map_mem_have_their_struct_pages_in_memory) {
  ASSERT_EQ(remap(pagemap_of(at(65'536, 1024), NamespaceMap::mem, Bytes{2 * kMiB})).status,
            Status::ok);
  EXPECT_EQ(memmap().from_allocator(), PageCount{4096});
  EXPECT_EQ(memmap().on_devices(), PageCount{0});
  EXPECT_EQ(counters().memmap_order9, 8);
  EXPECT_EQ(counters().direct_map_leaves, 1);
  EXPECT_EQ(counters().page_table_pages(), 1);
  EXPECT_EQ(counters().struct_pages_initialised, kPagesOfGib);
  EXPECT_EQ(host_.spent(Primitive::struct_page_init), kPagesOfGib);
  EXPECT_EQ(machine_.hotplug().nr_memmap_pages(), 4096);
  // Nothing of it is for the page allocator.
  EXPECT_EQ(device_zone().spanned_pages, PageCount{kPagesOfGib});
  EXPECT_EQ(device_zone().present_pages, PageCount{0});
  EXPECT_EQ(device_zone().managed_pages, PageCount{0});
  EXPECT_FALSE(device_zone().contiguous);
  EXPECT_EQ(free_ - machine_.mm().mem_free(), PageCount{4096 + 1 + counters().slab_pages});
}

// (1 GiB - 8 KiB) / 4 KiB pages of 64 bytes and 8 KiB: 18 MiB when rounded up. Of them 2 pages are
// the info block's, 510 align the first leaf, and 8 leaves of 512 pages hold the memmap: all.
TEST_F(Namespaces, with_map_dev_have_them_on_the_device) {
  const DevPagemap pagemap = pagemap_of(at(65'536, 1024), NamespaceMap::dev, Bytes{2 * kMiB});
  EXPECT_EQ(pagemap.reserve, PageCount{2});
  EXPECT_EQ(pagemap.free, PageCount{4606});
  ASSERT_EQ(remap(pagemap).status, Status::ok);
  EXPECT_EQ(memmap().from_allocator(), PageCount{0});
  EXPECT_EQ(memmap().on_devices(), PageCount{4096});
  EXPECT_EQ(memmap().maps().begin()->second.altmap_skipped, PageCount{510});
  EXPECT_EQ(counters().struct_pages_initialised, kPagesOfGib - 2);
  EXPECT_EQ(memmap().maps().begin()->second.lies_on, NodeId{1}) << "written where they lie";
  EXPECT_EQ(machine_.hotplug().nr_memmap_pages(), 4096) << "wherever they lie";
}

// Of 2 MiB two pages of eight: 512 x 2. Of each section a table. 128 struct pages are written once.
TEST_F(Namespaces, of_2_MiB_pages_share_what_their_tails_have_in_common) {
  ASSERT_EQ(remap(pagemap_of(at(65'536, 1024), NamespaceMap::mem, Bytes{2 * kMiB}, true)).status,
            Status::ok);
  EXPECT_EQ(memmap().from_allocator(), PageCount{1024});
  EXPECT_EQ(counters().vmemmap_tables, 1 + 8);
  EXPECT_EQ(counters().struct_pages_initialised, 512 * 128);
  EXPECT_EQ(host_.spent(Primitive::compound_tail), 512 * 127);
  EXPECT_EQ(machine_.hotplug().nr_memmap_pages(), 1024);
}

// Of 1 GiB two pages of 4096, in its first section; the other seven have tables alone.
TEST_F(Namespaces, of_1_GiB_pages_keep_two_pages_each) {
  ASSERT_EQ(remap(pagemap_of(at(65'536, 3072), NamespaceMap::mem, Bytes{kGiB}, true)).status,
            Status::ok);
  EXPECT_EQ(memmap().from_allocator(), PageCount{3 * 2});
  EXPECT_EQ(counters().vmemmap_tables, 1 + 3 * 8);
  EXPECT_EQ(counters().struct_pages_initialised, 3 * 128);
  EXPECT_EQ(machine_.hotplug().nr_memmap_pages(), 3 * 2);
}

TEST_F(Namespaces, of_base_pages_or_with_an_altmap_share_nothing) {
  ASSERT_EQ(remap(pagemap_of(at(65'536, 1024), NamespaceMap::mem, Bytes{4 * kKiB}, true)).status,
            Status::ok);
  EXPECT_EQ(memmap().from_allocator(), PageCount{4096});
  const std::int64_t before = counters().struct_pages_initialised;
  ASSERT_EQ(remap(pagemap_of(at(131'072, 1024), NamespaceMap::dev, Bytes{2 * kMiB}, true)).status,
            Status::ok);
  EXPECT_EQ(memmap().on_devices(), PageCount{4096});
  EXPECT_EQ(counters().struct_pages_initialised - before, kPagesOfGib - 2);
}

class NamespacesOf517 : public Namespaces {
 protected:
  NamespacesOf517() : Namespaces(CompoundDevmap::compound) {}
};

TEST_F(NamespacesOf517, form_compound_pages_whose_struct_pages_are_all_there) {
  ASSERT_EQ(remap(pagemap_of(at(65'536, 1024), NamespaceMap::mem, Bytes{2 * kMiB}, true)).status,
            Status::ok);
  EXPECT_EQ(memmap().from_allocator(), PageCount{4096});
  EXPECT_EQ(counters().struct_pages_initialised, kPagesOfGib);
  EXPECT_EQ(host_.spent(Primitive::compound_tail), kPagesOfGib - 512);
}

// 250 MiB from 6 MiB on: 122 MiB of one section, and all of the next. Parts of sections get single
// pages of memory, with an altmap too: 122 * 4 pages and a table.
TEST_F(Namespaces, that_have_part_of_a_section_get_single_pages_for_it) {
  ASSERT_EQ(remap(pagemap_of(at(65'536 + 6, 250), NamespaceMap::dev, Bytes{2 * kMiB})).status,
            Status::ok);
  EXPECT_EQ(counters().memmap_base_pages, 488);
  EXPECT_EQ(memmap().on_devices(), PageCount{512});
  EXPECT_EQ(counters().vmemmap_tables, 1 + 1);
  // A neighbour in the same section shares the table, and its memory block's objects.
  const std::int64_t sections = counters().sections;
  ASSERT_EQ(remap(pagemap_of(at(65'536, 6), NamespaceMap::mem, Bytes{2 * kMiB})).status,
            Status::ok);
  EXPECT_EQ(counters().vmemmap_tables, 2);
  EXPECT_EQ(counters().sections, sections);
  ASSERT_EQ(unmap(at(65'536 + 6, 250)).status, Status::ok);
  // Two of the vmemmap, and one of the direct map, as the range is no whole GiB.
  EXPECT_EQ(machine_.hotplug().page_tables().table_pages(), 3) << "the neighbour has them";
  ASSERT_EQ(unmap(at(65'536, 6)).status, Status::ok);
  EXPECT_EQ(machine_.hotplug().page_tables().table_pages(), 0);
}

/// Somebody else comes while mem_hotplug_lock is waited for.
class AtLock : public CountingHost {
 public:
  explicit AtLock(std::function<void()> then) : then_(std::move(then)) {}
  bool perform(const Step& step, std::coroutine_handle<> resume) override {
    const bool asks = step.kind == Step::Kind::acquire &&
                      step.what == static_cast<std::uint16_t>(Lock::mem_hotplug_lock);
    if (asks && then_) std::exchange(then_, nullptr)();
    return CountingHost::perform(step, resume);
  }

 private:
  std::function<void()> then_;
};

// The resource of whoever came first is there before its lock: nothing is made inside it.
TEST_F(Namespaces, of_two_that_want_one_place_at_once_the_first_gets_it) {
  const DevPagemap inside = pagemap_of(at(65'536, 256), NamespaceMap::mem, Bytes{2 * kMiB});
  std::optional<Status> second;
  AtLock adds([&] { second = remap(inside).status; });
  EXPECT_EQ(CountingHost::run(machine_.hotplug().add(adds, {NodeId{0}, at(65'536, 1024)})).status,
            Status::ok);
  EXPECT_EQ(second, Status::enodev) << "attempted on System RAM";
  const DevPagemap elsewhere = pagemap_of(at(131'072, 256), NamespaceMap::mem, Bytes{2 * kMiB});
  AtLock maps([&] { second = machine_.add(at(131'072, 128)).status; });
  EXPECT_EQ(CountingHost::run(machine_.hotplug().memremap_pages(maps, elsewhere)).status,
            Status::ok);
  EXPECT_EQ(second, Status::eexist);
  machine_.mm().validate();
}

TEST_F(Namespaces, that_cannot_be_are_refused) {
  const DevPagemap whole = pagemap_of(at(65'536, 1024), NamespaceMap::mem, Bytes{2 * kMiB});
  ASSERT_EQ(remap(whole).status, Status::ok);
  EXPECT_EQ(remap(whole).status, Status::enomem) << "Conflicting mapping in same section";
  EXPECT_EQ(machine_.add(at(65'536 + 512, 128)).status, Status::eexist);
  DevPagemap odd = whole;
  odd.range = {at(131'072, 1).start, at(131'072, 1).end};
  EXPECT_EQ(remap(odd).status, Status::einval) << "1 MiB is no subsection";
  ASSERT_EQ(machine_.add(at(262'144, 128)).status, Status::ok);
  odd.range = at(262'144, 256);
  EXPECT_EQ(remap(odd).status, Status::enodev) << "System RAM";
  odd.range = at(1024, 128);
  EXPECT_EQ(remap(odd).status, Status::enodev) << "boot memory";
  NdPfn layout;
  EXPECT_EQ(nd_pfn_init(at(65'537, 128), NamespaceMap::mem, Bytes{2 * kMiB}, {}, layout).status,
            Status::einval);
  EXPECT_EQ(nd_pfn_init(at(65'536, 1024), NamespaceMap::mem, Bytes{kGiB}, {}, layout).status,
            Status::enodev)
      << "the info block takes the only GiB";
  EXPECT_EQ(nd_pfn_init(at(65'536, 2048), NamespaceMap::dev, Bytes{kGiB}, {}, layout).status,
            Status::ok);
  EXPECT_EQ(layout.npfns, PageCount{kPagesOfGib}) << "1 GiB less than asked for";
}

// 2 TiB need 32 GiB of memmap; the machine has 16.
TEST_F(Namespaces, that_find_no_memory_for_their_struct_pages_fail) {
  const PfnRange first = at(4'194'304, 2'097'152);
  const PfnRange second = at(16'777'216, 2'097'152);
  EXPECT_EQ(remap(pagemap_of(first, NamespaceMap::dev, Bytes{2 * kMiB})).status, Status::ok);
  EXPECT_EQ(remap(pagemap_of(second, NamespaceMap::mem, Bytes{2 * kMiB})).status, Status::enomem);
  EXPECT_TRUE(memmap().maps().rbegin()->second.failed) << "what it has got stays taken";
  EXPECT_GT(memmap().from_allocator(), PageCount{0});
  EXPECT_EQ(unmap(second).status, Status::einval);
}

// Linux 6.12 keeps what a failed mapping has got; kernels that roll an addition back lose nothing
// but descriptors of sections, which are never given back.
TEST(NamespacesRolledBack, that_fail_leave_nothing_behind) {
  TestMachine m("boot_memory", "acpi_dimm", [](KernelConfig&, KernelProfile& profile) {
    profile.sections_per_root = 0;
    profile.failed_add_rolls_back = true;
  });
  CountingHost host;
  const PageCount free = m.mm().mem_free();
  const PfnRange space = at(16'777'216, 2'097'152);
  const DevPagemap pagemap = pagemap_of(space, NamespaceMap::mem, Bytes{2 * kMiB});
  const OpResult result = CountingHost::run(m.hotplug().memremap_pages(host, pagemap));
  EXPECT_EQ(result.status, Status::enomem);
  EXPECT_EQ(m.mm().mem_free(), free);
  EXPECT_TRUE(m.hotplug().device_memmap().maps().empty());
  EXPECT_EQ(m.hotplug().overhead().sum(), PageCount{0});
  EXPECT_EQ(m.add(at(16'777'216, 1024)).status, Status::ok) << "the range is as it was";
  m.mm().validate();
}

TEST(NamespacesLimits, are_those_of_memory) {
  TestMachine m("boot_memory");
  CountingHost host;
  const auto remap = [&](PfnRange range) {
    DevPagemap pagemap{
        .node = NodeId{0}, .target_node = NodeId{1}, .cpu_node = NodeId{0}, .range = range};
    return CountingHost::run(m.hotplug().memremap_pages(host, pagemap));
  };
  EXPECT_EQ(remap({at(65'536, 1).start, at(65'536, 1).start}).status, Status::einval) << "empty";
  EXPECT_EQ(remap({at(65'537, 1).start, at(65'540, 1).start}).status, Status::einval)
      << "it begins within a subsection";
  const std::int64_t beyond = std::int64_t{1} << 40;  // MiB: 1 EiB
  const OpResult far = remap(at(beyond, 128));
  EXPECT_EQ(far.status, Status::einval) << "not ERANGE or E2BIG, as for an addition";
  EXPECT_NE(far.reason, "");
  EXPECT_EQ(m.hotplug().page_tables().table_pages(), 0) << "nothing was begun";
}

TEST(NamespacesLimits, no_section_shares_a_leaf_with_another) {
  TestMachine m("boot_memory", "acpi_dimm",
                [](KernelConfig& config, KernelProfile&) { config.struct_page_size = Bytes{32}; });
  CountingHost host;
  DevPagemap pagemap{
      .node = NodeId{0}, .target_node = NodeId{1}, .cpu_node = NodeId{0}, .range = at(65'536, 128)};
  const OpResult result = CountingHost::run(m.hotplug().memremap_pages(host, pagemap));
  EXPECT_EQ(result.status, Status::einval);
  EXPECT_EQ(result.reason,
            "the memmap of a section is no whole leaf: such device memory is not simulated");
}

// Namespaces and memory come and go side by side, on every placement: what is not free is overhead,
// each page once, and when all is gone nothing is left but what the kernel never gives back.
RC_GTEST_PROP(NamespacesAtRandom, account_for_every_page, ()) {
  const auto names = placements().names();
  const std::string placement = *rc::gen::elementOf(names);
  TestMachine machine(placement);
  CountingHost host;
  const PageCount free_at_boot = machine.mm().mem_free();
  std::vector<PfnRange> spaces;
  std::int64_t next = 65'536;
  const auto steps = *rc::gen::inRange(1, 12);
  std::vector<PfnRange> dimms;
  for (int i = 0; i < steps; ++i) {
    const auto what = *rc::gen::inRange(0, 4);
    if (what == 0 && !spaces.empty()) {
      const auto gone =
          static_cast<std::size_t>(*rc::gen::inRange<std::int64_t>(0, std::ssize(spaces)));
      RC_ASSERT(CountingHost::run(machine.hotplug().memunmap_pages(host, spaces[gone])).status ==
                Status::ok);
      spaces.erase(spaces.begin() + static_cast<std::ptrdiff_t>(gone));
    } else if (what == 1) {
      next = round_up(next, 1024);
      const PfnRange dimm = at(next, 1024);
      next += 1024;
      if (machine.add(dimm).status == Status::ok) dimms.push_back(dimm);
    } else {
      const auto pad = *rc::gen::inRange<std::int64_t>(0, 40);
      const auto size = *rc::gen::inRange<std::int64_t>(4, 400);
      const PfnRange space = at(next + 2 * pad, 2 * size);
      const auto map = *rc::gen::element(NamespaceMap::dev, NamespaceMap::mem);
      const auto align = *rc::gen::element(Bytes{4 * kKiB}, Bytes{2 * kMiB});
      const DevPagemap pagemap = pagemap_of(space, map, align, *rc::gen::arbitrary<bool>());
      next += 2 * (pad + size);
      RC_ASSERT(CountingHost::run(machine.hotplug().memremap_pages(host, pagemap)).status ==
                Status::ok);
      spaces.push_back(space);
    }
    PageCount heads;
    for (const MemoryBlock& b : machine.hotplug().blocks())
      if (b.present() && !b.boot && b.populated) heads += b.plan.head;
    const MemoryOverhead overhead = machine.hotplug().overhead();
    RC_ASSERT(free_at_boot - machine.mm().mem_free() == overhead.sum() - heads);
  }
  for (const PfnRange& space : spaces)
    RC_ASSERT(CountingHost::run(machine.hotplug().memunmap_pages(host, space)).status ==
              Status::ok);
  RC_ASSERT(machine.hotplug().device_memmap().maps().empty());
  RC_ASSERT(machine.hotplug().device_memmap().from_allocator() == PageCount{0});
  machine.mm().validate();
}

}  // namespace
}  // namespace mhp::kernel::memremap_test
