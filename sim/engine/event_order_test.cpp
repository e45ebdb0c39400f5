// The order of events, for every queue, against an oracle that shares no code with the engine.

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <tuple>
#include <utility>
#include <vector>

#include "sim/engine/engine.hpp"

namespace mhp::engine::event_order_test {
namespace {

// A run is a list of (what was executed, when).
using Trace = std::vector<std::pair<std::size_t, std::int64_t>>;

struct Action {
  enum Kind { schedule, cancel, reschedule } kind = schedule;
  std::size_t target = 0;  // cancel, reschedule: modulo the events scheduled so far
  std::int64_t delay = 0;
};

// What each event does, in the order in which they are executed; the first entry is the set-up.
using Script = std::vector<std::vector<Action>>;

// A list of pending events; the next is the least by (time, sequence). No ring, no slots.
class OracleSim {
 public:
  explicit OracleSim(const Script& script) : script_(script) { act(0); }
  Trace run() {
    while (!pending_.empty()) {
      const auto next =
          std::min_element(pending_.begin(), pending_.end(), [](const Event& a, const Event& b) {
            return std::tie(a.time, a.sequence) < std::tie(b.time, b.sequence);
          });
      now_ = next->time;
      trace_.emplace_back(next->id, now_);
      pending_.erase(next);
      act(trace_.size());
    }
    return trace_;
  }
  std::vector<bool> answers;

 private:
  struct Event {
    std::int64_t time;
    std::size_t sequence;
    std::size_t id;
  };
  void act(std::size_t line) {
    if (line >= script_.size()) return;
    for (const Action& a : script_[line]) {
      if (a.kind == Action::schedule) {
        pending_.push_back({now_ + a.delay, sequence_++, scheduled_++});
        continue;
      }
      if (scheduled_ == 0) continue;
      const auto it = std::find_if(pending_.begin(), pending_.end(),
                                   [&](const Event& e) { return e.id == a.target % scheduled_; });
      answers.push_back(it != pending_.end());
      if (it == pending_.end()) continue;
      if (a.kind == Action::cancel) {
        pending_.erase(it);
      } else {
        it->time = now_ + a.delay;
        it->sequence = sequence_++;
      }
    }
  }

  const Script& script_;
  std::vector<Event> pending_;
  Trace trace_;
  std::int64_t now_ = 0;
  std::size_t sequence_ = 0;
  std::size_t scheduled_ = 0;
};

template <class Queue>
class EngineSim {
 public:
  explicit EngineSim(const Script& script) : script_(script) { act(0); }
  Trace run() {
    engine_.run();
    return trace_;
  }
  // The same run in slices: what a slice leaves must be found by the next.
  Trace run_in_slices(std::int64_t slice) {
    std::int64_t limit = 0;
    while (engine_.run_until(SimTime{limit}) != RunEnd::drained) limit += slice;
    return trace_;
  }
  std::vector<bool> answers;

 private:
  struct Event {
    EngineSim* sim;
    std::size_t id;
    EventHandle handle;
  };
  static void execute(void* context) {
    const auto& event = *static_cast<Event*>(context);
    EngineSim& sim = *event.sim;
    sim.trace_.emplace_back(event.id, sim.engine_.now().value);
    sim.act(sim.trace_.size());
  }
  void act(std::size_t line) {
    if (line >= script_.size()) return;
    for (const Action& a : script_[line]) {
      const SimTime time = engine_.now() + SimTime{a.delay};
      if (a.kind == Action::schedule) {
        Event& e = events_.emplace_back(Event{this, events_.size(), {}});
        e.handle = engine_.at(time, &execute, &e);
        continue;
      }
      if (events_.empty()) continue;
      const EventHandle h = events_[a.target % events_.size()].handle;
      answers.push_back(a.kind == Action::cancel ? engine_.cancel(h) : engine_.reschedule(h, time));
    }
  }

