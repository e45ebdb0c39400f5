#include "sim/engine/mutex.hpp"

#include <gtest/gtest.h>

#include <coroutine>
#include <utility>
#include <vector>

namespace mhp::engine::mutex_test {
namespace {

struct Lab {
  Engine engine;
  Mutex mutex{engine};
  std::vector<std::pair<int, std::int64_t>> grants;  // who, when

  // Asks at `arrival`, keeps the mutex for `hold`.
  static Task<void> user(Lab& lab, int id, SimTime arrival, SimTime hold) {
    co_await lab.engine.delay(arrival);
    co_await lab.mutex.lock();
    lab.grants.emplace_back(id, lab.engine.now().value);
    co_await lab.engine.delay(hold);
    lab.mutex.unlock();
  }
};

using Grants = std::vector<std::pair<int, std::int64_t>>;

TEST(mutex, is_granted_in_the_order_of_asking) {
  Lab lab;
  // Asked at 0, 3, 1, 2, 1 (tie with user 2, later in schedule order); each holds 10 ns.
  const std::vector<std::int64_t> arrivals{0, 3, 1, 2, 1};
  for (int id = 0; id < 5; ++id)
    lab.engine.spawn(
        Lab::user(lab, id, SimTime{arrivals[static_cast<std::size_t>(id)]}, SimTime{10}));
  lab.engine.run();
  EXPECT_EQ(lab.grants, (Grants{{0, 0}, {2, 10}, {4, 20}, {3, 30}, {1, 40}}));
  EXPECT_FALSE(lab.mutex.locked());
}

// Waits: grant - arrival = 10 - 1, 20 - 1, 30 - 2, 40 - 3 = 9 + 19 + 28 + 37 = 93.
TEST(mutex, statistics_add_up_waits_and_holds) {
  Lab lab;
  const std::vector<std::int64_t> arrivals{0, 3, 1, 2, 1};
  for (int id = 0; id < 5; ++id)
    lab.engine.spawn(
        Lab::user(lab, id, SimTime{arrivals[static_cast<std::size_t>(id)]}, SimTime{10}));
  lab.engine.run();
  const Mutex::Statistics& s = lab.mutex.statistics();
  EXPECT_EQ(s.acquisitions, 5);
  EXPECT_EQ(s.contended, 4);
  EXPECT_EQ(s.total_wait, SimTime{93});
  EXPECT_EQ(s.longest_wait, SimTime{37});
  EXPECT_EQ(s.total_held, SimTime{50});
}

// Little: the integral of the number of waiters is the sum of their waits, to the nanosecond. The
// left side is added up at every change of the queue, the right one at every grant.
TEST(mutex, littles_law_is_an_identity_on_the_recorded_areas) {
  Lab lab;
  std::int64_t draw = 12'345;
  const auto next = [&draw](std::int64_t most) {
    draw = (draw * 1'103'515'245 + 12'345) % 2'147'483'648;
    return SimTime{draw / 65'536 % most};
  };
  for (int id = 0; id < 500; ++id)
    lab.engine.spawn(Lab::user(lab, id, next(20'000), next(60) + SimTime{1}));
  lab.engine.run();
  const Mutex::Statistics& s = lab.mutex.statistics();
  EXPECT_EQ(s.area_waiting, s.total_wait.value);
  EXPECT_GT(s.contended, 50);
}

TEST(mutex, asking_at_the_very_time_of_the_unlock_counts_as_contended_only_before_it) {
  Lab lab;
  lab.engine.spawn(Lab::user(lab, 0, SimTime{0}, SimTime{10}));
  lab.engine.spawn(Lab::user(lab, 1, SimTime{10}, SimTime{1}));  // before: scheduled first
  lab.engine.spawn(Lab::user(lab, 2, SimTime{11}, SimTime{1}));  // at its unlock too
  lab.engine.run();
  EXPECT_EQ(lab.grants, (Grants{{0, 0}, {1, 10}, {2, 11}}));
  EXPECT_EQ(lab.mutex.statistics().contended, 2);
  EXPECT_EQ(lab.mutex.statistics().total_wait, SimTime{0});
}

TEST(mutex, nobody_overtakes_the_waiter_to_whom_it_was_handed) {
  Lab lab;
  ASSERT_TRUE(lab.mutex.try_lock());
  lab.engine.spawn(Lab::user(lab, 1, SimTime{0}, SimTime{5}));
  lab.engine.run();
  EXPECT_EQ(lab.mutex.waiting(), 1U);
  lab.mutex.unlock();
  // The waiter has not run yet, but the mutex is its own.
  EXPECT_TRUE(lab.grants.empty());
  EXPECT_TRUE(lab.mutex.locked());
  EXPECT_FALSE(lab.mutex.try_lock());
  lab.engine.run();
  EXPECT_EQ(lab.grants, (Grants{{1, 0}}));
  EXPECT_TRUE(lab.mutex.try_lock());
}

TEST(mutex, a_handed_over_mutex_runs_its_waiter_behind_what_is_scheduled_for_now) {
  Lab lab;
  ASSERT_TRUE(lab.mutex.try_lock());
  lab.engine.spawn(Lab::user(lab, 1, SimTime{0}, SimTime{5}));
  lab.engine.run();
  lab.engine.after(
      SimTime{0}, [](void* l) { static_cast<Lab*>(l)->grants.emplace_back(-1, 0); }, &lab);
  lab.mutex.unlock();
  lab.engine.run();
  EXPECT_EQ(lab.grants, (Grants{{-1, 0}, {1, 0}}));
}

using MutexDeathTest = testing::Test;

TEST(MutexDeathTest, unlocking_what_nobody_holds_ends_the_program) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  Engine engine;
  Mutex mutex{engine};
  EXPECT_EXIT(mutex.unlock(), testing::ExitedWithCode(6), "nobody holds");
}

// Holds in a row that are simulated as one count as many, whether they were granted at once or had
// to wait.
TEST(mutex, counts_the_holds_that_are_simulated_as_one) {
  Engine engine;
  Mutex mutex(engine);
  EXPECT_TRUE(mutex.lock_or_queue(std::noop_coroutine(), 3));
  EXPECT_FALSE(mutex.lock_or_queue(std::noop_coroutine(), 5));
  EXPECT_EQ(mutex.statistics().acquisitions, 3);
  mutex.unlock();
  EXPECT_EQ(mutex.statistics().acquisitions, 3 + 5);
  EXPECT_EQ(mutex.statistics().contended, 1);
  engine.clear();
}

}  // namespace
}  // namespace mhp::engine::mutex_test
