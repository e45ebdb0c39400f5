// Where time went: the rows between two marks add up to what passed, whatever happens when.
#include "sim/run/explain/ledger.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sim/run/run.hpp"

namespace mhp::run::ledger_test {
namespace {

using kernel::Primitive;

cost::Price price(std::int64_t time, std::int64_t stall) {
  return {SimTime{time}, Bytes{0}, NodeId{0}, SimTime{stall}};
}

SimTime sum(const std::vector<Amounts>& amounts) {
  SimTime all;
  for (const Amounts& a : amounts) all += a.time();
  return all;
}

Amounts of(const Ledger& ledger, const Activity& activity, Mark from, Mark to) {
  const auto rows = ledger.rows();
  const auto amounts = ledger.between(from, to);
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i] == activity) return (*amounts)[i];
  ADD_FAILURE() << "no such row";
  return {};
}

const Activity kInit{
    Phase::online, Spent::work, static_cast<std::uint16_t>(Primitive::struct_page_init), -1, 0, 1};

// 60 ns of work, 40 of them stalls, take 75: what goes beyond the price is contention.
TEST(ledger, work_beyond_its_price_is_contention) {
  Ledger ledger;
  Meanwhile nothing;
  ledger.begin(Phase::online, SimTime{0}, nothing);
  ledger.work(SimTime{0}, Primitive::struct_page_init, 10, price(60, 40), NodeId{1});
  ledger.wait(SimTime{75}, Spent::grace_period);
  ledger.end(SimTime{100});
  const Amounts a = of(ledger, kInit, Mark::start, Mark::last_operation);
  EXPECT_EQ(a.units, 10);
  EXPECT_EQ(a.own, SimTime{20});
  EXPECT_EQ(a.stall, SimTime{40});
  EXPECT_EQ(a.contention, SimTime{15});
  EXPECT_EQ(of(ledger, {Phase::online, Spent::grace_period}, Mark::start, Mark::last_operation).own,
            SimTime{25});
}

// A namespace is added from 10 to 60 while memory goes online from 0 to 100: nothing is lost, and
// what goes on behind it is the other's.
TEST(ledger, an_operation_within_another_takes_its_part) {
  Ledger ledger;
  Meanwhile nothing;
  ledger.begin(Phase::online, SimTime{0}, nothing);
  ledger.work(SimTime{0}, Primitive::struct_page_init, 1, price(80, 0), NodeId{1});
  ledger.begin(Phase::add, SimTime{10}, nothing);
  ledger.wait(SimTime{10}, Spent::mem_hotplug_lock);
  ledger.end(SimTime{60});
  ledger.end(SimTime{100});
  const auto amounts = ledger.between(Mark::start, Mark::last_operation);
  EXPECT_EQ(sum(*amounts), SimTime{100});
  EXPECT_EQ(of(ledger, kInit, Mark::start, Mark::last_operation).own, SimTime{10});
  EXPECT_EQ(
      of(ledger, {Phase::online, Spent::mem_hotplug_lock}, Mark::start, Mark::last_operation).own,
      SimTime{50});
}

// The thread was in a stage until 50 and polled from 40 (another process of its device) to 90; the
// operation before it ended at 30, its own begins at 100.
TEST(ledger, between_operations_counts_what_the_next_thread_did) {
  Ledger ledger;
  Meanwhile first;
  ledger.begin(Phase::add, SimTime{0}, first);
  ledger.wait(SimTime{0}, Spent::grace_period);
  ledger.end(SimTime{30});
  Meanwhile second;
  const Activity stage{Phase::device, Spent::stage, 2, 0};
  second.note(stage, SimTime{10}, SimTime{50});
  second.note({Phase::device, Spent::sysfs_lock_poll, 0, 0}, SimTime{40}, SimTime{90});
  ledger.begin(Phase::online, SimTime{100}, second);
  ledger.end(SimTime{100});
  const auto own = [&](const Activity& a) {
    return of(ledger, a, Mark::start, Mark::last_operation).own;
  };
  EXPECT_EQ(own(stage), SimTime{20}) << "from the end of the operation before";
  EXPECT_EQ(own({Phase::online, Spent::sysfs_lock_poll, 0, 0}), SimTime{40});
  EXPECT_EQ(own({Phase::online, Spent::other}), SimTime{10});
}

// A mark at 25 falls into work of 60 ns from 0: 20 ns of CPU time and 5 of the stalls lie before.
TEST(ledger, a_mark_cuts_what_is_under_way) {
  Ledger ledger;
  Meanwhile nothing;
  ledger.begin(Phase::online, SimTime{0}, nothing);
  ledger.work(SimTime{0}, Primitive::struct_page_init, 10, price(60, 40), NodeId{1});
  ledger.mark(Mark::first_unplug, SimTime{25});
  ledger.end(SimTime{60});
  EXPECT_EQ(of(ledger, kInit, Mark::start, Mark::first_unplug).stall, SimTime{5});
  EXPECT_EQ(of(ledger, kInit, Mark::first_unplug, Mark::last_operation).stall, SimTime{35});
}

TEST(ledger, what_was_not_reached_has_no_amounts_and_what_came_first_has_none_left) {
  Ledger ledger;
  Meanwhile nothing;
  ledger.begin(Phase::online, SimTime{0}, nothing);
  ledger.wait(SimTime{0}, Spent::grace_period);
  ledger.end(SimTime{10});
  ledger.mark(Mark::last_online, SimTime{10});
  ledger.begin(Phase::add, SimTime{10}, nothing);
  ledger.wait(SimTime{10}, Spent::grace_period);
  ledger.end(SimTime{30});
  ledger.mark(Mark::last_add, SimTime{30});
  EXPECT_FALSE(ledger.between(Mark::first_unplug, Mark::last_remove).has_value());
  EXPECT_EQ(sum(*ledger.between(Mark::last_add, Mark::last_online)), SimTime{0});
}

