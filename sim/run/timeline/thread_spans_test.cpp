#include "sim/run/timeline/thread_spans.hpp"

#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "sim/run/timeline/lock_spans.hpp"

namespace mhp::run {
namespace {

using kernel::Condition;
using kernel::Lock;
using kernel::Primitive;
using kernel::TaskState;
using Row = std::tuple<std::string, int, std::int64_t, std::int64_t>;

std::vector<Row> rows_of(const Timeline& t) {
  std::vector<Row> out;
  for (const Span& s : t.spans)
    out.emplace_back(t.names[s.name], s.depth, s.begin.value, s.end.value);
  return out;
}

class Thread : public ::testing::Test {
 protected:
  Thread() : names_(recorder_), thread_(recorder_, names_, recorder_.track({.name = "t"})) {}

  void spend(std::int64_t at, Primitive p, std::int64_t units = 1) {
    thread_.step(SimTime{at}, {Step::Kind::spend, static_cast<std::uint16_t>(p), 0, units});
  }
  void note(std::int64_t at, TaskState state) {
    thread_.step(SimTime{at}, {Step::Kind::note, static_cast<std::uint16_t>(state)});
  }
  void wait(std::int64_t at, Condition c) {
    thread_.step(SimTime{at}, {Step::Kind::wait, static_cast<std::uint16_t>(c)});
  }
  std::vector<Row> end(std::int64_t at) {
    thread_.conclude(SimTime{at});
    return rows_of(recorder_.take());
  }

  TimelineRecorder recorder_;
  StepNames names_;
  ThreadSpans thread_;
};

TEST_F(Thread, runs_from_its_first_step_to_its_sleep) {
  spend(10, Primitive::lru_scan, 5);
  spend(20, Primitive::lru_scan, 7);
  spend(30, Primitive::page_reclaim);
  note(35, TaskState::asleep);
  note(50, TaskState::running);
  spend(60, Primitive::lru_scan);
  EXPECT_EQ(end(70), (std::vector<Row>{{"running", 0, 10, 35},
                                       {"lru_scan", 1, 10, 30},
                                       {"page_reclaim", 1, 30, 35},
                                       {"running", 0, 60, 70},
                                       {"lru_scan", 1, 60, 70}}));
}

TEST_F(Thread, stalls_contain_what_is_done_in_them) {
  spend(0, Primitive::alloc_pages);
  note(5, TaskState::memstall_enter);
  spend(5, Primitive::lru_scan);
  wait(9, Condition::timeout);
  note(20, TaskState::memstall_leave);
  spend(20, Primitive::alloc_pages);
  EXPECT_EQ(end(22), (std::vector<Row>{{"running", 0, 0, 22},
                                       {"alloc_pages", 1, 0, 5},
                                       {"memory_stall", 1, 5, 20},
                                       {"lru_scan", 2, 5, 9},
                                       {"schedule_timeout", 2, 9, 20},
                                       {"alloc_pages", 1, 20, 22}}));
}

TEST_F(Thread, of_the_kernel_sleeps_until_it_is_woken) {
  wait(0, Condition::kswapd_wakeup);
  spend(100, Primitive::lru_scan);
  wait(104, Condition::kswapd_wakeup);
  EXPECT_EQ(end(1000), (std::vector<Row>{{"running", 0, 100, 104}, {"lru_scan", 1, 100, 104}}));
}

// It waits at a queue of its own, of which the kernel knows nothing.
TEST_F(Thread, has_no_work_between_its_end_and_the_next_step) {
  spend(0, Primitive::memory_line);
  thread_.ends(SimTime{4});
  spend(50, Primitive::memory_line);
  thread_.ended(SimTime{53});
  EXPECT_EQ(end(90), (std::vector<Row>{{"running", 0, 0, 4},
                                       {"memory_line", 1, 0, 4},
                                       {"running", 0, 50, 53},
                                       {"memory_line", 1, 50, 53}}));
}

class Locks : public ::testing::Test {
 protected:
  Timeline end(std::int64_t at) {
    locks_.conclude(SimTime{at});
    return recorder_.take();
  }
  TimelineRecorder recorder_;
  LockSpans locks_{recorder_};
};

using Held = std::tuple<std::string, std::int64_t, std::int64_t, std::int64_t>;
std::vector<Held> held_of(const Timeline& t) {
  std::vector<Held> out;
  for (const Span& s : t.spans)
    out.emplace_back(t.tracks[s.track].name, s.begin.value, s.end.value,
                     s.by < 0 ? -1 : t.tracks[static_cast<std::size_t>(s.by)].name.back() - '0');
  return out;
}

// 1 has it until 10, 2 and 3 queue at 2 and 5: 2 has it until 16, 3 until the end.
TEST_F(Locks, are_handed_to_who_has_asked_first) {
  std::vector<std::int64_t> by;
  for (int i = 0; i < 4; ++i)
    by.push_back(recorder_.track({.name = "thread " + std::to_string(i)}));
  const Lock lock = Lock::device_hotplug_lock;
  locks_.asked(lock, -1, by[1], true, SimTime{0});
  locks_.asked(lock, -1, by[2], false, SimTime{2});
  locks_.asked(lock, -1, by[3], false, SimTime{5});
  locks_.released(lock, -1, SimTime{10});
  locks_.released(lock, -1, SimTime{16});
  const std::string queue = "device_hotplug_lock: waiting";
  EXPECT_EQ(held_of(end(20)), (std::vector<Held>{{"device_hotplug_lock", 0, 10, 1},
                                                 {"device_hotplug_lock", 10, 16, 2},
                                                 {"device_hotplug_lock", 16, 20, 3},
                                                 {queue, 2, 10, 2},
                                                 {queue, 5, 16, 3}}));
}

TEST_F(Locks, of_zones_are_told_apart_and_who_waits_at_the_end_has_waited) {
  locks_.asked(Lock::zone_lock, 2, -1, true, SimTime{0});
  locks_.asked(Lock::zone_lock, 7, -1, true, SimTime{1});
  locks_.asked(Lock::zone_lock, 7, -1, false, SimTime{3});
  locks_.released(Lock::zone_lock, 2, SimTime{4});
  EXPECT_EQ(held_of(end(9)),
            (std::vector<Held>{{"zone_lock of node 0 Normal", 0, 4, -1},
                               {"zone_lock of node 1 Normal", 1, 9, -1},
                               {"zone_lock of node 1 Normal: waiting", 3, 9, -1}}));
}

// A writer asks at 0 and has the lock after a grace period at 7.
TEST_F(Locks, that_come_later_are_held_from_then_on) {
  locks_.asked(Lock::mem_hotplug_lock, -1, -1, false, SimTime{0});
  locks_.released_held_since(Lock::mem_hotplug_lock, -1, SimTime{7}, SimTime{12});
  EXPECT_EQ(held_of(end(20)), (std::vector<Held>{{"mem_hotplug_lock", 7, 12, -1},
                                                 {"mem_hotplug_lock: waiting", 0, 7, -1}}));
}

}  // namespace
}  // namespace mhp::run
