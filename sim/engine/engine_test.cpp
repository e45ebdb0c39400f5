#include "sim/engine/engine.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <thread>
#include <vector>

#include "sim/engine/fingerprint.hpp"

namespace mhp::engine::engine_test {
namespace {

void count(void* counter) { ++*static_cast<int*>(counter); }
void stop_engine(void* engine) { static_cast<Engine*>(engine)->stop(); }

TEST(engine, events_at_the_limit_run_and_later_ones_wait) {
  Engine engine;
  int runs = 0;
  engine.at(SimTime{9}, &count, &runs);
  engine.at(SimTime{10}, &count, &runs);
  engine.at(SimTime{11}, &count, &runs);
  EXPECT_EQ(engine.run_until(SimTime{10}), RunEnd::limit_reached);
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(engine.now(), SimTime{10});
  EXPECT_EQ(engine.run_until(SimTime{11}), RunEnd::drained);
  EXPECT_EQ(runs, 3);
}

TEST(engine, an_event_for_the_limit_scheduled_by_an_event_at_the_limit_runs) {
  Engine engine;
  struct Chain {
    Engine* engine;
    int left;
    static void run(void* self) {
      auto& c = *static_cast<Chain*>(self);
      if (c.left-- > 0) c.engine->after(SimTime{0}, &run, self);
    }
  } chain{&engine, 3};
  engine.at(SimTime{10}, &Chain::run, &chain);
  engine.run_until(SimTime{10});
  EXPECT_EQ(chain.left, -1);
  EXPECT_EQ(engine.statistics().executed, 4);
}

TEST(engine, an_event_earlier_than_what_waits_can_follow_a_limit) {
  Engine engine;
  std::vector<SimTime> times;
  struct Log {
    Engine* engine;
    std::vector<SimTime>* times;
    static void run(void* self) {
      auto& log = *static_cast<Log*>(self);
      log.times->push_back(log.engine->now());
    }
  } log{&engine, &times};
  engine.at(SimTime{100}, &Log::run, &log);
  engine.run_until(SimTime{50});
  engine.at(SimTime{50}, &Log::run, &log);
  engine.at(SimTime{60}, &Log::run, &log);
  engine.run();
  EXPECT_EQ(times, (std::vector<SimTime>{SimTime{50}, SimTime{60}, SimTime{100}}));
}

TEST(engine, run_leaves_the_clock_at_the_last_event_and_run_until_at_the_limit) {
  Engine engine;
  int runs = 0;
  engine.at(SimTime{7}, &count, &runs);
  engine.run();
  EXPECT_EQ(engine.now(), SimTime{7});
  EXPECT_EQ(engine.run_until(SimTime{20}), RunEnd::drained);
  EXPECT_EQ(engine.now(), SimTime{20});
}

TEST(engine, the_last_nanosecond_that_time_can_count_is_usable) {
  Engine engine;
  int runs = 0;
  const SimTime last{std::numeric_limits<std::int64_t>::max()};
  engine.at(last, &count, &runs);
  EXPECT_EQ(engine.run_until(last - SimTime{1}), RunEnd::limit_reached);
  EXPECT_EQ(runs, 0);
  EXPECT_EQ(engine.run_until(last), RunEnd::drained);
  EXPECT_EQ(runs, 1);
}

TEST(engine, stop_lets_the_current_event_finish_and_no_other_start) {
  Engine engine;
  int runs = 0;
  engine.at(SimTime{1}, &count, &runs);
  engine.at(SimTime{1}, &stop_engine, &engine);
  engine.at(SimTime{1}, &count, &runs);
  EXPECT_EQ(engine.run_until(SimTime{5}), RunEnd::stopped);
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(engine.now(), SimTime{1});
  EXPECT_EQ(engine.run(), RunEnd::drained);
  EXPECT_EQ(runs, 2);
}

TEST(engine, stop_also_holds_back_events_for_now) {
  Engine engine;
  int runs = 0;
  engine.at(SimTime{0}, &stop_engine, &engine);
  engine.at(SimTime{0}, &count, &runs);
  EXPECT_EQ(engine.run(), RunEnd::stopped);
  EXPECT_EQ(runs, 0);
  EXPECT_EQ(engine.run(), RunEnd::drained);
  EXPECT_EQ(runs, 1);
}

TEST(engine, stop_in_the_last_event_is_reported_as_stopped) {
  Engine engine;
  engine.at(SimTime{1}, &stop_engine, &engine);
  EXPECT_EQ(engine.run(), RunEnd::stopped);
}

TEST(engine, step_runs_one_event_and_says_when_there_is_none) {
  Engine engine;
  int runs = 0;
  engine.at(SimTime{0}, &count, &runs);
  engine.at(SimTime{3}, &count, &runs);
  EXPECT_TRUE(engine.step());
  EXPECT_EQ(runs, 1);
  EXPECT_TRUE(engine.step());
  EXPECT_EQ(engine.now(), SimTime{3});
  EXPECT_FALSE(engine.step());
  EXPECT_EQ(runs, 2);
}

TEST(engine, a_handle_is_stale_after_its_event_ran) {
  Engine engine;
  int runs = 0;
  const EventHandle queued = engine.at(SimTime{1}, &count, &runs);
  const EventHandle immediate = engine.at(SimTime{0}, &count, &runs);
  EXPECT_TRUE(engine.pending(queued));
  EXPECT_TRUE(engine.pending(immediate));
  engine.run();
  EXPECT_FALSE(engine.pending(queued));
  EXPECT_FALSE(engine.cancel(queued));
  EXPECT_FALSE(engine.reschedule(queued, SimTime{5}));
  EXPECT_FALSE(engine.cancel(immediate));
  EXPECT_EQ(engine.pending_events(), 0U);
}

TEST(engine, a_stale_handle_does_not_reach_the_next_user_of_the_slot) {
  Engine engine;
  int first = 0;
  int second = 0;
  const EventHandle old = engine.at(SimTime{1}, &count, &first);
  EXPECT_TRUE(engine.cancel(old));
  EXPECT_FALSE(engine.cancel(old));
  const EventHandle next = engine.at(SimTime{1}, &count, &second);
  EXPECT_EQ(next.slot, old.slot);
  EXPECT_FALSE(engine.cancel(old));
  engine.run();
  EXPECT_EQ(first, 0);
  EXPECT_EQ(second, 1);
}

TEST(engine, a_default_handle_is_stale) {
  Engine engine;
  EXPECT_FALSE(engine.cancel(EventHandle{}));
  int runs = 0;
  engine.at(SimTime{1}, &count, &runs);
  EXPECT_FALSE(engine.cancel(EventHandle{}));
}

TEST(engine, an_event_cannot_cancel_itself) {
  Engine engine;
  struct Self {
    Engine* engine;
    EventHandle handle;
    bool cancelled = true;
    static void run(void* p) {
      auto& self = *static_cast<Self*>(p);
      self.cancelled = self.engine->cancel(self.handle);
    }
  } self{&engine, {}};
  self.handle = engine.at(SimTime{1}, &Self::run, &self);
  engine.run();
  EXPECT_FALSE(self.cancelled);
}

TEST(engine, a_handle_survives_moves_between_now_and_later) {
  Engine engine;
  int runs = 0;
  const EventHandle h = engine.at(SimTime{0}, &count, &runs);
  EXPECT_TRUE(engine.reschedule(h, SimTime{5}));
  EXPECT_TRUE(engine.reschedule(h, SimTime{0}));
  EXPECT_TRUE(engine.reschedule(h, SimTime{0}));
  EXPECT_TRUE(engine.reschedule(h, SimTime{9}));
  EXPECT_EQ(engine.pending_events(), 1U);
  engine.run();
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(engine.now(), SimTime{9});
  EXPECT_FALSE(engine.cancel(h));
}

TEST(engine, statistics_count_what_happened) {
  Engine engine;
  EXPECT_EQ(engine.statistics().end, RunEnd::not_run);
  int runs = 0;
  engine.at(SimTime{1}, &count, &runs);
  engine.at(SimTime{1}, &count, &runs);  // tie
  engine.at(SimTime{1}, &count, &runs);  // tie
  engine.at(SimTime{2}, &count, &runs);
  const EventHandle moved = engine.at(SimTime{9}, &count, &runs);
  engine.reschedule(moved, SimTime{2});  // tie
  engine.cancel(engine.at(SimTime{3}, &count, &runs));
  engine.at(SimTime{4}, &count, &runs);
  engine.run();
  const EngineStatistics s = engine.statistics();
  EXPECT_EQ(s.executed, 6);
  EXPECT_EQ(s.ties, 3);
  EXPECT_EQ(s.cancelled, 1);
  EXPECT_EQ(s.rescheduled, 1);
  EXPECT_EQ(s.peak_pending, 6);
  EXPECT_EQ(s.end, RunEnd::drained);
}

TEST(engine, the_first_event_at_time_zero_is_no_tie) {
  Engine engine;
  int runs = 0;
  engine.at(SimTime{0}, &count, &runs);
  engine.run();
  EXPECT_EQ(engine.statistics().ties, 0);
}

TEST(engine, an_observer_sees_every_event_between_attach_and_detach) {
  struct Log : Observer {
    std::vector<std::int64_t> seen;
    int done = 0;
    RunEnd end = RunEnd::not_run;
    void on_event(const EventView& e) override { seen.push_back(e.time.value * 10 + e.index); }
    void on_event_done(const EventView&) override { ++done; }
    void on_run_end(SimTime, RunEnd e) override { end = e; }
  } log;
  Engine engine;
  int runs = 0;
  for (const int t : {1, 2, 3}) engine.at(SimTime{t}, &count, &runs);
  engine.run_until(SimTime{1});
  engine.observe(&log);
  engine.run_until(SimTime{2});
  EXPECT_EQ(log.end, RunEnd::limit_reached);
  engine.observe(nullptr);
  engine.run();
  EXPECT_EQ(log.seen, (std::vector<std::int64_t>{21}));  // time 2, one event before it
  EXPECT_EQ(log.done, 1);
}

TEST(engine, clear_forgets_everything_pending) {
  Engine engine;
  int runs = 0;
  const EventHandle a = engine.at(SimTime{0}, &count, &runs);
  const EventHandle b = engine.at(SimTime{5}, &count, &runs);
  engine.clear();
  EXPECT_EQ(engine.pending_events(), 0U);
  EXPECT_FALSE(engine.cancel(a));
  EXPECT_FALSE(engine.cancel(b));
  EXPECT_EQ(engine.run(), RunEnd::drained);
  EXPECT_EQ(runs, 0);
}

using EngineDeathTest = testing::Test;

TEST(EngineDeathTest, scheduling_in_the_past_ends_the_program) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  Engine engine;
  int runs = 0;
  const EventHandle h = engine.at(SimTime{20}, &count, &runs);
  engine.run_until(SimTime{10});
  engine.at(SimTime{10}, &count, &runs);  // now is not the past
  EXPECT_EXIT(engine.at(SimTime{9}, &count, &runs), testing::ExitedWithCode(6), "9 ns");
  EXPECT_EXIT(engine.after(SimTime{-1}, &count, &runs), testing::ExitedWithCode(6), "9 ns");
  EXPECT_EXIT(engine.reschedule(h, SimTime{9}), testing::ExitedWithCode(6), "9 ns");
  EXPECT_EXIT(engine.run_until(SimTime{9}), testing::ExitedWithCode(6), "9 ns");
  const SimTime too_far{std::numeric_limits<std::int64_t>::max()};
  EXPECT_EXIT(engine.after(too_far, &count, &runs), testing::ExitedWithCode(6), "now()");
}

TEST(EngineDeathTest, an_event_that_runs_its_engine_ends_the_program) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  Engine engine;
  engine.at(
      SimTime{1}, [](void* e) { static_cast<Engine*>(e)->run(); }, &engine);
  EXPECT_EXIT(engine.run(), testing::ExitedWithCode(6), "running_");
}

// A few processes that draw their delays from a small integer generator and note what they do.
struct Walkers {
  Engine engine;
  Fingerprint fingerprint;
  std::uint64_t state = 7;

  static Task<void> walk(Walkers& w, std::int64_t id) {
    for (int i = 0; i < 200; ++i) {
      w.state = w.state * 6364136223846793005U + 1442695040888963407U;
      co_await w.engine.delay(SimTime{static_cast<std::int64_t>(w.state >> 60)});
      w.fingerprint.absorb(w.engine.now(), "walker", "step", id);
    }
  }
  void run() {
    for (std::int64_t id = 0; id < 50; ++id) engine.spawn(walk(*this, id));
    engine.run();
  }
};

TEST(engine, two_engines_in_two_threads_have_equal_fingerprints) {
  Walkers alone;
  alone.run();
  Walkers a;
  Walkers b;
  std::thread first([&] { a.run(); });
  std::thread second([&] { b.run(); });
  first.join();
  second.join();
  EXPECT_EQ(alone.engine.statistics().executed, 50 * 201);
  EXPECT_EQ(a.fingerprint, alone.fingerprint);
  EXPECT_EQ(b.fingerprint, alone.fingerprint);
}

}  // namespace
}  // namespace mhp::engine::engine_test