// Any sequence of operations, pauses and marks: between two marks the rows add up to the time.
RC_GTEST_PROP(ledger, rows_add_up_to_the_time_between_marks, ()) {
  Ledger ledger;
  Meanwhile meanwhile;
  SimTime now;
  SimTime from;
  SimTime until;
  const auto some = [] { return SimTime{*rc::gen::inRange<std::int64_t>(0, 50)}; };
  const auto operations = *rc::gen::inRange(1, 8);
  const auto marked = *rc::gen::inRange(0, operations);
  for (int i = 0; i < operations; ++i) {
    const SimTime since = now;
    now += some();
    if (*rc::gen::arbitrary<bool>())
      meanwhile.note({Phase::device, Spent::stage, static_cast<std::uint16_t>(i), 0}, since, now);
    if (i == marked) ledger.mark(Mark::first_unplug, from = now);
    now += some();
    ledger.begin(Phase::remove, now, meanwhile);
    for (int steps = *rc::gen::inRange(0, 4); steps > 0; --steps) {
      const std::int64_t least = some().value;
      ledger.work(now, Primitive::tlb_flush, 1, price(least, least / 2), NodeId{0});
      now += some();
    }
    ledger.end(now);
    ledger.mark(Mark::last_remove, until = now);
  }
  RC_ASSERT(sum(*ledger.between(Mark::start, Mark::last_remove)) == until);
  RC_ASSERT(sum(*ledger.between(Mark::first_unplug, Mark::last_remove)) == until - from);
}

config::Scenario load(const std::string& name, const std::vector<std::string>& settings) {
  auto s = config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/" + name, settings);
  if (!s) throw std::runtime_error(s.error().front().text());
  return std::move(*s);
}

SimTime time_of(const RunResult& r, const std::string& phase, const std::string& kind = "") {
  SimTime all;
  for (const TimeOf& m : r.times.metrics)
    for (std::size_t i = 0; i < r.times.rows.size(); ++i)
      if (m.metric == "run" && r.times.rows[i].phase == phase &&
          (kind.empty() || r.times.rows[i].kind == kind))
        all += m.amounts[i].time();
  return all;
}

/// Runs in which everything happens: devices side by side and in steps, a polling user space, a
/// load, drivers that add block by block, an unplug.
std::vector<RunResult> all_sorts() {
  const std::vector<std::string> small{"hotplug.0.size=16GiB", "hotplug.1.size=32GiB",
                                       "hotplug.1.device.training=61s",
                                       "hotplug.1.online_latency=3ms"};
  auto unplug = small;
  unplug.insert(unplug.end(), {"hotplug.0.unplug=true", "hotplug.1.unplug=true",
                               "hotplug.0.adder=dax_kmem", "hotplug.1.adder=lmb"});
  std::vector<RunResult> out;
  out.push_back(simulate(load("quickstart.toml", small), {}));
  out.push_back(simulate(load("quickstart.toml", unplug), {}));
  out.push_back(
      simulate(load("virtio-plug.toml", {"hotplug.0.size=8GiB", "hotplug.0.count=3"}), {}));
  out.push_back(simulate(load("virtio-plug.toml", {"hotplug.0.size=8GiB", "hotplug.0.count=3",
                                                   "hotplug.0.online_by=sysfs"}),
                         {}));
  out.push_back(simulate(load("small-guest.toml", {}), {}));
  return out;
}

// Time in an operation is work or a wait that belongs to it. A poll, a pause or another thread is
// before one; these are kinds of their own names.
TEST(ledger, the_time_of_all_operations_is_in_it) {
  for (const RunResult& r : all_sorts()) {
    SimTime in_operations;
    SimTime until;
    for (const Operation& op : r.operations) {
      in_operations += op.finished - op.started;
      until = std::max(until, op.finished);
    }
    SimTime inside;
    SimTime whole;
    for (const TimeOf& m : r.times.metrics) {
      if (m.metric != "run") continue;
      for (std::size_t i = 0; i < m.amounts.size(); ++i) {
        const TimeRow& row = r.times.rows[i];
        whole += m.amounts[i].time();
        if (row.kind == "work" || row.name.starts_with("rcu_") || row.name == "mem_hotplug_lock" ||
            row.name == "memory_shortage" || row.name == "zone_lock")
          inside += m.amounts[i].time();
      }
    }
    EXPECT_EQ(inside, in_operations);
    EXPECT_EQ(whole, until) << "and nothing else is missing";
    EXPECT_GT(time_of(r, "add").value, 0);
  }
}

TEST(ledger, every_metric_of_time_that_was_reached_is_explained_to_the_nanosecond) {
  std::size_t explained = 0;
  for (const RunResult& r : all_sorts()) {
    for (const Metric& m : r.metrics) {
      if (!m.name.starts_with("time_") || m.name.starts_with("time_below_")) continue;
      const auto found = std::find_if(r.times.metrics.begin(), r.times.metrics.end(),
                                      [&](const TimeOf& t) { return t.metric == m.name; });
      ASSERT_EQ(found != r.times.metrics.end(), m.value.has_value()) << m.name;
      if (!m.value) continue;
      EXPECT_EQ(sum(found->amounts).value, *m.value) << m.name;
      ++explained;
    }
  }
  EXPECT_GT(explained, 15u);
}

}  // namespace
}  // namespace mhp::run::ledger_test
