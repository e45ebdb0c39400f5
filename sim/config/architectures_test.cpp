// The architectures that ship: what they say, and that a kernel built so follows it.
#include "sim/config/architectures.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "sim/config/scenario.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/machine/description.hpp"

namespace mhp::config::architectures_test {
namespace {

using kernel::Architecture;

Architecture shipped(const std::string& name) {
  auto arch = load_architecture(name);
  EXPECT_TRUE(arch.has_value()) << name;
  return arch.value_or(Architecture{});
}

TEST(architectures, all_that_ship_are_named_after_their_files) {
  const auto names = architecture_names();
  EXPECT_GE(names.size(), 8U);
  for (const std::string& name : names) EXPECT_EQ(shipped(name).name, name);
}

// Who says nothing gets x86-64: the rules of the file are the defaults of the program.
TEST(architectures, x86_64_is_what_is_built_in) {
  const auto in_force = [](const Value& table) {
    std::vector<ParamValue> used;
    Diagnostics errors;
    Architecture arch;
    kernel::architecture_params().read(table, arch, errors, &used);
    EXPECT_TRUE(errors.empty());
    return used;
  };
  Value kernel{Value::Table{{"architecture", Value{std::string("x86-64"), {}}, {}}}, {}};
  ASSERT_TRUE(merge_architecture(kernel, "architecture"));
  const auto file = in_force(*kernel.find("architecture"));
  const auto built_in =
      in_force(Value{Value::Table{{"name", Value{std::string("x86-64"), {}}, {}}}, {}});
  ASSERT_EQ(file.size(), built_in.size());
  for (std::size_t i = 0; i < file.size(); ++i) {
    EXPECT_EQ(file[i].value, built_in[i].value) << file[i].name;
    EXPECT_FALSE(file[i].is_default) << file[i].name << " is not stated";
    const bool says_what_it_is =
        file[i].name == "name" || file[i].name == "machine" || file[i].name == "evidence";
    EXPECT_TRUE(says_what_it_is || !file[i].source.empty()) << file[i].name;
  }
}

TEST(architectures, each_says_whether_anything_was_recorded) {
  const std::set<std::string> by_reading{"arm64-64k", "ppc64-64k-hash", "riscv64", "s390"};
  for (const std::string& name : architecture_names())
    EXPECT_EQ(shipped(name).evidence == kernel::ArchEvidence::source, by_reading.contains(name))
        << name;
}

TEST(architectures, an_unknown_one_is_told_with_those_there_are) {
  const auto arch = load_architecture("arm64-8k");
  ASSERT_FALSE(arch.has_value());
  EXPECT_NE(arch.error().front().problem.find("'arm64-8k' is no architecture"), std::string::npos);
  EXPECT_NE(arch.error().front().remedy.find("arm64-64k"), std::string::npos);
}

// What cannot be is told with its key.
TEST(architectures, sizes_that_do_not_fit_together_are_refused) {
  struct Row {
    const char* key;
    void (*damage)(Architecture&);
  };
  const Row rows[] = {
      {"page_size", [](Architecture& a) { a.page_size = Bytes{12 * kKiB}; }},
      {"table_size", [](Architecture& a) { a.table_size = Bytes{16 * kKiB}; }},
      {"pmd_size", [](Architecture& a) { a.pmd_size = a.pud_size; }},
      {"section_size", [](Architecture& a) { a.section_size = Bytes{kGiB}; }},
      {"pageblock_order", [](Architecture& a) { a.pageblock_order = 11; }},
      {"max_order", [](Architecture& a) { a.section_size = Bytes{2 * kMiB}; }},
  };
  for (const Row& row : rows) {
    Architecture arch;
    row.damage(arch);
    Value::Table members;
    for (const Row& r : rows) members.push_back({r.key, Value{}, {r.key, 1, 1}});
    for (auto& m : members) m.value.where = {m.key, 1, 1};
    Diagnostics errors;
    check_architecture(arch, Value{members, {}}, errors);
    ASSERT_FALSE(errors.empty()) << row.key;
    EXPECT_EQ(errors.front().where.file, row.key);
  }
}

/// Whether kernels follow memmap_on_memory, and what of each block they lose.
struct Alignment {
  const char* architecture;
  Bytes block;
  Bytes struct_page;
  bool on;
  bool force;
  std::int64_t waste;
};

// Section 4.4 of the mechanism, row by row, by additions to kernels that are built so. Measured:
// x86-64, arm64 with 4 and 16 KiB, ppc64 (recordings m-*); the others follow from the rules.
TEST(architectures, memmap_lies_in_the_range_where_alignment_allows) {
  constexpr Bytes kUsual{64};
  const Alignment rows[] = {
      {"x86-64", Bytes{128 * kMiB}, kUsual, true, true, 0},
      {"x86-64", Bytes{128 * kMiB}, Bytes{56}, false, false, 0},
      {"x86-64", Bytes{2 * kGiB}, Bytes{56}, true, true, 0},
      {"arm64-4k", Bytes{128 * kMiB}, kUsual, true, true, 0},
      {"arm64-16k", Bytes{128 * kMiB}, kUsual, false, false, 0},
      {"arm64-64k", Bytes{512 * kMiB}, kUsual, false, false, 0},
      {"ppc64-4k", Bytes{256 * kMiB}, kUsual, true, true, 0},
      {"ppc64-64k", Bytes{256 * kMiB}, kUsual, false, true, 28},
      {"ppc64-64k", Bytes{2 * kGiB}, kUsual, true, true, 0},
      {"ppc64-64k-hash", Bytes{256 * kMiB}, kUsual, false, false, 0},
      {"s390", Bytes{128 * kMiB}, kUsual, true, true, 0},
      {"riscv64", Bytes{128 * kMiB}, kUsual, true, true, 0},
  };
  for (const Alignment& row : rows) {
    const Architecture arch = shipped(row.architecture);
    const kernel::Geometry g = arch.geometry();
    for (const bool force : {false, true}) {
      SCOPED_TRACE(fmt::format("{} {} {}", row.architecture, row.block.value, force));
      machine::Description machine;
      machine.nodes = {{Bytes{4 * kGiB}, 1}};
      machine.distance = {{10}};
      kernel::KernelConfig config;
      config.memmap_placement = force ? "hotplugged_range_force" : "hotplugged_range";
      config.struct_page_size = row.struct_page;
      config.memory_block_size = row.block;
      const kernel::BootState boot = kernel::boot(machine, config, arch);
      ASSERT_EQ(boot.block_pages, g.pages_of(row.block));
      kernel::Mm mm(boot, config, {});
      kernel::MemoryHotplug hotplug(mm, boot, config);
      kernel::CountingHost host;
      const Pfn start = g.pfn_of(Bytes{16 * kGiB});
      const PfnRange range{start, start + g.pages_of(row.block)};
      ASSERT_EQ(kernel::CountingHost::run(hotplug.add(host, {NodeId{0}, range})).status,
                kernel::Status::ok);
      const kernel::Plan& plan = hotplug.block(hotplug.block_of(start)).plan;
      const bool in_range = force ? row.force : row.on;
      EXPECT_EQ(plan.memmap.in_added_memory(), in_range);
      if (!in_range) continue;
      EXPECT_EQ(plan.head - hotplug.block_memmap_pages(), PageCount{force ? row.waste : 0});
      EXPECT_EQ(hotplug.counters().memmap_pages_boot, 0);
    }
  }
}

}  // namespace
}  // namespace mhp::config::architectures_test
