// The page extension of sections that go online: how much, from where, and when it goes.
#include "sim/kernel/hotplug/page_ext.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"

namespace mhp::kernel::page_ext_test {
namespace {

constexpr NodeId kOld{0};
constexpr NodeId kNew{1};
constexpr std::int64_t kTable = 576;  // 72 bytes * 32768 pages of a section

class Machine {
 public:
  explicit Machine(std::int64_t each_page, const std::string& placement = "boot_memory",
                   std::int64_t gib = 1, Bytes memory = Bytes{4 * kGiB})
      : range_{pfn_of(Bytes{64 * kGiB}), pfn_of(Bytes{(64 + gib) * kGiB})} {
    machine::Description machine;
    machine.nodes = {{memory, 4}, {Bytes{0}, 0}};
    machine.distance = {{10, 20}, {20, 10}};
    KernelConfig config;
    config.memmap_placement = placement;
    config.memory_block_size = Bytes{128 * kMiB};
    config.page_ext = Bytes{each_page};
    boot_ = boot(machine, config);
    mm_ = std::make_unique<Mm>(boot_, config, KernelProfile{});
    at_boot_ = mm_->mem_free();
    hotplug_ = std::make_unique<MemoryHotplug>(*mm_, boot_, config);
  }
  void add() {
    ASSERT_EQ(CountingHost::run(hotplug_->add(host_, {kNew, range_, kOld})).status, Status::ok);
  }
  Status online(std::int64_t block, OnlineType type) {
    return CountingHost::run(hotplug_->online(host_, id(block), type)).status;
  }
  void online_all(OnlineType type) {
    for (std::int64_t b = 0; b < blocks(); ++b) {
      if (hotplug_->block(id(b)).state != MemoryBlock::State::offline) continue;
      ASSERT_EQ(online(b, type), Status::ok);
    }
  }
  Status offline(std::int64_t block) {
    return CountingHost::run(hotplug_->offline(host_, id(block))).status;
  }
  std::int64_t blocks() const { return range_.pages() / hotplug_->block_pages(); }
  std::int64_t page_ext() const { return hotplug_->overhead().page_ext.value; }
  PageCount in_use(NodeId n) const {
    PageCount pages;
    for (const Zone& z : mm_->node(n).zones) pages += z.in_use_pages;
    return pages;
  }
  /// Free memory before the extension of boot memory was taken.
  PageCount at_boot() const { return at_boot_; }
  MemoryHotplug& hotplug() { return *hotplug_; }
  /// Pages cleared besides the memmap.
  std::int64_t cleared() const {
    return host_.spent(Primitive::kernel_init_page) - hotplug_->counters().memmap_pages_cleared;
  }
  const CountingHost& host() const { return host_; }
  Mm& mm() { return *mm_; }

 private:
  BlockId id(std::int64_t block) const {
    return hotplug_->block_of(range_.start + hotplug_->block_pages() * block);
  }

