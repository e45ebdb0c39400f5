// zone->lock in time: closed forms of CPUs that do nothing but allocate.
#include "sim/run/zone_locks.hpp"

#include <gtest/gtest.h>

#include "sim/core/random.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/kernel/steps.hpp"
#include "sim/run/timed_host.hpp"

namespace mhp::run::zone_locks_test {
namespace {

using kernel::Primitive;

/// Two nodes of 8 GiB, the second 60 ns farther, without bandwidth to speak of; a block under the
/// lock takes 100 ns, an allocation 300 ns outside.
class Contention : public ::testing::Test {
 protected:
  Contention()
      : machine_(described()),
        topology_(machine_),
        memory_(engine_, machine_, topology_),
        locks_(engine_, {}),
        mm_(kernel::boot(machine::describe(machine_, topology_), {}), {}, {}) {
    price(Primitive::rmqueue).cpu = Picoseconds{100'000};
    price(Primitive::alloc_pages).cpu = Picoseconds{300'000};
    mm_.account_work();
    locks_.receipts = &mm_.receipts();
  }
  static machine::Machine described() {
    machine::Machine m;
    for (int n = 0; n < 2; ++n)
      m.nodes.push_back({Bytes{8 * kGiB}, 16, SimTime{80}, BytesPerSecond{1'000'000'000'000}});
    m.links.push_back({NodeId{0}, NodeId{1}, SimTime{60}, BytesPerSecond{1'000'000'000'000}});
    return m;
  }
  cost::PrimitiveCost& price(Primitive p) { return costs_.primitives[static_cast<std::size_t>(p)]; }
  std::unique_ptr<TimedHost> host() {
    return std::make_unique<TimedHost>(engine_, memory_, locks_, costs_,
                                       cost::Pricer(costs_, topology_, NodeId{0}));
  }

  /// A CPU that takes blocks of an order without a per-CPU list: each takes the lock.
  Task<void> cpu(Host& host, CpuId id, int blocks) {
    kernel::Receipt receipt = mm_.receipt();
    for (int i = 0; i < blocks; ++i) {
      const kernel::AllocRequest request{.node = NodeId{0}, .order = kOrder, .cpu = id};
      const auto got = co_await mm_.alloc_pages(host, request, receipt);
      EXPECT_TRUE(got);
      co_await receipt.spend(host);
    }
  }
  /// How long so many CPUs take for as many blocks each.
  SimTime run(int cpus, int blocks) {
    std::vector<std::unique_ptr<TimedHost>> hosts;
    const SimTime start = engine_.now();
    for (int i = 0; i < cpus; ++i) {
      hosts.push_back(host());
      engine_.spawn(cpu(*hosts.back(), CpuId{i}, blocks));
    }
    engine_.run();
    return engine_.now() - start;
  }

  /// Does something else before it has paid for a block.
  Task<void> forget(Host& host) {
    kernel::Receipt receipt = mm_.receipt();
    const auto got = co_await mm_.alloc_pages(host, block(), receipt);
    EXPECT_TRUE(got);
    co_await kernel::spend(host, Primitive::struct_page_init, 1);
  }

  /// Takes one block and gives it back, which is nobody's work.
  Task<void> arrive(SimTime when, std::unique_ptr<TimedHost> host) {
    co_await engine_.delay(when);
    kernel::Receipt receipt = mm_.receipt();
    const auto got = co_await mm_.alloc_pages(*host, block(), receipt);
    co_await receipt.spend(*host);
    mm_.free_pages(got->pfn, kOrder, mm_.nobody());
  }

  static kernel::AllocRequest block() { return {.node = NodeId{0}, .order = kOrder}; }

  static constexpr int kOrder = 5;
  engine::Engine engine_;
  machine::Machine machine_;
  machine::Topology topology_;
  machine::MemorySystem memory_;
  LockTable locks_;
  cost::CostProfile costs_;
  kernel::Mm mm_;
};

// n CPUs, 300 ns outside and h = 100 ns under the lock. As long as n h <= 400 ns nobody waits once
// they are out of step, then only the lock counts: a round takes max(300 + h, n h). They start in
// step, so the last of n is (n - 1) h behind.
TEST_F(Contention, deterministic_cpus_are_as_fast_as_the_lock_or_as_themselves) {
  constexpr int kBlocks = 200;
  for (const int n : {1, 2, 4, 8, 16}) {
    const SimTime took = run(n, kBlocks);
    const std::int64_t round = std::max(300 + 100, n * 100);
    EXPECT_GE(took.value, kBlocks * round - 400) << n;
    EXPECT_LE(took.value, kBlocks * round + n * 100) << n;
  }
}

// Work without a payer would be billed to the next task.
TEST_F(Contention, a_task_that_waits_before_it_has_paid_ends_the_program) {
  const auto forgetful = host();
  EXPECT_EXIT(
      {
        engine_.spawn(forget(*forgetful));
        engine_.run();
      },
      ::testing::ExitedWithCode(6), "before it has paid");
}

// The lines of struct zone that the last holder wrote come to the next: 3 * 75 ns more a hold, if
// it is another CPU.
TEST_F(Contention, a_hold_of_another_cpu_costs_the_handover) {
  price(Primitive::percpu_line).cpu = Picoseconds{75'000};
  EXPECT_EQ(run(1, 100), SimTime{100 * 400});
  const ZoneLockUse one = locks_.zones.use();
  EXPECT_EQ(one.hold, SimTime{100 * 100});
  EXPECT_EQ(one.wait, SimTime{0});
  run(8, 100);
  const ZoneLockUse all = locks_.zones.use();
  EXPECT_EQ(all.acquisitions, 100 + 800);
  EXPECT_LE(all.hold - one.hold, SimTime{800 * (100 + 225)});
  EXPECT_GE(all.hold - one.hold, SimTime{800 * (100 + 225) - 8 * 225});
  EXPECT_GT(all.wait, SimTime{0});
}

// A struct page that lies farther away costs the difference of the latencies for each line that is
// waited for, and nothing else; one whose memmap has base pages costs a walk more.
TEST_F(Contention, struct_pages_far_away_cost_the_difference_of_latencies) {
  price(Primitive::struct_page_touch) = {Picoseconds{0}, 1, cost::Access::dependent, true,
                                         Bytes{0}};
  price(Primitive::memmap_walk) = {Picoseconds{9'000}, 1, cost::Access::dependent, false, Bytes{0}};
  constexpr int kBlocks = 64;
  const auto took_with = [this](kernel::MemmapPlace place) {
    mm_.reclaim().set_memmap([place](Pfn) { return place; });
    return run(1, kBlocks);
  };
  const SimTime local = took_with({.node = NodeId{0}});
  const SimTime remote = took_with({.node = NodeId{1}});
  EXPECT_EQ(local, SimTime{kBlocks * (400 + 80)});
  EXPECT_EQ(remote - local, SimTime{kBlocks * 60});
  const SimTime small = took_with({.node = NodeId{0}, .base_pages = true});
  EXPECT_EQ(small - local, SimTime{kBlocks * (9 + 80)});
  EXPECT_GT(took_with({.node = NodeId{1}, .base_pages = true}), small);
}

// Pollaczek and Khinchine: Poisson arrivals at rate rho / h, each a hold of h = 1000 ns, wait
// rho h / (2 (1 - rho)) in the mean. Of 40,000 arrivals at rho = 0.7 the mean has a standard error
// of some 2 % (waits are correlated over about 1 / (1 - rho)^2 holds); 8 % are allowed. Little's
// law holds to the nanosecond.
TEST_F(Contention, poisson_arrivals_wait_as_in_md1) {
  price(Primitive::rmqueue).cpu = Picoseconds{1'000'000};
  price(Primitive::alloc_pages).cpu = Picoseconds{0};
  constexpr int kArrivals = 40'000;
  constexpr double kRho = 0.7;
  constexpr std::int64_t kHold = 1000;
  Stream arrivals(1, 0, "zone_lock");
  SimTime at;
  for (int i = 0; i < kArrivals; ++i) {
    at += arrivals.exponential(SimTime{static_cast<std::int64_t>(kHold / kRho)});
    engine_.spawn(arrive(at, host()));
  }
  engine_.run();
  const ZoneLockUse use = locks_.zones.use();
  ASSERT_EQ(use.acquisitions, kArrivals);
  const double mean = static_cast<double>(use.wait.value) / kArrivals;
  const double expected = kRho / (2 * (1 - kRho)) * kHold;
  EXPECT_NEAR(mean, expected, 0.08 * expected);
  const auto& lock =
      locks_.zones.statistics(kernel::zone_index(NodeId{0}, kernel::ZoneType::normal));
  EXPECT_EQ(lock.area_waiting, lock.total_wait.value);
  EXPECT_EQ(lock.total_held, SimTime{kArrivals * kHold});
}

}  // namespace
}  // namespace mhp::run::zone_locks_test
