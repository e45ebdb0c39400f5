#include "sim/engine/flow_network.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/core/invariant.hpp"

namespace mhp::engine {

namespace {
/// What a flow may lack when its time has come, in nanoseconds: half of the clock's tick covers
/// the rounding of a completion time.
constexpr double kTick = 0.5;
/// Rounding errors of a completion time do not cost a tick.
constexpr double kRounding = 1e-3;
}  // namespace

std::uint32_t FlowNetwork::add_route(std::vector<std::uint32_t> resources) {
  routes_.push_back(std::move(resources));
  return static_cast<std::uint32_t>(routes_.size() - 1);
}

void FlowNetwork::start(std::uint32_t route, double amount, SimTime least, Callback done,
                        void* context) {
  MHP_INVARIANT(amount > 0 && least >= SimTime{}, "a flow of {} units in {} ns", amount,
                least.value);
  MHP_INVARIANT(least > SimTime{} || !routes_[route].empty(), "a flow of no time and no resource");
  advance();
  Class& c = class_of(route, static_cast<double>(least.value) / amount);
  if (c.flow.flows++ == 0) active_.push_back(&c);
  c.ends.push({c.moved + amount, started_++, done, context});
  ++flows_;
  change();
}

double FlowNetwork::moved(std::uint32_t resource) const {
  const double since = static_cast<double>((engine_.now() - advanced_).value);
  const double before = resource < moved_.size() ? moved_[resource] : 0;
  return before + since * utilisation(resource) * rates_.resource(resource).capacity;
}

double FlowNetwork::utilisation(std::uint32_t resource) const {
  return flows_ == 0 ? 0 : rates_.utilisation(resource);
}

// Active classes are few; one that has emptied is used again.
FlowNetwork::Class& FlowNetwork::class_of(std::uint32_t route, double pace) {
  for (Class* c : active_)
    if (c->route == route && c->flow.pace == pace) return *c;
  if (spare_.empty()) spare_.push_back(&classes_.emplace_back());
  Class& c = *spare_.back();
  spare_.pop_back();
  c.route = route;
  c.flow.route = routes_[route];
  c.flow.pace = pace;
  c.moved = 0;
  return c;
}

// Lets the time since the last change count.
void FlowNetwork::advance() {
  const double dt = static_cast<double>((engine_.now() - advanced_).value);
  advanced_ = engine_.now();
  if (dt <= 0) return;
  for (Class* c : active_) {
    c->moved += dt * c->flow.rate;
    const double all = dt * c->flow.rate * static_cast<double>(c->flow.flows);
    for (const std::uint32_t r : c->flow.route) {
      if (moved_.size() <= r) moved_.resize(r + 1, 0);
      moved_[r] += all;
    }
  }
}

// New rates, and the time at which the next flow ends with them.
void FlowNetwork::change() {
  solving_.clear();
  for (Class* c : active_) solving_.push_back(&c->flow);
  rates_.solve(solving_);
  double soonest = std::numeric_limits<double>::infinity();
  for (const Class* c : active_)
    soonest = std::min(soonest, (c->ends.top().until - c->moved) / c->flow.rate);
  if (active_.empty()) {
    engine_.cancel(next_);
    return;
  }
  const double wait = std::max(0.0, std::ceil(soonest - kRounding));
  const SimTime when = engine_.now() + SimTime{static_cast<std::int64_t>(wait)};
  if (!engine_.reschedule(next_, when))
    next_ = engine_.at(
        when, [](void* self) { static_cast<FlowNetwork*>(self)->finish(); }, this);
}

void FlowNetwork::finish() {
  advance();
  std::vector<Flow> ended;
  for (Class* c : active_) {
    while (!c->ends.empty() && c->ends.top().until - c->moved <= kTick * c->flow.rate) {
      ended.push_back(c->ends.top());
      c->ends.pop();
      --c->flow.flows;
      --flows_;
    }
  }
  for (Class* c : active_)
    if (c->flow.flows == 0) spare_.push_back(c);
  std::erase_if(active_, [](const Class* c) { return c->flow.flows == 0; });
  change();
  std::sort(ended.begin(), ended.end(),
            [](const Flow& a, const Flow& b) { return a.order < b.order; });
  for (const Flow& f : ended) f.done(f.context);
}

}  // namespace mhp::engine
