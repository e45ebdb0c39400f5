#include "sim/run/timeline/lock_spans.hpp"

#include <fmt/format.h>

#include <string>

#include "sim/kernel/mm/zone_type.hpp"
#include "sim/run/timeline/thread_spans.hpp"

namespace mhp::run {

namespace {

std::string name_of(kernel::Lock lock, std::int32_t where) {
  if (lock != kernel::Lock::zone_lock) return std::string(lock_name(lock));
  return fmt::format("zone_lock of node {} {}", where / kernel::kZoneTypes,
                     kernel::zone_name(static_cast<kernel::ZoneType>(where % kernel::kZoneTypes)));
}

}  // namespace

LockSpans::LockSpans(TimelineRecorder& recorder) : recorder_(recorder) {}

// Of locks that are one in the machine some are asked for with a place.
LockSpans::State& LockSpans::of(kernel::Lock lock, std::int32_t where) {
  const bool many = lock == kernel::Lock::zone_lock;
  const std::size_t at =
      many ? kernel::kLocks + static_cast<std::size_t>(where) : static_cast<std::size_t>(lock);
  if (at >= states_.size()) states_.resize(at + 1);
  if (states_[at]) return *states_[at];
  const std::string name = name_of(lock, where);
  const NodeId node = many ? NodeId{where / kernel::kZoneTypes} : NodeId{};
  const auto track = [&](const std::string& what) {
    return Track{.kind = TrackKind::lock, .name = what, .node = node};
  };
  states_[at] = std::make_unique<State>(State{Lanes(recorder_, track(name)),
                                              Lanes(recorder_, track(name + ": waiting")),
                                              recorder_.name("held"),
                                              recorder_.name("waiting"),
                                              {},
                                              {}});
  State& state = *states_[at];
  state.holds.main_track();  // who holds stands above who waits
  state.waits.main_track();
  return state;
}

void LockSpans::waited(State& state, const Waiter& waiter, SimTime now) {
  state.waits.add({.name = state.waited,
                   .kind = SpanKind::wait,
                   .begin = waiter.since,
                   .end = now,
                   .units = 1,
                   .by = waiter.by});
}

void LockSpans::held(State& state, SimTime now) {
  if (state.holder)
    state.holds.add({.name = state.held,
                     .kind = SpanKind::hold,
                     .begin = state.holder->since,
                     .end = now,
                     .units = 1,
                     .by = state.holder->by});
  state.holder.reset();
}

void LockSpans::asked(kernel::Lock lock, std::int32_t where, std::int64_t by, bool granted,
                      SimTime now) {
  State& state = of(lock, where);
  if (granted)
    state.holder = Waiter{by, now};
  else
    state.queue.push_back({by, now});
}

void LockSpans::released(kernel::Lock lock, std::int32_t where, SimTime now) {
  State& state = of(lock, where);
  held(state, now);
  if (state.queue.empty()) return;
  const Waiter next = state.queue.front();
  state.queue.pop_front();
  waited(state, next, now);
  state.holder = Waiter{next.by, now};
}

void LockSpans::released_held_since(kernel::Lock lock, std::int32_t where, SimTime since,
                                    SimTime now) {
  State& state = of(lock, where);
  if (!state.holder && !state.queue.empty()) {
    waited(state, state.queue.front(), since);
    state.holder = Waiter{state.queue.front().by, since};
    state.queue.pop_front();
  }
  held(state, now);
}

void LockSpans::polled(kernel::Lock lock, std::int64_t by, SimTime since, SimTime now) {
  State& state = of(lock, -1);
  waited(state, {by, since}, now);
  state.holder = Waiter{by, now};
}

void LockSpans::conclude(SimTime now) {
  for (const auto& state : states_) {
    if (!state) continue;
    for (const Waiter& w : state->queue) waited(*state, w, now);
    held(*state, now);
    state->holds.flush();
    state->waits.flush();
  }
}

}  // namespace mhp::run
