// Pressure stall information against what the stalls themselves say, and a timed machine under
// pressure.
#include "sim/run/pressure.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/population.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/kernel/steps.hpp"
#include "sim/run/timed_host.hpp"

namespace mhp::run::pressure_test {
namespace {

TEST(pressure, some_is_any_stalled_task_and_full_is_nobody_else_at_work) {
  Pressure p;
  Pressure::Task a;
  Pressure::Task b;
  p.set(SimTime{0}, a, true, false);
  p.set(SimTime{10}, b, true, true);    // a works: some
  p.set(SimTime{30}, a, false, false);  // a sleeps: full
  p.set(SimTime{60}, b, true, false);
  p.advance(SimTime{100});
  EXPECT_EQ(p.some().value, 50);
  EXPECT_EQ(p.full().value, 30);
  EXPECT_EQ(p.stalls(), 1);
  EXPECT_EQ(p.longest_stall().value, 50);
}

// Little's law as an identity: the integral of the number stalled over time is the sum of the
// stalls; and some, full and the integral against a count nanosecond by nanosecond.
RC_GTEST_PROP(pressure, is_the_sum_of_its_stalls, ()) {
  Pressure p;
  std::array<Pressure::Task, 3> tasks;
  std::int64_t now = 0;
  std::int64_t some = 0;
  std::int64_t full = 0;
  const auto pass = [&](std::int64_t until) {
    for (; now < until; ++now) {
      const auto stalled = [](const auto& t) { return t.stalled; };
      const auto working = [](const auto& t) { return t.running && !t.stalled; };
      const bool any = std::any_of(tasks.begin(), tasks.end(), stalled);
      some += any ? 1 : 0;
      full += any && std::none_of(tasks.begin(), tasks.end(), working) ? 1 : 0;
    }
  };
  const int steps = *rc::gen::inRange(1, 60);
  for (int i = 0; i < steps; ++i) {
    pass(now + *rc::gen::inRange(0, 20));
    p.set(SimTime{now}, tasks[*rc::gen::inRange<std::size_t>(0, 3)], *rc::gen::arbitrary<bool>(),
          *rc::gen::arbitrary<bool>());
  }
  pass(now + 5);
  for (auto& t : tasks) p.set(SimTime{now}, t, t.running, false);
  p.advance(SimTime{now});
  RC_ASSERT(p.some().value == some);
  RC_ASSERT(p.full().value == full);
  RC_ASSERT(p.stalled_area() == p.stall_time());
  RC_ASSERT(p.full() <= p.some());
}

/// A small machine with page cache to reclaim and tasks that allocate.
class TimedMachine {
 public:
  explicit TimedMachine(std::int64_t free_mib, BytesPerSecond bandwidth) {
    machine_.nodes.push_back({Bytes{256 * kMiB}, 4, SimTime{80}, bandwidth});
    costs_ = prices();
    topology_ = std::make_unique<machine::Topology>(machine_);
    mm_ =
        std::make_unique<kernel::Mm>(kernel::boot(machine::describe(machine_, *topology_), config_),
                                     config_, kernel::KernelProfile{});
    memory_ = std::make_unique<machine::MemorySystem>(engine_, machine_, *topology_);
    cache_ = std::make_unique<kernel::Population>(*mm_, kernel::Content::page_cache);
    while (mm_->mem_free() > pages_of(Bytes{free_mib * kMiB})) {
      const auto got = mm_->alloc_pages_fast(user(), mm_->nobody());
      if (!got) break;
      cache_->add(*got, 0);
    }
    mm_->reclaim().set_waker(&locks_.signals);
    threads_.push_back(host());
    engine_.spawn(mm_->reclaim().kswapd(*threads_.back(), NodeId{0}));
  }

  /// When `tasks` tasks have allocated `pages` pages each.
  SimTime allocate(int tasks, int pages) {
    SimTime end;
    for (int i = 0; i < tasks; ++i) {
      threads_.push_back(host());
      engine_.spawn(task(*threads_.back(), pages, end));
    }
    engine_.run();
    locks_.pressure.advance(engine_.now());
    mm_->validate();
    return end;
  }
  const kernel::VmEvents& events() const { return mm_->reclaim().events(); }
  const Pressure& pressure() const { return locks_.pressure; }

 private:
  static kernel::AllocRequest user() {
    return {.node = NodeId{0},
            .type = kernel::MigrateType::movable,
            .highest = kernel::ZoneType::movable};
  }
  static cost::CostProfile prices() {
    cost::CostProfile costs;
    for (auto& p : costs.primitives)
      p = {Picoseconds{100'000}, 1, cost::Access::dependent, true, Bytes{0}};
    return costs;
  }
  std::unique_ptr<TimedHost> host() {
    return std::make_unique<TimedHost>(engine_, *memory_, locks_, costs_,
                                       cost::Pricer(costs_, *topology_, NodeId{0}));
  }
  Task<void> task(Host& host, int pages, SimTime& end) {
    for (int i = 0; i < pages; ++i) {
      co_await kernel::spend(host, kernel::Primitive::alloc_pages, 1);
      co_await mm_->alloc_pages(host, user(), mm_->nobody());
    }
    kernel::note(host, kernel::TaskState::asleep);
    end = std::max(end, engine_.now());
  }

  machine::Machine machine_;
  kernel::KernelConfig config_;
  cost::CostProfile costs_;
  std::unique_ptr<machine::Topology> topology_;
  engine::Engine engine_;
  LockTable locks_{engine_, costs_.general};
  std::unique_ptr<kernel::Mm> mm_;
  std::unique_ptr<machine::MemorySystem> memory_;
  std::unique_ptr<kernel::Population> cache_;
  std::vector<std::unique_ptr<TimedHost>> threads_;
};

constexpr BytesPerSecond kFast{10'000'000'000};

TEST(timed_pressure, an_idle_machine_shows_no_stall) {
  TimedMachine m(200, kFast);
  m.allocate(4, 1000);
  EXPECT_EQ(m.events().allocstall + m.events().pgscan() + m.events().kswapd_wakeups, 0);
  EXPECT_EQ(m.pressure().some().value, 0);
}

TEST(timed_pressure, stalls_are_those_of_direct_reclaim_and_kswapd) {
  TimedMachine m(0, kFast);
  m.allocate(4, 5000);
  EXPECT_GT(m.events().pgsteal_kswapd, 0);
  EXPECT_EQ(m.pressure().stalls(), m.events().allocstall + m.events().pageoutrun);
  EXPECT_EQ(m.pressure().stalled_area(), m.pressure().stall_time());
  EXPECT_GT(m.pressure().some().value, 0);
  EXPECT_GE(m.events().pgsteal(), 4 * 5000 - 1024);
}

// Less free memory is never cheaper, and more bandwidth makes nothing later.
TEST(timed_pressure, less_memory_is_never_faster_and_more_bandwidth_never_slower) {
  SimTime before;
  for (const std::int64_t free_mib : {200, 40, 30, 20, 10, 0}) {
    const SimTime end = TimedMachine(free_mib, kFast).allocate(4, 3000);
    EXPECT_GE(end, before) << free_mib << " MiB free";
    before = end;
  }
  for (const std::int64_t gb : {1, 2, 5, 20}) {
    const SimTime end = TimedMachine(0, BytesPerSecond{gb * 1'000'000'000}).allocate(4, 3000);
    if (gb > 1) {
      EXPECT_LE(end, before) << gb << " GB/s";
    }
    before = end;
  }
}

}  // namespace
}  // namespace mhp::run::pressure_test
