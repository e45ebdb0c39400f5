#include "sim/core/task.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "sim/core/host.hpp"

namespace mhp::task_test {
namespace {

/// Grants every second step at once and keeps the others until asked.
class SlowHost : public Host {
 public:
  bool perform(const Step& step, std::coroutine_handle<> resume) override {
    steps.push_back(step);
    if (steps.size() % 2 == 1) return true;
    waiting = resume;
    return false;
  }

  std::vector<Step> steps;
  std::coroutine_handle<> waiting;
};

Task<int> inner(Host& host, int value) {
  co_await host.spend(7, value, 2);
  co_return value + 1;
}

Task<int> outer(Host& host) {
  const int one = co_await inner(host, 10);
  co_return co_await inner(host, one);
}

TEST(task, does_nothing_until_it_is_started) {
  SlowHost host;
  const Task<int> task = outer(host);
  EXPECT_FALSE(task.done());
  EXPECT_TRUE(host.steps.empty());
}

TEST(task, waits_in_the_middle_and_yields_its_value) {
  SlowHost host;
  Task<int> task = outer(host);
  task.start();
  EXPECT_FALSE(task.done());
  ASSERT_EQ(host.steps.size(), 2u);
  EXPECT_EQ(host.steps[1].kind, Step::Kind::spend);
  EXPECT_EQ(host.steps[1].what, 7);
  EXPECT_EQ(host.steps[1].where, 2);
  EXPECT_EQ(host.steps[1].count, 11);
  host.waiting.resume();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.take(), 12);
}

struct Flag {
  bool* gone;
  ~Flag() { *gone = true; }
};

Task<> holds(Host& host, bool* gone) {
  const Flag flag{gone};
  co_await host.wait(1);
  co_await host.wait(1);
}

TEST(task, destroying_it_destroys_what_its_frame_holds) {
  SlowHost host;
  bool gone = false;
  {
    Task<> task = holds(host, &gone);
    task.start();
    EXPECT_FALSE(gone);
  }
  EXPECT_TRUE(gone);
}

Task<std::int64_t> sum(std::int64_t count) {
  if (count == 0) co_return 0;
  co_return count + co_await sum(count - 1);
}

TEST(task, awaiting_yields_through_many_levels) {
  Task<std::int64_t> task = sum(1000);
  task.start();
  EXPECT_EQ(task.take(), 500'500);  // 1000 * 1001 / 2
}

}  // namespace
}  // namespace mhp::task_test
