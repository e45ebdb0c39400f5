// The memmap of boot memory, where the answer is known: P deferred struct pages cost a thread
// P * (cpu of init and free + latency / misses in flight) and P / 1024 blocks under the zone lock.
#include "sim/run/boot_memmap.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "sim/kernel/arch/x86_64.hpp"

namespace mhp::run::boot_memmap_test {
namespace {

constexpr std::int64_t kSection = 32'768;

class BootMemmap : public ::testing::Test {
 protected:
  BootMemmap() {
    using kernel::Primitive;
    machine_.core = {1000, 10'000, 4'000};
    const auto price = [&](Primitive p) -> cost::PrimitiveCost& {
      return costs_.primitives[static_cast<std::size_t>(p)];
    };
    price(Primitive::struct_page_init) = {Picoseconds{3000}, 1, cost::Access::stream, true, {}};
    price(Primitive::struct_page_free) = {Picoseconds{500}, 1, cost::Access::stream, true, {}};
    price(Primitive::free_one_page) = {Picoseconds{102'400}, 0, cost::Access::stream, false, {}};
  }
  void node(std::int64_t cpus, Bytes memory) {
    machine_.nodes.push_back({memory, cpus, SimTime{100}, BytesPerSecond{1'000'000'000'000'000}});
    for (std::size_t n = 0; n + 1 < machine_.nodes.size(); ++n)
      machine_.links.push_back({NodeId{static_cast<std::int32_t>(n)},
                                NodeId{static_cast<std::int32_t>(machine_.nodes.size() - 1)},
                                SimTime{60}, BytesPerSecond{1'000'000'000'000'000}});
  }
  /// Sections of free memory above 4 GiB on a node, before the first of which one section is
  /// initialised early.
  void zone(std::int32_t node, std::int64_t gib, std::int64_t sections) {
    const Pfn start = pfn_of(Bytes{gib * kGiB});
    const PageCount pages{(1 + sections) * kSection};
    boot_.zones.push_back({.node = NodeId{node},
                           .type = kernel::ZoneType::normal,
                           .start_pfn = start,
                           .spanned = pages,
                           .present = pages,
                           .managed = pages,
                           .watermark = {},
                           .lowmem_reserve = {},
                           .online = {},
                           .free = {{start, start + pages}}});
  }
  double ns_per_page(std::int64_t sections) {
    const machine::Topology topology(machine_);
    return static_cast<double>(
               boot_memmap_init_time(machine_, topology, costs_, boot_, profile_).time.value) /
           static_cast<double>(sections * kSection);
  }
  machine::Machine machine_;
  cost::CostProfile costs_;
  kernel::BootState boot_;
  kernel::KernelProfile profile_;
};

// 3.5 + 100 / 10 ns a page, and 102.4 ns for 1024 of them.
TEST_F(BootMemmap, of_one_processor_is_the_sum_of_its_pages) {
  node(1, Bytes{64 * kGiB});
  zone(0, 4, 100);
  EXPECT_EQ(deferred_pages(boot_, NodeId{0}), PageCount{100 * kSection});
  EXPECT_NEAR(ns_per_page(100), 13.5 + 0.1, 1e-3);
}

TEST_F(BootMemmap, is_shared_by_the_processors_of_a_node) {
  node(4, Bytes{64 * kGiB});
  zone(0, 4, 64);
  EXPECT_NEAR(ns_per_page(64), 13.5 / 4 + 0.1 / 4, 0.02 * 13.5 / 4);
}

// Two loops, each with a miss a page: (3 + 9 + 5 + 10) + (0.5 + 5 + 10) ns a page, and the 0.1 ns
// of its block, by one thread whatever the number of processors; one loop with the look-up alone.
TEST_F(BootMemmap, of_older_kernels_is_what_they_did_for_each_page) {
  node(4, Bytes{64 * kGiB});
  zone(0, 4, 64);
  costs_.primitives[static_cast<std::size_t>(kernel::Primitive::struct_page_memset)].cpu =
      Picoseconds{9000};
  costs_.primitives[static_cast<std::size_t>(kernel::Primitive::meminit_pfn_in_nid)].cpu =
      Picoseconds{5000};
  profile_.struct_page_cleared = kernel::StructPageCleared::by_memset;
  profile_.deferred_init = kernel::DeferredInit::two_loops;
  EXPECT_NEAR(ns_per_page(64), 27 + 15.5 + 0.1, 1e-3);
  profile_.struct_page_cleared = kernel::StructPageCleared::when_allocated;
  profile_.deferred_init = kernel::DeferredInit::one_loop;
  EXPECT_NEAR(ns_per_page(64), 18.5 + 0.1, 1e-3);
}

// All at once: the time is that of the largest node. As long as the other works, a quarter of the
// time, the counter of free pages comes from there for each block, in 100 + 60 ns, after it has
// gone there at most as often.
TEST_F(BootMemmap, of_several_nodes_is_that_of_the_slowest) {
  node(1, Bytes{64 * kGiB});
  node(1, Bytes{64 * kGiB});
  zone(0, 4, 10);
  zone(1, 128, 40);
  const double comes = 160.0 / 1024 / 4;
  EXPECT_GE(ns_per_page(40), 13.5 + 0.1 + 0.9 * comes);
  EXPECT_LE(ns_per_page(40), 13.5 + 0.1 + 2 * comes);
}

/// The memmaps of all nodes of a machine at once.
class NodesInit : public BootMemmap {
 protected:
  std::vector<double> took(bool to_buddy, std::int64_t threads = 1) {
    const kernel::MemmapInit::Work work{
        .pages = PageCount{100 * kSection}, .threads = threads, .to_buddy = to_buddy};
    std::vector<double> each;
    for (const SimTime t : nodes_init_time(machine_, costs_, work).each)
      each.push_back(static_cast<double>(t.value) / (100 * kSection));
    return each;
  }
  void nodes(int count) {
    for (int n = 0; n < count; ++n) node(1, Bytes{64 * kGiB});
  }
};

TEST_F(NodesInit, of_equal_nodes_that_share_nothing_is_equal) {
  nodes(8);
  for (const double t : took(false)) EXPECT_NEAR(t, 13.5, 1e-3);
}

// Each block of 1024 pages, 13.9 us, is counted in a line that all of them write: at most 160 ns
// from one to another, eight times in that time. Nobody is hindered much.
TEST_F(NodesInit, of_few_nodes_is_hardly_longer_for_their_common_counter) {
  nodes(8);
  for (const double t : took(true)) {
    EXPECT_GE(t, 13.6);
    EXPECT_LE(t, 13.6 + 8 * 160.0 / 1024);
  }
}

// In a row, far apart: the line takes longer than all of them work meanwhile. Who is nearer to it
// comes more often, until it has gone to everybody for each block.
TEST_F(NodesInit, of_nodes_far_apart_is_spread_by_their_common_counter) {
  nodes(8);
  machine_.links.clear();
  for (std::int32_t n = 1; n < 8; ++n)
    machine_.links.push_back(
        {NodeId{n - 1}, NodeId{n}, SimTime{3000}, BytesPerSecond{1'000'000'000'000'000}});
  std::vector<double> each = took(true);
  EXPECT_TRUE(std::is_sorted(each.begin(), each.end()));
  EXPECT_GT(each.back(), 2 * each.front());
  EXPECT_LE(each.back(), 13.6 + 8 * (100 + 3 * 7 * 1500) / 1024.0);
  for (std::size_t n = 1; n < each.size(); ++n)
    EXPECT_LT(each[n] - each[n - 1], 0.6 * (each.back() - each.front())) << n;
}

TEST_F(NodesInit, of_one_thread_takes_one_node_after_the_other) {
  nodes(3);
  const std::vector<double> each = took(false, 0);
  ASSERT_EQ(each.size(), 3u);
  EXPECT_NEAR(each[0], 13.5, 1e-3);
  EXPECT_NEAR(each[1] - each[0], 3.5 + 16, 1e-3);
  EXPECT_NEAR(each[2] - each[1], 3.5 + 16, 1e-3);
}

TEST_F(NodesInit, leaves_out_nodes_without_memory) {
  nodes(2);
  node(0, Bytes{0});
  EXPECT_EQ(took(true).size(), 2u);
}

// 100 + 60 ns to the memory of the other node.
TEST_F(BootMemmap, of_a_node_without_processors_is_the_work_of_one_thread_from_elsewhere) {
  node(8, Bytes{64 * kGiB});
  node(0, Bytes{64 * kGiB});
  zone(1, 128, 40);
  EXPECT_NEAR(ns_per_page(40), 3.5 + 16 + 0.1, 1e-3);
}

TEST_F(BootMemmap, has_nothing_to_do_if_a_zone_has_one_section) {
  node(4, Bytes{64 * kGiB});
  zone(0, 4, 0);
  EXPECT_EQ(deferred_pages(boot_, NodeId{0}), PageCount{0});
  EXPECT_EQ(ns_per_page(1), 0);
}

// Below 4 GiB and in the first section of the rest, initialisation does not wait; a zone that
// begins inside a section keeps what is left of it, too.
TEST_F(BootMemmap, leaves_out_lower_zones_and_what_begins_inside_a_section) {
  node(1, Bytes{64 * kGiB});
  zone(0, 1, 8);
  zone(0, 4, 8);
  boot_.zones[1].start_pfn += PageCount{100};
  boot_.zones[1].free[0].start += PageCount{100};
  EXPECT_EQ(deferred_pages(boot_, NodeId{0}), PageCount{7 * kSection});
}

/// Threads that pass over the struct pages of a section each hundred times over.
class MemmapInitTime : public BootMemmap {
 protected:
  static constexpr std::int64_t kPages = 100 * kSection;
  static constexpr std::int64_t kPlenty = 1'000'000'000'000'000;

  MemmapInitTime() { with_bandwidth(kPlenty); }
  void with_bandwidth(std::int64_t bandwidth) {
    machine_.nodes.assign(
        1, machine::NodeParams{Bytes{kGiB}, 4, SimTime{100}, BytesPerSecond{bandwidth}});
  }
  cost::PrimitiveCost& price(kernel::Primitive p) {
    return costs_.primitives[static_cast<std::size_t>(p)];
  }
  double took(kernel::Pass pass, std::int64_t threads = 1,
              const std::vector<kernel::Pass>& beside = {}) {
    const kernel::MemmapInit::Work work{
        .pages = PageCount{kPages}, .threads = threads, .pass = pass, .to_buddy = false};
    return static_cast<double>(
               memmap_init_time(machine_, costs_, work, NodeId{0}, beside).time.value) /
           kPages;
  }
};

using kernel::Primitive;

// cpu + lines * latency / misses in flight, in order or far apart.
TEST_F(MemmapInitTime, of_one_thread_is_cpu_time_and_misses) {
  EXPECT_NEAR(took(Primitive::struct_page_init), 3 + 100 / 10.0, 1e-3);
  price(Primitive::struct_page_init) = {Picoseconds{3000}, 2, cost::Access::stride, false, {}};
  EXPECT_NEAR(took(Primitive::struct_page_init), 3 + 2 * 100 / 4.0, 1e-3);
}

// Lines are shared, processor times add up; a pass that goes back over each batch of 1024 starts
// its stream anew with every one.
TEST_F(MemmapInitTime, of_a_pass_of_two_shares_the_lines_and_starts_again) {
  const kernel::Pass fused{Primitive::struct_page_init, Primitive::struct_page_free};
  EXPECT_NEAR(took(fused), 3.5 + 10, 1e-3);
  machine_.core.stream_start_misses = 2'500;
  EXPECT_NEAR(took(Primitive::struct_page_init), 3 + 10, 1e-3);
  EXPECT_NEAR(took(fused), 3.5 + 10 + 2.5 * 100 / 1024, 1e-3);
}

// Without bandwidth to share nobody is in the way; with half of what two ask for, each gets half.
TEST_F(MemmapInitTime, grows_beside_somebody_as_beside_a_second_thread) {
  price(Primitive::struct_page_init).cpu = Picoseconds{0};
  EXPECT_NEAR(took(Primitive::struct_page_init, 1, {Primitive::struct_page_init}), 10, 1e-3);
  with_bandwidth(64LL * 2 * 100'000'000);  // one line each way in 10 ns
  const double beside = took(Primitive::struct_page_init, 1, {Primitive::struct_page_init});
  EXPECT_GE(beside, 2 * 10 * (1 - 1e-3));
  EXPECT_NEAR(beside, 2 * took(Primitive::struct_page_init, 2), 1e-2 * beside);
}

// Chunks of 13 sections of 100: one thread does 52, the other 48. On two cores 13 ns a page each;
// on one core 3 * (1 + 3 / 13) + 10 * (1 + 10 / 13) ns while both are busy, and 13 for the last
// four.
TEST_F(MemmapInitTime, of_two_threads_is_longer_on_one_core_and_as_long_as_the_last_chunk) {
  machine_.nodes[0].cpus = machine_.nodes[0].cores = 2;
  EXPECT_NEAR(took(Primitive::struct_page_init, 2), 0.52 * 13, 1e-3);
  machine_.nodes[0].cores = 1;
  const double shared = 3 * (1 + 3.0 / 13) + 10 * (1 + 10.0 / 13);
  EXPECT_NEAR(took(Primitive::struct_page_init, 2), 0.49 * shared + 0.03 * 13, 1e-2);
}

// Several threads hand the zone's lock over with every block: 3 lines of 100 ns, and 102.4 ns; and
// the counter of free pages, another 100 ns, until the last of them works on its chunk of 7
// sections alone.
TEST_F(MemmapInitTime, of_several_threads_pays_for_the_handed_over_lock) {
  price(Primitive::percpu_line).cpu = Picoseconds{100'000};
  price(Primitive::struct_page_init) = price(Primitive::struct_page_free) = {};
  kernel::MemmapInit::Work work{.pages = PageCount{kPages}};
  EXPECT_EQ(memmap_init_time(machine_, costs_, work, NodeId{0}).time.value,
            kPages / 1024 * 102'400 / 1000);
  work.threads = 4;
  const auto took =
      static_cast<double>(memmap_init_time(machine_, costs_, work, NodeId{0}).time.value);
  EXPECT_LE(took, kPages / 1024 * 502.4 + 1);
  EXPECT_GE(took, kPages / 1024 * 502.4 - 7 * 32 * 100);
}

}  // namespace
}  // namespace mhp::run::boot_memmap_test
