// What is freed of the vmemmap of huge pages, where it goes, and that it comes back.
#include "sim/kernel/hotplug/vmemmap_optimizer.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/mm/hugetlb.hpp"

namespace mhp::kernel::vmemmap_optimizer_test {
namespace {

constexpr Bytes k2MiB{2 * kMiB};
constexpr Bytes k1GiB{kGiB};
constexpr NodeId kOld{0};
constexpr NodeId kNew{1};

KernelProfile kernel(HugetlbVmemmapRule rule,
                     HugetlbVmemmapExcludes both = HugetlbVmemmapExcludes::self_hosted) {
  KernelProfile profile;
  profile.hugetlb_vmemmap = rule;
  profile.hugetlb_vmemmap_excludes = both;
  return profile;
}

/// 8 GiB of boot memory on a node with processors, and a node without either that gets 8 GiB.
class Machine {
 public:
  explicit Machine(const std::string& placement = "boot_memory", const KernelProfile& profile = {},
                   Bytes block = Bytes{128 * kMiB}, Bytes struct_page = kStructPageSize) {
    machine::Description machine;
    machine.nodes = {{Bytes{8 * kGiB}, 4}, {Bytes{0}, 0}};
    machine.distance = {{10, 20}, {20, 10}};
    KernelConfig config;
    config.memmap_placement = placement;
    config.memory_block_size = block;
    config.hugetlb_free_vmemmap = true;
    config.struct_page_size = struct_page;
    boot_ = boot(machine, config);
    mm_ = std::make_unique<Mm>(boot_, config, profile);
    hotplug_ = std::make_unique<MemoryHotplug>(*mm_, boot_, config);
    hugetlb_ = std::make_unique<Hugetlb>(*mm_);
    free_at_boot_ = mm_->mem_free();
  }
  OpResult add() { return CountingHost::run(hotplug_->add(host_, {kNew, range_, kOld})); }
  void plug(OnlineType type = OnlineType::online_kernel) {
    ASSERT_EQ(add().status, Status::ok);
    each_block(MemoryBlock::State::offline,
               [&](BlockId b) { return run(hotplug_->online(host_, b, type)); });
  }
  void unplug() {
    each_block(MemoryBlock::State::online,
               [&](BlockId b) { return run(hotplug_->offline(host_, b)); });
    ASSERT_EQ(run(hotplug_->remove(host_, range_)), Status::ok);
  }
  std::int64_t resize(NodeId node, Bytes size, std::int64_t pages) {
    return CountingHost::run(hugetlb_->set_nr_hugepages(host_, node, size, pages));
  }
  std::int64_t resize_at_once(NodeId node, Bytes size, std::int64_t pages) {
    return hugetlb_->set_nr_hugepages(node, size, pages, mm_->nobody());
  }
  /// Pages in pools.
  PageCount pools() const {
    PageCount n;
    for (const NodeId node : {kOld, kNew})
      for (const Bytes size : {k2MiB, k1GiB})
        n += pages_of(size * hugetlb_->nr_hugepages(node, size));
    return n;
  }
  PageCount free(NodeId n) const {
    PageCount pages;
    for (const Zone& z : mm_->node(n).zones) pages += z.free_pages();
    return pages;
  }
  PageCount saved() const { return hotplug_->hugetlb_vmemmap_saved().value(); }
  PageCount free() const { return mm_->mem_free(); }
  PageCount free_at_boot() const { return free_at_boot_; }
  std::int64_t split_of(std::int64_t huge_pages) const { return (huge_pages + 63) / 64; }
  Mm& mm() { return *mm_; }
  MemoryHotplug& hotplug() { return *hotplug_; }
  const CountingHost& host() const { return host_; }

 private:
  template <class F>
  void each_block(MemoryBlock::State in, F&& f) {
    for (Pfn p = range_.start; p < range_.end; p += hotplug_->block_pages()) {
      const BlockId b = hotplug_->block_of(p);
      if (hotplug_->block(b).state != in) continue;
      ASSERT_EQ(f(b), Status::ok) << b.value;
    }
  }
  static Status run(Task<OpResult> task) { return CountingHost::run(std::move(task)).status; }