  PfnRange range_;
  BootState boot_;
  std::unique_ptr<Mm> mm_;
  PageCount at_boot_;
  std::unique_ptr<MemoryHotplug> hotplug_;
  CountingHost host_;
};

TEST(page_ext, there_is_none_unless_something_needs_it) {
  Machine m(0);
  EXPECT_EQ(m.mm().mem_free(), m.at_boot());
  m.add();
  m.online_all(OnlineType::online_movable);
  EXPECT_EQ(m.page_ext(), 0);
}

TEST(page_ext, of_boot_memory_is_taken_at_boot_from_its_own_node) {
  Machine m(72);
  EXPECT_EQ(m.at_boot() - m.mm().mem_free(), PageCount{32 * kTable});
  EXPECT_EQ(m.in_use(kOld), PageCount{32 * kTable});
  EXPECT_EQ(m.hotplug().nr_memmap_pages(), 32 * kTable) << "counted as if it were hot-added";
  EXPECT_EQ(m.hotplug().nr_memmap_boot_pages(), 32 * 512);
  EXPECT_EQ(m.page_ext(), 0);
  m.mm().validate();
}

// An order-10 block of each section is cleared whole; 448 pages of it are freed at once.
TEST(page_ext, comes_with_each_section_that_goes_online_and_leaves_with_it) {
  Machine m(72);
  m.add();
  const PageCount before = m.in_use(kOld);
  m.online_all(OnlineType::online_movable);
  EXPECT_EQ(m.in_use(kOld) - before, PageCount{8 * kTable}) << "Movable cannot hold it";
  EXPECT_EQ(m.page_ext(), 8 * kTable);
  EXPECT_EQ(m.cleared(), 8 * 1024);
  for (std::int64_t b = 0; b < 8; ++b) ASSERT_EQ(m.offline(b), Status::ok);
  EXPECT_EQ(m.in_use(kOld), before);
  EXPECT_EQ(m.page_ext(), 0);
  m.mm().validate();
}

TEST(page_ext, lies_on_the_node_as_soon_as_that_has_memory_and_pins_it) {
  Machine m(72);
  m.add();
  ASSERT_EQ(m.online(0, OnlineType::online_kernel), Status::ok);
  EXPECT_EQ(m.in_use(kNew), PageCount{0}) << "that of the first block is elsewhere";
  ASSERT_EQ(m.online(1, OnlineType::online_kernel), Status::ok);
  EXPECT_EQ(m.in_use(kNew), PageCount{kTable});
  EXPECT_EQ(m.offline(0), Status::ebusy) << "it holds the extension of the second";
  ASSERT_EQ(m.offline(1), Status::ok);
  EXPECT_EQ(m.offline(0), Status::ok);
}

// online_page_ext rounds to whole sections: what the memory notifier does not announce saves
// nothing, unless it fills a section. 16 GiB begin with 256 MiB of memmap.
TEST(page_ext, heads_save_it_only_by_whole_sections) {
  Machine boot_memory(72), range(72, "hotplugged_range"), early(72, "early_kernel_zone"),
      unit(72, "altmap_unit", 16);
  for (Machine* m : {&boot_memory, &range, &early, &unit}) {
    m->add();
    m->online_all(OnlineType::online_movable);
    EXPECT_EQ(m->at_boot() - m->mm().mem_free() + PageCount{m->blocks() * 32768},
              m->hotplug().overhead().sum() + PageCount{32 * kTable});
  }
  EXPECT_EQ(boot_memory.page_ext(), 8 * kTable);
  EXPECT_EQ(range.page_ext(), 8 * kTable);
  EXPECT_EQ(early.page_ext(), 8 * kTable);
  EXPECT_EQ(unit.page_ext(), (128 - 2) * kTable);
}

// 200 bytes a page are 1600 pages, more than the largest order: single ones.
TEST(page_ext, too_large_for_a_block_is_single_pages) {
  Machine m(200);
  m.add();
  m.online_all(OnlineType::online_movable);
  EXPECT_EQ(m.page_ext(), 8 * 1600);
  EXPECT_EQ(m.cleared(), 8 * 1600);
  for (std::int64_t b = 0; b < 8; ++b) ASSERT_EQ(m.offline(b), Status::ok);
  EXPECT_EQ(m.page_ext(), 0);
  m.mm().validate();
}

TEST(page_ext, without_memory_for_it_a_block_stays_offline_and_leaves_no_trace) {
  for (const char* placement : {"boot_memory", "hotplugged_range"}) {
    Machine m(72, placement);
    m.add();
    std::vector<FreedPages> all;
    AllocRequest any{.node = kOld, .order = kMaxOrder, .kswapd = false};
    for (; any.order >= 0; --any.order)
      while (const auto got = m.mm().get_page_from_freelist(any, Mark::none, m.mm().nobody()))
        all.push_back({got->pfn, any.order});
    EXPECT_EQ(m.online(0, OnlineType::online_movable), Status::enomem);
    EXPECT_EQ(m.page_ext(), 0);
    const Zone& zone = m.mm().zone(kNew, ZoneType::movable);
    EXPECT_TRUE(zone.spans_nothing());
    EXPECT_TRUE(zone.online.empty());
    EXPECT_EQ(zone.present_pages, PageCount{0});
    for (const FreedPages& p : all) m.mm().free_pages(p.pfn, p.order, m.mm().nobody());
    EXPECT_EQ(m.online(0, OnlineType::online_movable), Status::ok);
    EXPECT_EQ(m.page_ext(), kTable);
    m.mm().validate();
  }
}

}  // namespace
}  // namespace mhp::kernel::page_ext_test
