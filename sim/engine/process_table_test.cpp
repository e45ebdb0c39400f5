// Processes: who owns their frames and when the frames go.

#include "sim/engine/process_table.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "sim/engine/engine.hpp"
#include "sim/engine/mutex.hpp"

namespace mhp::engine::process_table_test {
namespace {

// A local variable of a process that counts itself.
class Local {
 public:
  explicit Local(int& alive) : alive_(alive) { ++alive_; }
  Local(const Local&) = delete;
  Local& operator=(const Local&) = delete;
  ~Local() { --alive_; }

 private:
  int& alive_;
};

Task<void> leaf(Engine& engine, int& alive, SimTime length) {
  const Local local{alive};
  co_await engine.delay(length);
}

Task<void> nested(Engine& engine, int& alive, SimTime length) {
  const Local local{alive};
  co_await leaf(engine, alive, length);
  co_await leaf(engine, alive, length);
}

TEST(process, starts_through_an_event_for_now) {
  int alive = 0;
  Engine engine;
  engine.spawn(leaf(engine, alive, SimTime{5}));
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(engine.live_processes(), 1U);
  ASSERT_TRUE(engine.step());
  EXPECT_EQ(alive, 1);
  EXPECT_EQ(engine.now(), SimTime{0});
}

TEST(process, frame_goes_when_it_ends) {
  int alive = 0;
  Engine engine;
  engine.spawn(nested(engine, alive, SimTime{5}));
  engine.run_until(SimTime{9});
  EXPECT_EQ(alive, 2);  // the process and its second leaf
  engine.run_until(SimTime{10});
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(engine.live_processes(), 0U);
}

// Locals go at the end of the body; parameters go with the frame.
TEST(process, parameters_go_when_it_ends) {
  const auto parameter = std::make_shared<int>(1);
  Engine engine;
  const auto body = [](Engine& e, std::shared_ptr<int>) -> Task<void> {
    co_await e.delay(SimTime{5});
  };
  engine.spawn(body(engine, parameter));
  engine.run_until(SimTime{4});
  EXPECT_EQ(parameter.use_count(), 2);
  engine.run_until(SimTime{5});
  EXPECT_EQ(parameter.use_count(), 1);
}

TEST(process, that_never_waits_ends_within_its_first_event) {
  Engine engine;
  int runs = 0;
  const auto body = [](int& counter) -> Task<void> {
    ++counter;
    co_return;
  };
  for (int i = 0; i < 3; ++i) engine.spawn(body(runs));
  engine.run();
  EXPECT_EQ(runs, 3);
  EXPECT_EQ(engine.statistics().executed, 3);
  EXPECT_EQ(engine.live_processes(), 0U);
}

TEST(process, may_spawn_others) {
  int alive = 0;
  Engine engine;
  struct Tree {
    static Task<void> grow(Engine& e, int& count, int depth) {
      const Local local{count};
      if (depth > 0) {
        e.spawn(grow(e, count, depth - 1));
        e.spawn(grow(e, count, depth - 1));
      }
      co_await e.delay(SimTime{100});
    }
  };
  engine.spawn(Tree::grow(engine, alive, 5));
  engine.run_until(SimTime{99});
  EXPECT_EQ(alive, 63);  // 2^6 - 1
  EXPECT_EQ(engine.live_processes(), 63U);
  engine.run();
  EXPECT_EQ(alive, 0);
}

TEST(process, frames_go_with_the_engine) {
  int alive = 0;
  {
    Engine engine;
    for (int i = 0; i < 10; ++i) engine.spawn(nested(engine, alive, SimTime{5}));
    engine.run_until(SimTime{7});
    engine.spawn(nested(engine, alive, SimTime{5}));  // never started
    EXPECT_EQ(alive, 20);
  }
  EXPECT_EQ(alive, 0);
}

TEST(process, destructors_of_locals_may_use_the_dying_engine) {
  struct Guard {
    Mutex& mutex;
    ~Guard() { mutex.unlock(); }
  };
  struct Body {
    static Task<void> hold(Engine& engine, Mutex& mutex) {
      co_await mutex.lock();
      const Guard guard{mutex};
      co_await engine.delay(SimTime{100});
    }
  };
  auto engine = std::make_unique<Engine>();
  Mutex mutex{*engine};
  for (int i = 0; i < 3; ++i) engine->spawn(Body::hold(*engine, mutex));
  engine->run_until(SimTime{50});
  EXPECT_EQ(mutex.waiting(), 2U);
  engine->clear();
  EXPECT_EQ(engine->live_processes(), 0U);
  EXPECT_EQ(engine->run(), RunEnd::drained);
}

TEST(process, a_delay_of_zero_lets_everything_scheduled_for_now_run_first) {
  Engine engine;
  std::vector<int> order;
  struct Body {
    static Task<void> run(Engine& e, std::vector<int>& log, int id) {
      log.push_back(id);
      co_await e.delay(SimTime{0});
      log.push_back(id + 10);
    }
  };
  engine.spawn(Body::run(engine, order, 1));
  engine.spawn(Body::run(engine, order, 2));
  engine.run();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 11, 12}));
}

}  // namespace
}  // namespace mhp::engine::process_table_test
