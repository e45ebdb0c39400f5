// The percpu-rwsem: who is let in when, and which writers pay for a grace period.
#include "sim/engine/percpu_rwsem.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

namespace mhp::engine::percpu_rwsem_test {
namespace {

constexpr std::int64_t kGrace = 1000;

struct Entry {
  char kind;  // 'r' or 'w'
  std::int64_t asked;
  std::int64_t from;
  std::int64_t to;
};

struct Lab {
  Engine engine;
  PercpuRwsem lock{engine, SimTime{kGrace}};
  std::vector<Entry> entries;  // in the order in which they were let in

  static Task<void> user(Lab& lab, char kind, std::int64_t at, std::int64_t hold) {
    co_await lab.engine.delay(SimTime{at});
    co_await (kind == 'w' ? lab.lock.write() : lab.lock.read());
    const std::int64_t now = lab.engine.now().value;
    lab.entries.push_back({kind, at, now, now + hold});
    co_await lab.engine.delay(SimTime{hold});
    if (kind == 'w') {
      lab.lock.unlock_write();
    } else {
      lab.lock.unlock_read();
    }
  }
  void go(char kind, std::int64_t at, std::int64_t hold) {
    engine.spawn(user(*this, kind, at, hold));
  }
  std::vector<std::int64_t> starts() {
    engine.run();
    std::vector<std::int64_t> out;
    for (const Entry& e : entries) out.push_back(e.from);
    return out;
  }
};

TEST(percpu_rwsem, readers_are_parallel_and_free) {
  Lab lab;
  for (int i = 0; i < 5; ++i) lab.go('r', i, 100);
  EXPECT_EQ(lab.starts(), (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(lab.lock.statistics().grace_waits, 0);
}

// The first pays. Each of the others comes before the grace period that began when the one before
// left is over: n writers cost one grace period.
TEST(percpu_rwsem, a_burst_of_writers_pays_for_one_grace_period) {
  Lab lab;
  std::vector<std::int64_t> expected;
  for (std::int64_t i = 0; i < 10; ++i) {
    const std::int64_t at = i == 0 ? 0 : kGrace + 990 * i;  // 980 after the one before has left
    lab.go('w', at, 10);
    expected.push_back(i == 0 ? kGrace : at);
  }
  EXPECT_EQ(lab.starts(), expected);
  EXPECT_EQ(lab.lock.statistics().grace_waits, 1);
}

// Left at 1010, so quiet at 2010: a writer at 2010 pays, one at 2009 does not. (The event that ends
// the slow path is older than that of the writer.)
TEST(percpu_rwsem, a_writer_pays_again_once_a_grace_period_has_passed_without_any) {
  for (const auto& [at, start] :
       {std::pair<std::int64_t, std::int64_t>{2009, 2009}, {2011, 2011 + kGrace}}) {
    Lab lab;
    lab.go('w', 0, 10);
    lab.go('w', at, 10);
    EXPECT_EQ(lab.starts(), (std::vector<std::int64_t>{kGrace, start}));
  }
}

// Left at 1010; another inside from 1500 to 1510 makes the grace period that ends at 2010 start
// over (GP_REPLAY): quiet at 3010, not at 2510.
TEST(percpu_rwsem, a_writer_that_came_and_went_meanwhile_prolongs_by_a_whole_grace_period) {
  for (const auto& [at, start] :
       {std::pair<std::int64_t, std::int64_t>{3009, 3009}, {3011, 3011 + kGrace}}) {
    Lab lab;
    lab.go('w', 0, 10);
    lab.go('w', 1500, 10);
    lab.go('w', at, 10);
    EXPECT_EQ(lab.starts(), (std::vector<std::int64_t>{kGrace, 1500, start}));
  }
}

TEST(percpu_rwsem, readers_go_on_during_the_grace_period_and_are_barred_after_it) {
  Lab lab;
  lab.go('w', 0, 50);
  lab.go('r', 500, 800);  // inside when the grace period ends
  lab.go('r', 1100, 10);  // barred; the writer waits for the first reader until 1300
  EXPECT_EQ(lab.starts(), (std::vector<std::int64_t>{500, 1300, 1350}));
  EXPECT_EQ(lab.lock.statistics().total_reader_wait, SimTime{250});
}

// Asked r, r, w, r while a writer is inside until 1100: two readers together until 1200, the writer
// until 1210, the last reader.
TEST(percpu_rwsem, the_queue_is_first_come_first_served_and_readers_at_its_head_enter_together) {
  Lab lab;
  lab.go('w', 0, 100);
  lab.go('r', 1001, 100);
  lab.go('r', 1002, 100);
  lab.go('w', 1003, 10);
  lab.go('r', 1004, 5);
  EXPECT_EQ(lab.starts(), (std::vector<std::int64_t>{1000, 1100, 1100, 1200, 1210}));
}

// Writers one after the other: the k-th of n that ask at once is served after k - 1 holds.
TEST(percpu_rwsem, writers_that_ask_together_wait_for_those_before_them) {
  Lab lab;
  for (int i = 0; i < 8; ++i) lab.go('w', 0, 30);
  std::vector<std::int64_t> expected;
  for (std::int64_t i = 0; i < 8; ++i) expected.push_back(kGrace + 30 * i);
  EXPECT_EQ(lab.starts(), expected);
  EXPECT_EQ(lab.lock.statistics().grace_waits, 8) << "they wait together";
}

// A writer is alone; everybody gets in; who waits, waits for somebody or for a grace period.
RC_GTEST_PROP(percpu_rwsem, excludes_and_starves_nobody, ()) {
  Lab lab;
  const int users = *rc::gen::inRange(1, 40);
  std::int64_t holds = 0;
  for (int i = 0; i < users; ++i) {
    const std::int64_t hold = *rc::gen::inRange(1, 300);
    holds += hold;
    lab.go(*rc::gen::element('r', 'w'), *rc::gen::inRange(0, 6000), hold);
  }
  lab.engine.run();
  RC_ASSERT(lab.entries.size() == static_cast<std::size_t>(users));
  RC_ASSERT(lab.lock.readers() == 0 && !lab.lock.written());
  for (std::size_t i = 0; i < lab.entries.size(); ++i) {
    const Entry& a = lab.entries[i];
    RC_ASSERT(a.from - a.asked <= kGrace + holds);
    for (std::size_t j = i + 1; j < lab.entries.size(); ++j) {
      const Entry& b = lab.entries[j];
      const bool overlap = a.from < b.to && b.from < a.to;
      RC_ASSERT(!overlap || (a.kind == 'r' && b.kind == 'r'));
    }
  }
}

}  // namespace
}  // namespace mhp::engine::percpu_rwsem_test
