// Random lives of memory under every placement: devices are added, their blocks go online and
// offline in any order and to any zone, and devices, or blocks alone, are removed. What must hold
// after every step, and how placements relate over a whole life.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "sim/core/interval_map.hpp"
#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/placement/test_machine.hpp"

namespace mhp::kernel::random_lives_test {
namespace {

constexpr std::int64_t kDevices = 3;
constexpr std::int64_t kMostBlocks = 10;

struct Step {
  enum class What { add, online, offline, remove, remove_block };
  What what;
  std::int64_t device;
  std::int64_t block;
  OnlineType type;
};

std::ostream& operator<<(std::ostream& out, const Step& s) {
  constexpr const char* kWhat[] = {"add", "online", "offline", "remove", "remove block"};
  return out << kWhat[static_cast<int>(s.what)] << ' ' << s.device << '.' << s.block << " as "
             << word(s.type);
}

rc::Gen<OnlineType> types() {
  return rc::gen::element(OnlineType::online_kernel, OnlineType::online_movable,
                          OnlineType::online);
}

using Sizes = std::vector<std::int64_t>;
using Life = std::vector<Step>;

/// Blocks of each device.
Sizes any_sizes() {
  return *rc::gen::container<Sizes>(static_cast<std::size_t>(kDevices),
                                    rc::gen::inRange<std::int64_t>(1, kMostBlocks + 1));
}

/// Devices are added and have their blocks online more often than not.
Life any_life() {
  using What = Step::What;
  const auto step =
      rc::gen::construct<Step>(rc::gen::weightedElement<What>({{3, What::add},
                                                               {10, What::online},
                                                               {6, What::offline},
                                                               {1, What::remove},
                                                               {1, What::remove_block}}),
                               rc::gen::inRange<std::int64_t>(0, kDevices),
                               rc::gen::inRange<std::int64_t>(0, kMostBlocks), types());
  return *rc::gen::resize(60, rc::gen::container<Life>(step));
}

PageCount block_pages(const TestMachine& m) { return m.hotplug().block_pages(); }

PfnRange device(const TestMachine& m, const Sizes& sizes, std::int64_t d) {
  const Pfn start = pfn_of(Bytes{64 * kGiB}) + block_pages(m) * (32 * d);
  return {start, start + block_pages(m) * sizes[static_cast<std::size_t>(d)]};
}

Status take(TestMachine& m, const Sizes& sizes, const Step& s) {
  const PfnRange range = device(m, sizes, s.device);
  const Pfn start = range.start + block_pages(m) * s.block;
  const PfnRange block{start, start + block_pages(m)};
  switch (s.what) {
    case Step::What::add:
      return m.add(range).status;
    case Step::What::online:
      return m.online(m.block_of(start), s.type).status;
    case Step::What::offline:
      return m.offline(m.block_of(start)).status;
    case Step::What::remove:
      return m.remove(range).status;
    case Step::What::remove_block:
      return m.remove(block).status;
  }
  return Status::einval;
}

/// No page holds the memmap of two blocks, and what holds one is a head of a block that is there.
void check_memmap(const TestMachine& m) {
  IntervalSet held, heads;
  const auto& blocks = m.hotplug().blocks();
  for (std::size_t n = 0; n < blocks.size(); ++n) {
    const MemoryBlock& block = blocks[n];
    if (!block.present() || block.boot) continue;
    const PfnRange range = m.hotplug().block_range(BlockId{static_cast<std::int32_t>(n)});
    heads.insert(range.start.value, (range.start + block.plan.head).value);
  }
  for (const MemoryBlock& block : blocks) {
    if (!block.present() || block.boot || !block.plan.memmap.in_added_memory()) continue;
    const std::int64_t at = block.plan.memmap.at.value;
    const std::int64_t end = at + m.hotplug().block_memmap_pages().value;
    RC_ASSERT(held.covered(at, end) == 0);
    RC_ASSERT(heads.covered(at, end) == end - at);
    held.insert(at, end);
  }
}

/// A page's zone is the one that says that it is online there, whatever of its section is.
void check_zones(TestMachine& m, const Sizes& sizes) {
  const auto plain = [&](Pfn pfn) -> const Zone* {
    for (std::size_t n = 0; n < m.mm().nodes(); ++n)
      for (const Zone& z : m.mm().node(NodeId{static_cast<std::int32_t>(n)}).zones)
        if (z.online.contains(pfn.value)) return &z;
    return nullptr;
  };
  const auto check = [&](Pfn pfn) { RC_ASSERT(m.mm().zone_of(pfn) == plain(pfn)); };
  for (std::int64_t p = 0; p < m.boot_state().block_pages.value * 8; p += 4'095) check(Pfn{p});
  for (std::int64_t d = 0; d < kDevices; ++d) {
    const PfnRange range = device(m, sizes, d);
    for (Pfn p = range.start; p < range.end; p += block_pages(m)) {
      for (const std::int64_t at : {0, 1, 255, 256, 511, 512, 1'023, 8'191, 32'767})
        check(p + PageCount{at});
      check(p + block_pages(m) - PageCount{1});
    }
    check(range.end);
  }
}

/// Everything that can go goes: hosts after those whose memmap they hold.
void take_all_away(TestMachine& m, const Sizes& sizes) {
  for (int pass = 0; pass < 3; ++pass)
    for (std::int64_t d = kDevices; d-- > 0;) {
      const PfnRange range = device(m, sizes, d);
      for (Pfn p = range.end; p > range.start;) {
        p = p - block_pages(m);
        m.offline(m.block_of(p));
      }
      for (Pfn p = range.end; p > range.start;) {
        p = p - block_pages(m);
        if (m.hotplug().block(m.block_of(p)).present())
          m.remove(m.hotplug().block(m.block_of(p)).plan.away_unit);
      }
    }
}

struct Counts {
  std::int64_t present[2], managed[2], spanned[2], boot_free, total, memmap;
  bool operator==(const Counts&) const = default;
};

/// `spans`: those of zones too.
Counts counts_of(const TestMachine& m, bool spans = true) {
  Counts c{};
  for (const int i : {0, 1}) {
    const Zone& z = m.zone(i == 0 ? ZoneType::normal : ZoneType::movable);
    c.present[i] = z.present_pages.value;
    c.managed[i] = z.managed_pages.value;
    c.spanned[i] = spans ? z.spanned_pages.value : 0;
  }
  c.boot_free = m.mm().mem_free().value;
  c.total = m.mm().mem_total().value;
  c.memmap = m.hotplug().nr_memmap_pages();
  return c;
}

/// Two machines that take each step of a life with the same result, and have the same counts after
/// it where `compared` says so.
template <class Compared>
void live_alike(TestMachine& a, TestMachine& b, const Sizes& sizes, const Life& life, bool spans,
                Compared&& compared) {
  for (const Step& step : life) {
    const Status got = take(a, sizes, step);
    RC_LOG() << step << '\n';
    RC_ASSERT(take(b, sizes, step) == got);
    if (compared()) RC_ASSERT(counts_of(a, spans) == counts_of(b, spans));
  }
}

void live_alike(TestMachine& a, TestMachine& b, const Sizes& sizes, const Life& life,
                bool spans = true) {
  live_alike(a, b, sizes, life, spans, [] { return true; });
}

void live_and_leave(const std::string& name) {
  const Sizes sizes = any_sizes();
  const Bytes struct_page{*rc::gen::element<std::int64_t>(64, 64, 8, 32, 56, 96, 128)};
  const Bytes block{*rc::gen::element<std::int64_t>(128, 128, 256, 1024, 2048) * kMiB};
  RC_LOG() << struct_page.value << " bytes, blocks of " << block.value / kMiB << " MiB\n";
  TestMachine m(name, "acpi_dimm", [&](KernelConfig& config, KernelProfile& profile) {
    config.memmap_group = Bytes{512 * kMiB};
    config.memory_block_size = block;
    config.struct_page_size = struct_page;
    config.memmap_per_block = {"boot_memory*3", "hotplugged_range*5", "own_zone"};
    profile.sections_per_root = 0;  // they stay for good
  });
  const Counts before = counts_of(m);
  for (const Step& step : any_life()) {
    take(m, sizes, step);
    RC_LOG() << step << '\n';
    m.mm().check_conservation();
    check_memmap(m);
    check_zones(m, sizes);
  }
  m.mm().validate();
  take_all_away(m, sizes);
  RC_LOG() << "all away\n";
  check_zones(m, sizes);
  RC_ASSERT(counts_of(m) == before);
  RC_ASSERT(m.heads().unwritten.value == 0);
  RC_ASSERT(m.heads().live_offline.value == 0);
  RC_ASSERT(m.heads().not_dumped.value == 0);
  RC_ASSERT(m.heads().in_movable.value == 0);
  RC_ASSERT(m.heads().in_other_zone == 0);
  for (std::int64_t d = 0; d < kDevices; ++d)
    for (Pfn p = device(m, sizes, d).start; p < device(m, sizes, d).end; p += block_pages(m))
      RC_ASSERT(!m.hotplug().block(m.block_of(p)).present());
}

TEST(random_lives, no_page_has_two_owners_and_nothing_stays_behind) {
  for (const std::string& name : placements().names())
    EXPECT_TRUE(rc::check(name, [&] { live_and_leave(name); })) << name;
}

RC_GTEST_PROP(identities, altmap_unit_of_one_block_is_hotplugged_range, ()) {
  const Sizes one(static_cast<std::size_t>(kDevices), 1);
  TestMachine unit("altmap_unit"), block("hotplugged_range");
  live_alike(unit, block, one, any_life());
  expect_alike(unit, block);
  expect_same_work(unit, block);
}

// While they live both have the same pages; only the heads' struct pages are written more often.
RC_GTEST_PROP(identities, early_kernel_zone_in_a_kernel_zone_differs_in_what_is_written_again, ()) {
  const Sizes sizes = any_sizes();
  TestMachine early("early_kernel_zone"), block("hotplugged_range");
  for (TestMachine* m : {&early, &block})
    for (std::int64_t d = 0; d < kDevices; ++d) {
      const PfnRange range = device(*m, sizes, d);
      RC_ASSERT(m->add(range).status == Status::ok);
      for (Pfn p = range.start; p < range.end; p += block_pages(*m))
        RC_ASSERT(m->online(m->block_of(p), OnlineType::online_kernel).status == Status::ok);
    }
  const auto cycles = *rc::gen::inRange<std::int64_t>(0, 6);
  std::int64_t blocks = 0;
  for (std::int64_t n = 0; n < cycles; ++n) {
    const auto d = *rc::gen::inRange<std::int64_t>(0, kDevices);
    const auto b = *rc::gen::inRange<std::int64_t>(0, sizes[static_cast<std::size_t>(d)]);
    for (TestMachine* m : {&early, &block}) {
      const BlockId id = m->block_of(device(*m, sizes, d).start + block_pages(*m) * b);
      RC_ASSERT(m->offline(id).status == Status::ok);
      RC_ASSERT(m->online(id, OnlineType::online_kernel).status == Status::ok);
    }
    ++blocks;
  }
  RC_ASSERT(counts_of(early) == counts_of(block));
  RC_ASSERT(early.counters().head_pages_rewritten == 0);
  RC_ASSERT(block.counters().head_pages_rewritten == blocks * 512);
  RC_ASSERT(early.heads_at_most().in_movable.value == 0);
}

// The look-up finds heads of offline blocks. Nothing is lost then, the dump has all, and the search
// for a zone's ends finds them too: spans do not shrink over them, which 'online' looks at.
RC_GTEST_PROP(identities, the_lookup_differs_from_early_kernel_zone_in_what_is_found, ()) {
  const Sizes sizes = any_sizes();
  TestMachine lookup("early_kernel_zone_lookup"), early("early_kernel_zone");
  Life life = any_life();
  for (Step& step : life)
    if (step.type == OnlineType::online) step.type = OnlineType::online_kernel;
  live_alike(lookup, early, sizes, life, false);
  RC_ASSERT(lookup.heads_at_most().lost_at_resume.value == 0);
  RC_ASSERT(lookup.heads_at_most().not_dumped.value == 0);
  RC_ASSERT(lookup.heads_at_most().out_of_span.value == 0);
  RC_ASSERT(lookup.heads_at_most().in_movable == early.heads_at_most().in_movable);
  RC_ASSERT(lookup.heads_at_most().live_offline == early.heads_at_most().live_offline);
  RC_ASSERT(lookup.heads_at_most().unwritten == early.heads_at_most().unwritten);
  RC_ASSERT(lookup.heads_at_most().in_other_zone == early.heads_at_most().in_other_zone);
  RC_ASSERT(lookup.counters().struct_pages_initialised ==
            early.counters().struct_pages_initialised);
}

RC_GTEST_PROP(identities, by_zone_is_per_device_or_per_block_as_its_default_zone, ()) {
  const Sizes sizes = any_sizes();
  const bool movable = *rc::gen::arbitrary<bool>();
  const auto policy = [&](KernelConfig& config, KernelProfile&) {
    if (!movable) return;
    config.online_policy = OnlinePolicy::auto_movable;
    config.auto_movable_numa_aware = false;
    config.auto_movable_ratio = 1'000'000;
  };
  TestMachine by_zone("by_zone", "acpi_dimm", policy);
  TestMachine other(movable ? "hotplugged_range" : "per_device", "acpi_dimm", policy);
  Life life = any_life();
  for (Step& step : life)  // so that the zone is what it was when memory was added
    step.type = movable ? OnlineType::online : OnlineType::online_kernel;
  live_alike(by_zone, other, sizes, life);
  expect_alike(by_zone, other);
  expect_same_work(by_zone, other);
}

RC_GTEST_PROP(identities, per_block_all_alike_is_that_placement, ()) {
  const Sizes sizes = any_sizes();
  const auto name = *rc::gen::element<std::string>("boot_memory", "hotplugged_range");
  TestMachine map("per_block", "acpi_dimm",
                  [&](KernelConfig& config, KernelProfile&) { config.memmap_per_block = {name}; });
  TestMachine alike(name);
  live_alike(map, alike, sizes, any_life());
  expect_alike(map, alike);
  expect_same_work(map, alike);
}

// One block of 1, 2 or 4 GiB, or as many of 128 MiB with the memmap of all at their start.
RC_GTEST_PROP(identities, a_block_as_large_as_the_device_has_the_counts_of_per_device, ()) {
  const Bytes size{*rc::gen::element<std::int64_t>(1, 2, 4) * kGiB};
  const auto type = *rc::gen::element(OnlineType::online_kernel, OnlineType::online_movable);
  TestMachine large("hotplugged_range", "acpi_dimm",
                    [&](KernelConfig& config, KernelProfile&) { config.memory_block_size = size; });
  TestMachine packed("per_device", "acpi_dimm", [](KernelConfig&, KernelProfile& profile) {
    profile.slab_per_block = Bytes{0};
  });
  const PfnRange range{pfn_of(Bytes{64 * kGiB}), pfn_of(Bytes{64 * kGiB} + size)};
  for (TestMachine* m : {&large, &packed}) {
    RC_ASSERT(m->add(range).status == Status::ok);
    for (Pfn p = range.start; p < range.end; p += block_pages(*m))
      RC_ASSERT(m->online(m->block_of(p), type).status == Status::ok);
  }
  const Counts a = counts_of(large), b = counts_of(packed);
  for (const int zone : {0, 1}) {
    RC_ASSERT(a.present[zone] == b.present[zone]);
    RC_ASSERT(a.managed[zone] == b.managed[zone]);
    RC_ASSERT(a.spanned[zone] == b.spanned[zone]);
  }
  RC_ASSERT(a.total == b.total);
  RC_ASSERT(a.memmap == b.memmap);
  RC_ASSERT(large.hotplug().gigantic_pages_possible(range) ==
            packed.hotplug().gigantic_pages_possible(range));
}

RC_GTEST_PROP(identities, late_altmap_before_online_adds_nothing_but_the_block_devices, ()) {
  const Sizes sizes = any_sizes();
  TestMachine late("late_altmap", "acpi_dimm", [](KernelConfig&, KernelProfile& profile) {
    profile.slab_per_block = Bytes{0};
  });
  const Counts before = counts_of(late);
  std::int64_t blocks = 0;
  for (std::int64_t d = 0; d < kDevices; ++d) {
    RC_ASSERT(late.add(device(late, sizes, d)).status == Status::ok);
    blocks += sizes[static_cast<std::size_t>(d)];
  }
  RC_ASSERT(counts_of(late) == before);
  for (std::size_t p = 0; p < kPrimitives; ++p)
    RC_ASSERT(late.host().spent(static_cast<Primitive>(p)) ==
              (static_cast<Primitive>(p) == Primitive::block_device ? blocks : 0));
  RC_ASSERT(late.counters().sections == 0);
}

// Online both have the same pages.
RC_GTEST_PROP(identities, late_altmap_online_is_hotplugged_range, ()) {
  const Sizes sizes = any_sizes();
  TestMachine late("late_altmap"), block("hotplugged_range");
  for (TestMachine* m : {&late, &block})
    for (std::int64_t d = 0; d < kDevices; ++d) {
      const PfnRange range = device(*m, sizes, d);
      RC_ASSERT(m->add(range).status == Status::ok);
      for (Pfn p = range.start; p < range.end; p += block_pages(*m))
        RC_ASSERT(m->online(m->block_of(p), OnlineType::online_movable).status == Status::ok);
    }
  RC_ASSERT(counts_of(late) == counts_of(block));
  expect_alike(late, block);
}

}  // namespace
}  // namespace mhp::kernel::random_lives_test
