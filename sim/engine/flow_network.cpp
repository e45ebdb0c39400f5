#include "sim/engine/flow_network.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "sim/core/invariant.hpp"

namespace mhp::engine {

namespace {
/// What a flow may lack when its time has come, in nanoseconds, as it ends at the nearest; and a
/// little more, for rounding errors.
constexpr double kTick = 0.5 + 1e-3;
}  // namespace

std::uint32_t FlowNetwork::add_route(std::vector<std::uint32_t> resources) {
  routes_.push_back({std::move(resources), {}});
  return static_cast<std::uint32_t>(routes_.size() - 1);
}

void FlowNetwork::start(std::uint32_t route, double amount, SimTime least, Callback done,
                        void* context) {
  MHP_INVARIANT(amount > 0 && least >= SimTime{}, "a flow of {} units in {} ns", amount,
                least.value);
  MHP_INVARIANT(least > SimTime{} || !routes_[route].resources.empty(),
                "a flow of no time and no resource");
  Class& c = class_of(route, static_cast<double>(least.value) / amount);
  advance(c);
  rates_.set_flows(c, c.flows + 1);
  c.ends.push({c.moved + amount, started_++, done, context});
  c.first = c.ends.top().until;
  ++flows_;
  if (!finishing_) change();
}

double FlowNetwork::moved(std::uint32_t resource, SimTime at) const {
  const Moved& m = moved_[resource];
  return m.units + m.load * static_cast<double>((at - m.since).value);
}

double FlowNetwork::utilisation(std::uint32_t resource) const {
  return flows_ == 0 ? 0 : rates_.utilisation(resource);
}

// The first class of a route that is not faster.
std::vector<FlowNetwork::Class*>::iterator FlowNetwork::at_pace(Route& route, double pace) {
  return std::lower_bound(route.classes.begin(), route.classes.end(), pace,
                          [](const Class* c, double p) { return c->pace < p; });
}

// A class that has emptied is used again.
FlowNetwork::Class& FlowNetwork::class_of(std::uint32_t route, double pace) {
  Route& way = routes_[route];
  const auto place = at_pace(way, pace);
  if (place != way.classes.end() && (*place)->pace == pace) return **place;
  if (spare_.empty()) add_class();
  Class& c = *spare_.back();
  spare_.pop_back();
  c.way = route;
  c.route.assign(way.resources.begin(), way.resources.end());
  c.pace = pace;
  c.moved = c.speed = 0;
  c.since = engine_.now();
  way.classes.insert(place, &c);
  ends_.insert(c.slot, engine_.now());
  return c;
}

void FlowNetwork::add_class() {
  Class& c = classes_.emplace_back();
  c.slot = static_cast<std::uint32_t>(classes_.size() - 1);
  if (c.slot == slots_) ends_.reserve(slots_ = std::max(4U, 2 * slots_));
  spare_.push_back(&c);
}

void FlowNetwork::retire(Class& c) {
  ends_.erase(c.slot);
  Route& way = routes_[c.way];
  way.classes.erase(at_pace(way, c.pace));
  spare_.push_back(&c);
}

// Lets the time since its last change count.
void FlowNetwork::advance(Class& c) {
  c.moved += c.speed * static_cast<double>((engine_.now() - c.since).value);
  c.since = engine_.now();
}

// The same of a resource, whose load is another from now on.
void FlowNetwork::count(std::uint32_t resource) {
  Moved& m = moved_[resource];
  if (m.since != engine_.now()) {
    m.units = moved(resource);
    m.since = engine_.now();
  }
  m.load = rates_.load(resource);
  if (std::exchange(m.told, false)) changed_.push_back(resource);
}

// New rates, for those whose rate changes.
void FlowNetwork::change() {
  for (FlowClass* flow : rates_.solve()) {
    Class& c = static_cast<Class&>(*flow);
    for (const std::uint32_t r : c.route) count(r);
    if (c.flows == 0) {
      retire(c);
      continue;
    }
    advance(c);
    c.speed = c.rate;
    const double wait = std::max(0.0, (c.first - c.moved) / c.speed);
    ends_.move(c.slot, engine_.now() + SimTime{std::llround(wait)});
  }
  schedule();
}

void FlowNetwork::schedule() {
  if (flows_ == 0) {
    engine_.cancel(next_);
    return;
  }
  const SimTime when{static_cast<std::int64_t>(ends_.next_time())};
  if (!engine_.reschedule(next_, when))
    next_ = engine_.at(
        when, [](void* self) { static_cast<FlowNetwork*>(self)->finish(); }, this);
}

// What ends together ends in the order of its start. Flows that this starts begin with one change
// of rates.
void FlowNetwork::finish() {
  ended_.clear();
  while (ends_.next_time() <= static_cast<std::uint64_t>(engine_.now().value)) {
    Class& c = classes_[ends_.pop()];
    advance(c);
    ends_.insert(c.slot, engine_.now() + SimTime{1});  // if rounding errors hold up all of them
    std::int64_t left = c.flows;
    for (; !c.ends.empty() && c.ends.top().until - c.moved <= kTick * c.speed; c.ends.pop(), --left)
      ended_.push_back(c.ends.top());
    if (left > 0) c.first = c.ends.top().until;
    flows_ -= c.flows - left;
    rates_.set_flows(c, left);
  }
  std::sort(ended_.begin(), ended_.end(),
            [](const Flow& a, const Flow& b) { return a.order < b.order; });
  finishing_ = true;
  for (const Flow& f : ended_) f.done(f.context);
  finishing_ = false;
  change();
}

}  // namespace mhp::engine
