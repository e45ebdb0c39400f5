#include "sim/run/timed_host.hpp"

#include <gtest/gtest.h>

#include "sim/kernel/steps.hpp"

namespace mhp::run::timed_host_test {
namespace {

using kernel::Lock;
using kernel::Primitive;

/// One node: init costs 10 ns and 100 bytes a page, the controller moves 10 bytes a nanosecond.
class Timed : public ::testing::Test {
 protected:
  Timed()
      : topology_(machine()),
        memory_(engine_, machine_, topology_),
        locks_(engine_, {.rcu_grace_period = SimTime{5000}}) {
    costs_.primitives[static_cast<std::size_t>(Primitive::struct_page_init)] = {
        Picoseconds{10'000}, 0, cost::Access::dependent, false, Bytes{100}};
    costs_.primitives[static_cast<std::size_t>(Primitive::tlb_flush)] = {
        Picoseconds{7'000'000}, 0, cost::Access::dependent, false, Bytes{0}};
  }
  const machine::Machine& machine() {
    machine_.nodes.assign(
        1, machine::NodeParams{Bytes{kGiB}, 1, SimTime{80}, BytesPerSecond{10'000'000'000}});
    return machine_;
  }
  TimedHost host() {
    return TimedHost(engine_, memory_, locks_, costs_, cost::Pricer(costs_, topology_, NodeId{0}),
                     &ledger_);
  }

  machine::Machine machine_;
  engine::Engine engine_;
  machine::Topology topology_;
  machine::MemorySystem memory_;
  LockTable locks_;
  cost::CostProfile costs_;
  Ledger ledger_;
};

Task<void> work(TimedHost& host, std::int64_t pages, engine::Engine& engine, SimTime& end) {
  co_await kernel::spend(host, Primitive::struct_page_init, pages);
  end = engine.now();
}

// CPU time 100 * 10 ns = 1000 ns, traffic 10,000 B / 10 B/ns = 1000 ns: they overlap.
TEST_F(Timed, cpu_time_and_traffic_of_one_thread_overlap) {
  TimedHost h = host();
  SimTime end;
  engine_.spawn(work(h, 100, engine_, end));
  engine_.run();
  EXPECT_EQ(end, SimTime{1000});
}

// Two threads move 20,000 B through one controller of 10 B/ns: nobody can be done before 2000 ns in
// all.
TEST_F(Timed, two_threads_share_the_controller) {
  TimedHost a = host();
  TimedHost b = host();
  SimTime end_a;
  SimTime end_b;
  engine_.spawn(work(a, 100, engine_, end_a));
  engine_.spawn(work(b, 100, engine_, end_b));
  engine_.run();
  EXPECT_NEAR(static_cast<double>(end_a.value), 2000, 1);
  EXPECT_EQ(end_a, end_b);
}

Task<void> locked(TimedHost& host, engine::Engine& engine, std::vector<SimTime>& ends) {
  co_await kernel::acquire(host, Lock::device_hotplug_lock);
  co_await kernel::spend(host, Primitive::tlb_flush, 1);
  co_await kernel::release(host, Lock::device_hotplug_lock);
  ends.push_back(engine.now());
}

TEST_F(Timed, a_lock_serialises_its_holders) {
  TimedHost a = host();
  TimedHost b = host();
  std::vector<SimTime> ends;
  engine_.spawn(locked(a, engine_, ends));
  engine_.spawn(locked(b, engine_, ends));
  engine_.run();
  EXPECT_EQ(ends, (std::vector<SimTime>{SimTime{7000}, SimTime{14'000}}));
}

Task<void> write_twice(TimedHost& host, engine::Engine& engine, SimTime pause,
                       std::vector<SimTime>& starts) {
  for (int i = 0; i < 2; ++i) {
    co_await kernel::acquire(host, Lock::mem_hotplug_lock);
    starts.push_back(engine.now());
    co_await kernel::release(host, Lock::mem_hotplug_lock);
    co_await engine.delay(pause);
  }
}

// Grace period 5000 ns: a second writer 4999 ns after the first pays nothing, one 5001 ns after
// pays again.
TEST_F(Timed, only_the_first_writer_of_a_burst_waits_for_a_grace_period) {
  for (const auto& [pause, second] :
       {std::pair<std::int64_t, std::int64_t>{4999, 5000 + 4999}, {5001, 5000 + 5001 + 5000}}) {
    TimedHost h = host();
    std::vector<SimTime> starts;
    const SimTime t0 = engine_.now();
    engine_.spawn(write_twice(h, engine_, SimTime{pause}, starts));
    engine_.run();
    EXPECT_EQ(starts[0] - t0, SimTime{5000});
    EXPECT_EQ(starts[1] - t0, SimTime{second});
  }
}

}  // namespace
}  // namespace mhp::run::timed_host_test
