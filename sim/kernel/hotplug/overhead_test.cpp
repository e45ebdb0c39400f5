// Where every page of what was added is: added pages less the rise of free memory are those that
// the overhead names, each once.
#include "sim/kernel/hotplug/overhead.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"

namespace mhp::kernel::overhead_test {
namespace {

/// A machine on which nobody but hot-plug allocates.
class Machine {
 public:
  Machine(const std::string& placement, Bytes memory, Bytes block, Bytes page_ext = Bytes{0}) {
    machine::Description machine;
    machine.nodes = {{memory, 4}, {Bytes{0}, 0}};
    machine.distance = {{10, 20}, {20, 10}};
    KernelConfig config;
    config.memmap_placement = placement;
    config.memory_block_size = block;
    config.page_ext = page_ext;
    boot_ = boot(machine, config);
    mm_ = std::make_unique<Mm>(boot_, config, KernelProfile{});
    hotplug_ = std::make_unique<MemoryHotplug>(*mm_, boot_, config);
    free_at_boot_ = mm_->mem_free();
  }

  Status add(NodeId node, PfnRange range, const char* adder = "acpi_dimm") {
    return run(hotplug_->add(host_, {node, range, NodeId{0}, adders().find(adder)}));
  }
  /// The blocks of a range that are offline go online, as far as they do.
  void online(PfnRange range, OnlineType type) {
    for (Pfn p = range.start; p < range.end; p += hotplug_->block_pages())
      if (state(p) == MemoryBlock::State::offline)
        run(hotplug_->online(host_, hotplug_->block_of(p), type));
  }
  void offline(PfnRange range) {
    for (Pfn p = range.start; p < range.end; p += hotplug_->block_pages())
      if (state(p) == MemoryBlock::State::online)
        run(hotplug_->offline(host_, hotplug_->block_of(p)));
  }
  Status remove(PfnRange range) { return run(hotplug_->remove(host_, range)); }

  /// Pages of memory that is there, less what free memory has risen by. What is offline is neither
  /// free nor overhead, but for its memmap, if that lies elsewhere.
  PageCount missing() const {
    PageCount online;
    for (const MemoryBlock& b : hotplug_->blocks())
      if (b.state == MemoryBlock::State::online && !b.boot) online += hotplug_->block_pages();
    return online - (mm_->mem_free() - free_at_boot_);
  }
  PageCount offline_heads() const {
    PageCount heads;
    for (const MemoryBlock& b : hotplug_->blocks())
      if (b.state == MemoryBlock::State::offline && b.populated) heads += b.plan.head;
    return heads;
  }
  const MemoryHotplug& hotplug() const { return *hotplug_; }

 private:
  static Status run(Task<OpResult> task) { return CountingHost::run(std::move(task)).status; }
  MemoryBlock::State state(Pfn p) const { return hotplug_->block(hotplug_->block_of(p)).state; }

  BootState boot_;
  std::unique_ptr<Mm> mm_;
  std::unique_ptr<MemoryHotplug> hotplug_;
  CountingHost host_;
  PageCount free_at_boot_;
};

PfnRange gib(std::int64_t first, std::int64_t end) {
  return {pfn_of(Bytes{first * kGiB}), pfn_of(Bytes{end * kGiB})};
}

TEST(overhead, names_what_is_missing_once_all_is_online_on_every_placement) {
  for (const auto& [name, policy] : placements().entries())
    for (const OnlineType type : {OnlineType::online_kernel, OnlineType::online_movable})
      for (const std::int64_t block : {128, 2048}) {
        Machine m(name, Bytes{8 * kGiB}, Bytes{block * kMiB});
        if (m.add(NodeId{1}, gib(64, 80)) != Status::ok) continue;
        m.online(gib(64, 80), type);
        const MemoryOverhead now = m.hotplug().overhead();
        EXPECT_EQ(m.missing(), now.sum()) << name << ' ' << block;
        // 64 bytes a page, wherever they are: 16 GiB / 64.
        EXPECT_EQ(now.memmap_boot + now.memmap_range, pages_of(Bytes{256 * kMiB})) << name;
        EXPECT_EQ(now.memmap_boot.value + now.memmap_range.value, m.hotplug().nr_memmap_pages());
        EXPECT_GT(now.page_tables.value, 0) << name;
        EXPECT_GT(now.slab.value, 0) << name;
        EXPECT_EQ(now.waste.value, 0) << "pageblocks of 2 MiB leave none: " << name;
      }
}

TEST(overhead, of_a_failed_add_is_what_it_has_leaked) {
  Machine m("boot_memory", Bytes{256 * kMiB}, Bytes{128 * kMiB});
  ASSERT_EQ(m.add(NodeId{1}, gib(64, 96)), Status::enomem);
  const MemoryOverhead now = m.hotplug().overhead();
  EXPECT_GT(now.memmap_boot.value, 0);
  EXPECT_EQ(m.missing(), now.sum());
}

TEST(overhead, of_the_machine_at_boot_is_none) {
  const Machine m("boot_memory", Bytes{4 * kGiB}, Bytes{128 * kMiB});
  EXPECT_EQ(m.hotplug().overhead(), MemoryOverhead{});
  EXPECT_EQ(m.hotplug().nr_memmap_boot_pages(), 4 * 8 * 512);
}

// Any placement, any steps: what is offline takes its memmap from use only if it lies elsewhere.
RC_GTEST_PROP(overhead, is_what_is_missing_whatever_was_done, ()) {
  std::vector<std::string> names;
  for (const auto& [name, policy] : placements().entries()) names.push_back(name);
  const Bytes block{*rc::gen::element<std::int64_t>(128, 512, 2048) * kMiB};
  Machine m(*rc::gen::elementOf(names),
            Bytes{*rc::gen::element<std::int64_t>(192, 1024, 8192) * kMiB}, block,
            Bytes{*rc::gen::element<std::int64_t>(0, 8, 72, 200)});
  std::vector<PfnRange> added;
  const int steps = *rc::gen::inRange(1, 8);
  for (int i = 0; i < steps; ++i) {
    const int what = added.empty() ? 0 : *rc::gen::inRange(0, 4);
    const PfnRange of = added.empty() ? PfnRange{} : *rc::gen::elementOf(added);
    if (what == 0) {
      const auto n = *rc::gen::inRange<std::int64_t>(1, 4);
      const PfnRange range = gib(64 + 8 * i, 64 + 8 * i + 2 * n);
      m.add(NodeId{*rc::gen::inRange(0, 2)}, range,
            *rc::gen::element("acpi_dimm", "dax_kmem", "virtio_mem"));
      added.push_back(range);
    } else if (what == 1) {
      m.online(of, *rc::gen::element(OnlineType::online_kernel, OnlineType::online_movable));
    } else if (what == 2) {
      m.offline(of);
    } else {
      m.remove(of);
    }
    RC_ASSERT(m.missing() == m.hotplug().overhead().sum() - m.offline_heads());
  }
}

}  // namespace
}  // namespace mhp::kernel::overhead_test
