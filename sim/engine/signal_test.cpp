#include "sim/engine/signal.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace mhp::engine::signal_test {
namespace {

struct Lab {
  Engine engine;
  Signal signal{engine};
  std::vector<int> woken;

  static Task<void> waiter(Lab& lab, int id, int times) {
    for (int i = 0; i < times; ++i) {
      co_await lab.signal.wait();
      lab.woken.push_back(id);
    }
  }
};

TEST(signal, wakes_all_waiters_in_the_order_of_waiting) {
  Lab lab;
  for (int id = 0; id < 4; ++id) lab.engine.spawn(Lab::waiter(lab, id, 1));
  lab.engine.run();
  EXPECT_TRUE(lab.woken.empty());
  EXPECT_EQ(lab.signal.waiting(), 4U);
  lab.signal.notify_all();
  EXPECT_TRUE(lab.woken.empty());  // they run through events
  lab.engine.run();
  EXPECT_EQ(lab.woken, (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(lab.engine.live_processes(), 0U);
}

TEST(signal, whoever_waits_again_waits_for_the_next_notification) {
  Lab lab;
  lab.engine.spawn(Lab::waiter(lab, 7, 2));
  lab.engine.run();
  lab.signal.notify_all();
  lab.engine.run();
  EXPECT_EQ(lab.woken, (std::vector<int>{7}));
  EXPECT_EQ(lab.signal.waiting(), 1U);
  lab.signal.notify_all();
  lab.engine.run();
  EXPECT_EQ(lab.woken, (std::vector<int>{7, 7}));
}

TEST(signal, a_notification_nobody_waits_for_is_not_kept) {
  Lab lab;
  lab.signal.notify_all();
  lab.engine.spawn(Lab::waiter(lab, 1, 1));
  lab.engine.run();
  EXPECT_TRUE(lab.woken.empty());
  EXPECT_EQ(lab.signal.notifications(), 1);
}

}  // namespace
}  // namespace mhp::engine::signal_test