  const Script& script_;
  BasicEngine<Queue> engine_;
  std::deque<Event> events_;
  Trace trace_;
};

// Few distinct delays, many of them zero, so that ties and the zero-delay ring are the rule.
rc::Gen<Action> any_action() {
  return rc::gen::build<Action>(
      rc::gen::set(&Action::kind,
                   rc::gen::weightedElement<Action::Kind>(
                       {{4, Action::schedule}, {1, Action::cancel}, {2, Action::reschedule}})),
      rc::gen::set(&Action::target, rc::gen::inRange<std::size_t>(0, 1000)),
      rc::gen::set(&Action::delay, rc::gen::weightedOneOf<std::int64_t>(
                                       {{3, rc::gen::just<std::int64_t>(0)},
                                        {4, rc::gen::inRange<std::int64_t>(0, 4)},
                                        {1, rc::gen::inRange<std::int64_t>(0, 200)}})));
}

Script any_script() {
  const auto line = rc::gen::resize(6, rc::gen::container<std::vector<Action>>(any_action()));
  Script script = *rc::gen::scale(3.0, rc::gen::container<Script>(line)).as("script");
  // Enough to begin with that most scripts are executed to their end.
  script.insert(script.begin(), std::vector<Action>(20, Action{Action::schedule, 0, 1}));
  return script;
}

void expect_the_order_of_the_oracle(const Script& script) {
  OracleSim oracle{script};
  const Trace expected = oracle.run();
  RC_CLASSIFY(expected.size() > 100);

  EngineSim<TournamentTree> tree{script};
  RC_ASSERT(tree.run() == expected);
  RC_ASSERT(tree.answers == oracle.answers);

  EngineSim<StdQueue> std_queue{script};
  RC_ASSERT(std_queue.run() == expected);
  RC_ASSERT(std_queue.answers == oracle.answers);

  EngineSim<TournamentTree> sliced{script};
  RC_ASSERT(sliced.run_in_slices(3) == expected);
}

RC_GTEST_PROP(event_order, random_schedules_run_in_the_order_of_the_oracle, ()) {
  expect_the_order_of_the_oracle(any_script());
}

// Larger than the first few capacities of every table, from a fixed generator.
TEST(event_order, a_long_run_through_all_growth_steps_follows_the_oracle) {
  std::uint64_t state = 1;
  const auto random = [&state](std::uint64_t below) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (state >> 33) % below;
  };
  Script script(3000);
  for (auto& line : script) {
    for (std::uint64_t i = random(4); i > 0; --i) {
      const auto kind = static_cast<Action::Kind>(
          std::max<std::int64_t>(0, static_cast<std::int64_t>(random(8)) - 5));
      line.push_back({kind, random(100'000), static_cast<std::int64_t>(random(3) * random(500))});
    }
  }
  for (int i = 0; i < 400; ++i) script[0].push_back({Action::schedule, 0, i % 7});

  OracleSim oracle{script};
  const Trace expected = oracle.run();
  ASSERT_GT(expected.size(), 2000U);
  EngineSim<TournamentTree> tree{script};
  EXPECT_EQ(tree.run(), expected);
  EXPECT_EQ(tree.answers, oracle.answers);
  EngineSim<StdQueue> std_queue{script};
  EXPECT_EQ(std_queue.run(), expected);
}

template <class Queue>
class EventOrder : public testing::Test {
 public:
  // Appends `id` to the order when it runs.
  struct Note {
    std::vector<int>* order;
    int id;
    static void run(void* self) {
      static_cast<Note*>(self)->order->push_back(static_cast<Note*>(self)->id);
    }
  };
  Note* note(int id) { return &notes.emplace_back(Note{&order, id}); }

  BasicEngine<Queue> engine;
  std::vector<int> order;
  std::deque<Note> notes;
};
using Queues = testing::Types<TournamentTree, StdQueue>;
TYPED_TEST_SUITE(EventOrder, Queues);

TYPED_TEST(EventOrder, equal_times_leave_in_schedule_order) {
  for (int i = 0; i < 1000; ++i)
    this->engine.at(SimTime{5}, &TestFixture::Note::run, this->note(i));
  this->engine.run();
  ASSERT_EQ(this->order.size(), 1000U);
  EXPECT_TRUE(std::is_sorted(this->order.begin(), this->order.end()));
}

TYPED_TEST(EventOrder, an_event_for_now_runs_after_those_already_scheduled_for_now) {
  struct First {
    TestFixture* test;
    static void run(void* self) {
      TestFixture& t = *static_cast<First*>(self)->test;
      t.order.push_back(0);
      t.engine.after(SimTime{0}, &TestFixture::Note::run, t.note(3));
    }
  } first{this};
  this->engine.at(SimTime{5}, &First::run, &first);
  this->engine.at(SimTime{5}, &TestFixture::Note::run, this->note(1));
  this->engine.at(SimTime{5}, &TestFixture::Note::run, this->note(2));
  this->engine.run();
  EXPECT_EQ(this->order, (std::vector<int>{0, 1, 2, 3}));
}

TYPED_TEST(EventOrder, a_rescheduled_event_goes_behind_its_new_equals) {
  const EventHandle h = this->engine.at(SimTime{1}, &TestFixture::Note::run, this->note(9));
  this->engine.at(SimTime{5}, &TestFixture::Note::run, this->note(1));
  EXPECT_TRUE(this->engine.reschedule(h, SimTime{5}));
  this->engine.at(SimTime{5}, &TestFixture::Note::run, this->note(10));
  this->engine.run();
  EXPECT_EQ(this->order, (std::vector<int>{1, 9, 10}));
}

TYPED_TEST(EventOrder, rescheduling_to_the_same_time_gives_up_the_place) {
  const EventHandle h = this->engine.at(SimTime{5}, &TestFixture::Note::run, this->note(1));
  this->engine.at(SimTime{5}, &TestFixture::Note::run, this->note(2));
  EXPECT_TRUE(this->engine.reschedule(h, SimTime{5}));
  this->engine.run();
  EXPECT_EQ(this->order, (std::vector<int>{2, 1}));
}

}  // namespace
}  // namespace mhp::engine::event_order_test