  PfnRange range_{pfn_of(Bytes{64 * kGiB}), pfn_of(Bytes{72 * kGiB})};
  BootState boot_;
  std::unique_ptr<Mm> mm_;
  std::unique_ptr<MemoryHotplug> hotplug_;
  std::unique_ptr<Hugetlb> hugetlb_;
  CountingHost host_;
  PageCount free_at_boot_;
};

// 8 vmemmap pages a huge page of 2 MiB: all go to where the memmap lies, one comes from where the
// huge page lies; one table a section of 64 huge pages, from the node of the processor that writes.
TEST(hvo, frees_all_but_a_page_of_each_huge_page_where_the_memmap_lies) {
  Machine m;
  m.plug();
  const PageCount old = m.free(kOld), here = m.free(kNew);
  const std::int64_t memmap = m.hotplug().nr_memmap_pages();
  ASSERT_EQ(m.resize(kNew, k2MiB, 640), 640);
  EXPECT_EQ(m.free(kOld) - old, PageCount{8 * 640 - 10});
  EXPECT_EQ(here - m.free(kNew), PageCount{640 * 512 + 640});
  EXPECT_EQ(m.saved(), PageCount{7 * 640 - 10});
  EXPECT_EQ(memmap - m.hotplug().nr_memmap_pages(), 7 * 640);
  EXPECT_EQ(m.host().spent(Primitive::tlb_flush), 2)
      << "once the leaves are split, once at the end";
  m.mm().validate();
}

// Of the 8 S / 64 vmemmap pages of 2 MiB all but one go; one table for each 2 MiB of memmap.
TEST(hvo, frees_as_many_pages_as_struct_pages_fill) {
  struct Row {
    std::int64_t bytes, pages;
  };
  for (const Row& r : {Row{16, 2}, {32, 4}, {64, 8}, {128, 16}}) {
    Machine m("boot_memory", {}, Bytes{128 * kMiB}, Bytes{r.bytes});
    m.plug();
    const PageCount old = m.free(kOld);
    const std::int64_t tables = 1024 * r.pages / 512;
    ASSERT_EQ(m.resize(kNew, k2MiB, 1024), 1024);
    EXPECT_EQ(m.free(kOld) - old, PageCount{r.pages * 1024 - tables}) << r.bytes;
    EXPECT_EQ(m.saved(), PageCount{(r.pages - 1) * 1024 - tables}) << r.bytes;
    m.mm().validate();
  }
}

// hugetlb_vmemmap_init: no struct page may lie in two pages. Of 8 bytes all of a huge page's lie in
// one.
TEST(hvo, frees_nothing_where_struct_pages_straddle_pages_or_fill_one) {
  Machine straddling("boot_memory", {}, Bytes{128 * kMiB}, Bytes{56});
  straddling.plug();
  EXPECT_EQ(straddling.hotplug().hugetlb_vmemmap_saved(), std::nullopt);
  Machine small("boot_memory", {}, Bytes{128 * kMiB}, Bytes{8});
  small.plug();
  ASSERT_EQ(small.resize(kNew, k2MiB, 640), 640);
  EXPECT_EQ(small.saved(), PageCount{0});
}

TEST(hvo, what_was_freed_comes_back_before_huge_pages_leave_and_memory_goes) {
  Machine m;
  m.plug(OnlineType::online_movable);
  const PageCount before = m.free();
  m.resize(kNew, k2MiB, 640);
  ASSERT_EQ(m.resize(kNew, k2MiB, 0), 0);
  EXPECT_EQ(before - m.free(), PageCount{10}) << "leaves stay split";
  EXPECT_EQ(m.saved(), PageCount{-10});
  m.unplug();
  EXPECT_EQ(m.saved(), PageCount{0});
  EXPECT_EQ(m.hotplug().nr_memmap_pages(), 0);
  EXPECT_EQ(m.free_at_boot() - m.free(), m.hotplug().overhead().sum())
      << "table and slab that stay";
  EXPECT_EQ(m.hotplug().overhead().memmap_boot, PageCount{0});
  m.mm().validate();
}

// In a kernel zone what comes back may come from there: it cannot be moved.
TEST(hvo, vmemmap_that_comes_back_pins_memory_of_a_kernel_zone) {
  Machine m;
  m.plug();
  m.resize(kNew, k2MiB, 640);
  ASSERT_EQ(m.resize(kNew, k2MiB, 0), 0);
  PageCount in_use;
  for (const Zone& z : m.mm().node(kNew).zones) in_use += z.in_use_pages;
  EXPECT_EQ(in_use, PageCount{8 * 640});
}

// 4096 vmemmap pages of 1 GiB in 8 sections.
TEST(hvo, leaves_a_page_of_a_gigantic_page_too) {
  for (const auto& [rule, kept] :
       {std::pair{HugetlbVmemmapRule::two_pages, 2}, std::pair{HugetlbVmemmapRule::one_page, 1},
        std::pair{HugetlbVmemmapRule::new_head, 1}}) {
    Machine m("boot_memory", kernel(rule));
    m.plug();
    const PageCount before = m.free();
    ASSERT_EQ(m.resize(kNew, k1GiB, 3), 3);
    EXPECT_EQ(m.saved(), PageCount{3 * (4096 - kept - 8)});
    EXPECT_EQ(before - m.free(), pages_of(k1GiB * 3) - m.saved());
    m.mm().validate();
  }
}

TEST(hvo, kernels_up_to_5_17_keep_two_pages_and_those_from_7_1_share_one_in_a_zone) {
  Machine two("boot_memory", kernel(HugetlbVmemmapRule::two_pages));
  Machine shared("boot_memory", kernel(HugetlbVmemmapRule::shared_tail));
  for (Machine* m : {&two, &shared}) {
    m->plug();
    ASSERT_EQ(m->resize(kNew, k2MiB, 64), 64);
  }
  EXPECT_EQ(two.saved(), PageCount{6 * 64 - 1});
  EXPECT_EQ(shared.saved(), PageCount{7 * 64 - 1 - 1});
  ASSERT_EQ(shared.resize(kNew, k1GiB, 1), 1);
  EXPECT_EQ(shared.saved(), PageCount{7 * 64 - 2 + 4095 - 8 - 1}) << "one for each size";
}

TEST(hvo, memmap_in_the_range_stays) {
  for (const auto& [placement, block] :
       {std::pair{"hotplugged_range", 128 * kMiB}, std::pair{"hotplugged_range", 2 * kGiB},
        std::pair{"altmap_unit", 128 * kMiB}}) {
    Machine m(placement, {}, Bytes{block});
    m.plug();
    const PageCount before = m.free();
    ASSERT_EQ(m.resize(kNew, k2MiB, 100), 100);
    EXPECT_EQ(m.saved(), PageCount{0}) << placement;
    EXPECT_EQ(before - m.free(), PageCount{100 * 512});
    EXPECT_EQ(m.host().spent(Primitive::memory_line), 0);
  }
}

// The pages of boot memory's memmap were never managed: MemTotal grows by them.
TEST(hvo, boot_memory_gets_pages_that_it_never_had) {
  Machine m;
  const PageCount total = m.mm().mem_total(), before = m.free();
  const std::int64_t memmap = m.hotplug().nr_memmap_boot_pages();
  ASSERT_EQ(m.resize(kOld, k2MiB, 1000), 1000);
  EXPECT_EQ(m.mm().mem_total() - total, PageCount{8 * 1000});
  EXPECT_EQ(memmap - m.hotplug().nr_memmap_boot_pages(), 8 * 1000);
  EXPECT_EQ(m.hotplug().nr_memmap_pages(), 1000) << "the heads, from the page allocator";
  EXPECT_EQ(before - m.free(), PageCount{1000 * 512} - m.saved());
  EXPECT_EQ(m.hotplug().overhead(), MemoryOverhead{});
  m.resize(kOld, k2MiB, 0);
  EXPECT_EQ(m.hotplug().nr_memmap_pages(), 8 * 1000);
  m.mm().validate();
}

TEST(hvo, a_huge_page_stays_in_the_pool_if_its_vmemmap_cannot_be_had) {
  Machine m;
  m.plug();
  ASSERT_EQ(m.resize_at_once(kNew, k2MiB, 32), 32);
  std::vector<FreedPages> all;
  AllocRequest any{.node = kNew, .order = kMaxOrder, .highest = ZoneType::movable, .kswapd = false};
  for (; any.order >= 0; --any.order)
    while (const auto got = m.mm().get_page_from_freelist(any, Mark::none, m.mm().nobody()))
      all.push_back({got->pfn, any.order});
  EXPECT_EQ(m.resize_at_once(kNew, k2MiB, 0), 32);
  EXPECT_EQ(m.saved(), PageCount{7 * 32 - 1});
  for (const FreedPages& p : all) m.mm().free_pages(p.pfn, p.order, m.mm().nobody());
  EXPECT_EQ(m.resize_at_once(kNew, k2MiB, 0), 0);
  m.mm().validate();
}

// Nothing is left but four huge pages and so many single pages, of which tables, heads and tails
// are made: wherever those run out, every page is free, in a pool, saved or taken.
TEST(hvo, loses_no_page_wherever_memory_runs_out) {
  using Rule = HugetlbVmemmapRule;
  constexpr std::int64_t kEnough = 11;
  for (const Rule rule : {Rule::two_pages, Rule::one_page, Rule::new_head, Rule::shared_tail})
    for (std::int64_t pages = 0; pages <= kEnough; ++pages) {
      SCOPED_TRACE(fmt::format("rule {}, {} pages", static_cast<int>(rule), pages));
      Machine m("boot_memory", kernel(rule));
      m.plug();
      const PageCount before = m.free();
      // Processors keep no pages of their own in lists.
      for (const NodeId node : {kOld, kNew})
        for (Zone& zone : m.mm().node(node).zones) zone.pcp_limits.batch = 1;
      std::vector<FreedPages> taken;
      for (const NodeId node : {kOld, kNew})
        for (int order = kMaxOrder; order >= 0; --order)
          while (const auto got = m.mm().get_page_from_freelist(
                     {.node = node, .order = order, .kswapd = false}, Mark::min, m.mm().nobody()))
            taken.push_back({got->pfn, order});
      const auto in_hand = [&] {
        PageCount n;
        for (const FreedPages& p : taken) n += PageCount{std::int64_t{1} << p.order};
        return n;
      };
      // Of one block four huge pages, of another single pages that have no neighbour.
      std::vector<Pfn> blocks;
      for (auto p = taken.begin(); p != taken.end() && blocks.size() < 3;)
        if (p->order == kMaxOrder && m.mm().zone_of(p->pfn)->node == kNew) {
          blocks.push_back(p->pfn);
          p = taken.erase(p);
        } else {
          ++p;
        }
      ASSERT_EQ(blocks.size(), 3u);
      m.mm().free_pages(blocks[0], kMaxOrder, m.mm().nobody());
      m.mm().free_pages(blocks[1], kMaxOrder, m.mm().nobody());
      for (std::int64_t i = 0; i < 1 << kMaxOrder; ++i)
        if (i % 2 == 0 && i / 2 < pages)
          m.mm().free_pages(blocks[2] + PageCount{i}, 0, m.mm().nobody());
        else
          taken.push_back({blocks[2] + PageCount{i}, 0});
      const auto expect_all_there = [&] {
        EXPECT_EQ(m.free() + m.pools() + in_hand() - m.saved(), before);
        m.mm().validate();
      };
      m.mm().drain_all_pages(m.mm().nobody());
      EXPECT_EQ(m.resize_at_once(kNew, k2MiB, 4), 4) << "they stay as they are";
      if (pages == 0) {
        EXPECT_EQ(m.saved(), PageCount{0});
      }
      if (pages == kEnough) {
        EXPECT_GT(m.saved(), PageCount{4 * 5});
      }
      expect_all_there();
      m.resize_at_once(kNew, k2MiB, 0);
      expect_all_there();
      for (const FreedPages& p : taken) m.mm().free_pages(p.pfn, p.order, m.mm().nobody());
      taken.clear();
      EXPECT_EQ(m.resize_at_once(kNew, k2MiB, 0), 0) << "now there is memory for all";
      expect_all_there();
    }
}

// A request that may not leave a node without kernel zones is in vain: such huge pages cannot go.
TEST(hvo, of_a_movable_node_is_restored_only_by_kernels_that_ask_other_nodes) {
  for (const auto& [rule, stay] :
       {std::pair{HugetlbVmemmapRule::one_page, 10}, std::pair{HugetlbVmemmapRule::new_head, 0}}) {
    Machine m("boot_memory", kernel(rule));
    m.plug(OnlineType::online_movable);
    ASSERT_EQ(m.resize(kNew, k2MiB, 10), 10);
    EXPECT_EQ(m.resize(kNew, k2MiB, 0), stay);
    m.mm().validate();
  }
}

TEST(hvo, excludes_memmap_in_the_range_or_is_excluded_by_it) {
  using Both = HugetlbVmemmapExcludes;
  Machine old("hotplugged_range", kernel(HugetlbVmemmapRule::two_pages, Both::memmap_in_range));
  EXPECT_NE(old.add().placement_refusal.find("frees the vmemmap"), std::string::npos);
  EXPECT_EQ(old.hotplug().counters().memmap_pages_range, 0);
  Machine next("hotplugged_range", kernel(HugetlbVmemmapRule::one_page, Both::itself));
  EXPECT_EQ(next.hotplug().hugetlb_vmemmap_saved(), std::nullopt);
  EXPECT_EQ(next.add().placement_refusal, "");
  Machine without("boot_memory", kernel(HugetlbVmemmapRule::one_page, Both::itself));
  EXPECT_TRUE(without.hotplug().hugetlb_vmemmap_saved());
  Machine none("boot_memory", kernel(HugetlbVmemmapRule::none));
  EXPECT_FALSE(none.hotplug().hugetlb_vmemmap_saved());
}

// Whatever is written to nr_hugepages, no page is lost or won: free memory is what it was, less the
// pools, plus what was saved.
RC_GTEST_PROP(hvo, conserves_pages, ()) {
  KernelProfile profile =
      kernel(*rc::gen::element(HugetlbVmemmapRule::two_pages, HugetlbVmemmapRule::one_page,
                               HugetlbVmemmapRule::new_head, HugetlbVmemmapRule::shared_tail));
  profile.hugetlb_pool_in_batches = *rc::gen::arbitrary<bool>();
  Machine m(*rc::gen::element<std::string>("boot_memory", "hotplugged_range"), profile,
            Bytes{*rc::gen::element<std::int64_t>(128, 2048) * kMiB});
  const auto type = *rc::gen::element(OnlineType::online_kernel, OnlineType::online_movable);
  m.plug(type);
  const PageCount before = m.free();
  const int writes = *rc::gen::inRange(1, 8);
  for (int i = 0; i < writes; ++i) {
    const NodeId node = *rc::gen::element(kOld, kNew);
    const bool gigantic = *rc::gen::weightedElement<bool>({{1, true}, {3, false}});
    const auto pages = *rc::gen::inRange<std::int64_t>(0, gigantic ? 4 : 1500);
    if (*rc::gen::arbitrary<bool>())
      m.resize(node, gigantic ? k1GiB : k2MiB, pages);
    else
      m.resize_at_once(node, gigantic ? k1GiB : k2MiB, pages);
    RC_ASSERT(m.free() == before - m.pools() + m.saved());
    m.mm().validate();
  }
  const bool own_node = profile.hugetlb_vmemmap < HugetlbVmemmapRule::new_head;
  for (const NodeId node : {kOld, kNew})
    for (const Bytes size : {k2MiB, k1GiB})
      if (node == kOld || type == OnlineType::online_kernel || !own_node)
        RC_ASSERT(m.resize(node, size, 0) == 0);
  if (m.pools() == PageCount{0})
    RC_ASSERT(m.hotplug().overhead().memmap_boot + m.hotplug().overhead().memmap_range ==
              pages_of(Bytes{128 * kMiB}));
  if (m.pools() == PageCount{0} && type == OnlineType::online_movable) m.unplug();
}

}  // namespace
}  // namespace mhp::kernel::vmemmap_optimizer_test
