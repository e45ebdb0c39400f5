// Polling in closed form against polling by an event for each try.
#include "sim/engine/mutex_pollers.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <utility>
#include <vector>

namespace mhp::engine::mutex_pollers_test {
namespace {

constexpr SimTime kPeriod{5'000'000};
using Grants = std::vector<std::pair<int, std::int64_t>>;  // who, when

struct User {
  SimTime arrival;
  SimTime hold;
  bool queues = false;  // for the mutex, as others do; else it polls
};

struct Lab {
  Engine engine;
  Mutex mutex{engine};
  MutexPollers pollers{engine, mutex, kPeriod};
  Grants grants;

  void unlock() {
    mutex.unlock();
    pollers.unlocked();
  }
  static Task<void> use(Lab& lab, int id, User user, bool by_events) {
    co_await lab.engine.delay(user.arrival);
    if (user.queues) {
      co_await lab.mutex.lock();
    } else if (by_events) {
      while (!lab.mutex.try_lock()) co_await lab.engine.delay(kPeriod);
    } else {
      co_await lab.pollers.lock();
    }
    lab.grants.emplace_back(id, lab.engine.now().value);
    if (user.hold.value > 0) co_await lab.engine.delay(user.hold);
    lab.unlock();
  }
};

struct Outcome {
  Grants grants;
  std::int64_t events;
  std::int64_t saved;
};

Outcome run(const std::vector<User>& users, bool by_events) {
  Lab lab;
  for (std::size_t i = 0; i < users.size(); ++i)
    lab.engine.spawn(Lab::use(lab, static_cast<int>(i), users[i], by_events));
  lab.engine.run();
  EXPECT_FALSE(lab.mutex.locked());
  return {lab.grants, lab.engine.statistics().executed, lab.pollers.events_saved()};
}

// Users come alone or in groups at the same time; some hold the mutex for no time at all, some
// queue for it.
RC_GTEST_PROP(mutex_pollers, grant_what_polling_by_events_grants, ()) {
  std::vector<User> users;
  const int groups = *rc::gen::inRange(1, 12);
  for (int g = 0; g < groups; ++g) {
    const SimTime arrival{*rc::gen::inRange<std::int64_t>(0, 100'000'000)};
    const int size = *rc::gen::weightedElement<int>({{3, 1}, {2, 4}, {1, 9}});
    for (int i = 0; i < size; ++i) {
      const SimTime hold{*rc::gen::weightedOneOf<std::int64_t>(
          {{1, rc::gen::just<std::int64_t>(0)},
           {4, rc::gen::inRange<std::int64_t>(1, 30'000'000)}})};
      users.push_back({arrival, hold, *rc::gen::inRange(0, 5) == 0});
    }
  }
  const Outcome closed = run(users, false);
  const Outcome plain = run(users, true);
  RC_ASSERT(closed.grants == plain.grants);
  RC_ASSERT(closed.events + closed.saved == plain.events);
}

// 1,000 of them wait for 1,000 holds of 7 ms; by events that is 1,000 x 7 s / 5 ms / 2 tries.
TEST(mutex_pollers, cost_an_event_for_each_grant_whatever_their_number) {
  std::vector<User> users;
  for (std::int64_t i = 0; i < 1000; ++i) users.push_back({SimTime{i * 1'237}, SimTime{7'000'001}});
  const Outcome closed = run(users, false);
  EXPECT_EQ(closed.grants.size(), 1000U);
  // To be spawned, to arrive, to be let in, and the end of the hold.
  EXPECT_LE(closed.events, 4 * 1000);
  const Outcome plain = run(users, true);
  EXPECT_EQ(closed.grants, plain.grants);
  EXPECT_GT(plain.events, 100 * closed.events);
}

TEST(mutex_pollers, a_try_at_the_time_of_an_unlock_comes_first) {
  // The second tries at 1, 5,000,001 and 10,000,001 ns; the mutex is free from 5,000,001 on.
  const Outcome o = run({{SimTime{0}, SimTime{5'000'001}}, {SimTime{1}, SimTime{10}}}, false);
  EXPECT_EQ(o.grants, (Grants{{0, 0}, {1, 10'000'001}}));
}

TEST(mutex_pollers, who_is_done_at_once_lets_the_next_in_at_the_same_time) {
  const Outcome o = run({{SimTime{0}, SimTime{7}},
                         {SimTime{1}, SimTime{0}},
                         {SimTime{1}, SimTime{0}},
                         {SimTime{1}, SimTime{3}}},
                        false);
  EXPECT_EQ(o.grants, (Grants{{0, 0}, {1, 5'000'001}, {2, 5'000'001}, {3, 5'000'001}}));
}

}  // namespace
}  // namespace mhp::engine::mutex_pollers_test
