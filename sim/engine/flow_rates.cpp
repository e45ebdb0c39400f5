#include "sim/engine/flow_rates.hpp"

#include <algorithm>
#include <cmath>

namespace mhp::engine {

namespace {
/// Relative precision of waits and rates at one resource.
constexpr double kPrecision = 1e-10;
constexpr std::size_t kMostSweeps = 200;
constexpr int kMostGuesses = 100;
}  // namespace

std::uint32_t FlowRates::add_resource(FlowResource resource) {
  states_.push_back({.resource = resource, .users = {}});
  return static_cast<std::uint32_t>(states_.size() - 1);
}

void FlowRates::touch(FlowClass& c) {
  if (c.touched) return;
  c.touched = true;
  touched_.push_back(&c);
}

void FlowRates::set_flows(FlowClass& c, std::int64_t flows) {
  if (flows == c.flows) return;
  const bool comes = c.flows == 0;
  c.flows = flows;
  touch(c);
  if (comes) c.waits.assign(c.route.size(), 0);
  for (std::size_t i = 0; i < c.route.size(); ++i) {
    State& s = states_[c.route[i]];
    if (comes) {
      if (s.resource.queues && !s.users.empty()) c.waits[i] = s.outsider;
      s.users.push_back({&c, i});
    }
    if (flows == 0) std::erase_if(s.users, [&](const User& u) { return u.flow == &c; });
    s.stale = 0;
    if (!s.resource.queues || s.users.empty()) continue;
    s.stale = kUnlimited;
    unsettled_.push_back(c.route[i]);
  }
  work_ += kWork;
}

// The first of those that are furthest off; null if none is off by more than is let stand.
FlowRates::State* FlowRates::stalest() {
  State* found = nullptr;
  double most = kStale;
  for (std::size_t i = 0; i < stale_.size();) {
    State& s = states_[stale_[i]];
    const double off = std::abs(s.stale);
    if (off <= kStale) {
      s.listed = false;
      stale_[i] = stale_.back();
      stale_.pop_back();
      continue;
    }
    if (off > most || (off == most && &s < found)) {
      most = off;
      found = &s;
    }
    ++i;
  }
  return found;
}

void FlowRates::settle_at(State& state) {
  state.stale = 0;
  work_ -= static_cast<std::int64_t>(state.users.size());
  settle(state);
}

// Nothing is further off, and none of them more than another. One that all have left is settled.
void FlowRates::settle_unsettled() {
  std::sort(unsettled_.begin(), unsettled_.end());
  for (const std::uint32_t r : unsettled_)
    if (states_[r].stale == kUnlimited) settle_at(states_[r]);
  unsettled_.clear();
}

// The waits at one resource depend on those at the others: one after the other is settled until
// nothing moves (Southwell's relaxation: the largest residual first).
const std::vector<FlowClass*>& FlowRates::solve() {
  settle_unsettled();
  for (std::size_t left = kMostSweeps * states_.size(); left > 0; --left) {
    State* s = stalest();
    if (s == nullptr || std::abs(s->stale) <= (work_ > 0 ? kStale : kFelt)) break;
    settle_at(*s);
  }
  work_ = 0;
  find_wanted();
  share();
  count_loads();
  changed_.clear();
  changed_.swap(touched_);
  return changed_;
}

// What an outsider would wait determines every wait, and those make up what an outsider would wait:
// 0 if they agree. A unit waits less than an outsider by what its own flow contributes, service *
// rate * (service + wait + residual), with rate = 1 / (elsewhere + wait); and at most for one unit
// of every other flow.
double FlowRates::Queue::excess(double outsider) {
  const double most = service * others;
  const double own = service * (service + residual);
  for (std::size_t i = 0; i < elsewhere.size(); ++i) {
    const double b = elsewhere[i] + service - outsider;
    const double c = own - outsider * elsewhere[i];
    const double wait = (std::sqrt(std::max(0.0, b * b - 4 * c)) - b) / 2;
    waits[i] = std::min(std::max(0.0, wait), most);
    parts[i] = flows[i] * (service + waits[i] + residual) / (elsewhere[i] + waits[i]);
  }
  double sum = 0;
  for (const double part : parts) sum += part;
  return sum * service - outsider;
}

// By secants from the last solution, within a bracket that is halved where a secant leaves it, and
// every fourth time.
void FlowRates::find_outsider(State& state) {
  double low = 0;
  double high =
      (queue_.others + 1) * (queue_.service + std::max(0.0, queue_.residual)) * (1 + kPrecision);
  double at = state.outsider > 0 && state.outsider < high ? state.outsider : high / 2;
  double value = queue_.excess(at);
  for (int guess = 0; guess < kMostGuesses; ++guess) {
    if (std::abs(value) < kPrecision * at || high - low < kPrecision * high) break;
    (value > 0 ? low : high) = at;
    double next = at - value / state.slope;
    if (!(next > low && next < high) || guess % 4 == 3) next = (low + high) / 2;
    const double there = queue_.excess(next);
    const double steepness = (there - value) / (next - at);
    if (steepness < 0) state.slope = steepness;
    at = next;
    value = there;
  }
  state.outsider = at;
}

void FlowRates::settle(State& state) {
  queue_.service = state.resource.service();
  queue_.residual = queue_.service * (state.resource.variability - 1) / 2;
  queue_.elsewhere.clear();
  queue_.flows.clear();
  double flows = 0;
  for (const User& u : state.users) {
    double elsewhere = u.flow->pace;
    for (std::size_t i = 0; i < u.flow->waits.size(); ++i)
      if (i != u.position) elsewhere += u.flow->waits[i];
    // Even alone a unit takes its service.
    queue_.elsewhere.push_back(std::max(elsewhere, queue_.service));
    queue_.flows.push_back(static_cast<double>(u.flow->flows));
    flows += queue_.flows.back();
  }
  queue_.others = flows - 1;
  queue_.waits.resize(state.users.size());
  queue_.parts.resize(state.users.size());
  find_outsider(state);
  for (std::size_t i = 0; i < state.users.size(); ++i) {
    const User& u = state.users[i];
    FlowClass& c = *u.flow;
    const double wait = queue_.waits[i];
    if (wait == c.waits[u.position]) continue;
    const double before = c.unit();
    c.waits[u.position] = wait;
    const double after = c.unit();
    touch(c);
    // What it uses of the others it now uses in a longer or shorter time.
    for (std::size_t j = 0; j < c.route.size(); ++j) {
      State& at = states_[c.route[j]];
      const FlowResource& other = at.resource;
      if (j == u.position || !other.queues) continue;
      const double least = other.service() + c.waits[j];
      const double then = std::max(before, least);
      const double now = std::max(after, least);
      at.stale += queue_.flows[i] * other.service() * (then - now) / (then * now);
      if (at.listed || std::abs(at.stale) <= kStale) continue;
      at.listed = true;
      stale_.push_back(c.route[j]);
    }
  }
}

void FlowRates::find_wanted() {
  for (FlowClass* c : touched_) {
    const double unit = c->unit();
    c->wanted = c->flows == 0 ? 0 : unit > 0 ? 1 / unit : kUnlimited;
    const double load = c->flows == 0 ? 0 : static_cast<double>(c->flows) * c->wanted;
    for (const std::uint32_t r : c->route) {
      State& s = states_[r];
      // What is unlimited cannot be subtracted: share() adds up anew.
      const bool limited = load < kUnlimited && c->wanted_load < kUnlimited;
      s.wanted_load = limited ? s.wanted_load + (load - c->wanted_load) : kUnlimited;
    }
    c->wanted_load = load;
  }
}

bool FlowRates::overloaded(const State& s) const {
  return s.wanted_load > s.resource.capacity * (1 + kPrecision);
}

// Who crosses no resource that is wanted beyond its capacity has what it wants. The others, as far
// as they are tied to what has changed, share anew.
void FlowRates::share() {
  reached_.clear();
  const auto reach = [&](FlowClass& c) {
    for (const std::uint32_t r : c.route) {
      State& s = states_[r];
      if (s.wanted_load == kUnlimited) {
        s.wanted_load = 0;
        for (const User& u : s.users) s.wanted_load += u.flow->wanted_load;
      }
      if (s.visited || (!s.filled && !overloaded(s))) continue;
      s.visited = true;
      reached_.push_back(&s);
    }
  };
  for (std::size_t i = 0; i < touched_.size(); ++i) reach(*touched_[i]);
  for (std::size_t i = 0; i < reached_.size(); ++i) {
    for (const User& u : reached_[i]->users) {
      touch(*u.flow);
      reach(*u.flow);
    }
  }
  full_.clear();
  for (State* s : reached_) {
    s->visited = false;
    s->filled = overloaded(*s);
    if (s->filled) full_.push_back(s);
  }
  for (FlowClass* c : touched_) c->rate = c->wanted;
  if (!full_.empty()) fill();
}

// Progressive filling, with what the classes want as upper bounds: the resource that leaves its
// flows the least share decides about them first.
void FlowRates::fill() {
  waiting_.clear();
  for (FlowClass* c : touched_) {
    const bool tied = c->flows > 0 && std::any_of(c->route.begin(), c->route.end(),
                                                  [&](auto r) { return states_[r].filled; });
    if (tied) waiting_.push_back(c);
  }
  for (State* s : full_) {
    s->left = s->resource.capacity;
    s->open = 0;
    for (const User& u : s->users) s->open += u.flow->flows;
  }
  while (!waiting_.empty()) {
    double least = kUnlimited;
    for (const State* s : full_) least = std::min(least, s->fair());
    for (const FlowClass* c : waiting_) least = std::min(least, c->wanted);
    const double limit = least * (1 + kPrecision);
    later_.clear();
    decided_.clear();
    for (FlowClass* c : waiting_) {
      const bool bound =
          c->wanted <= limit || std::any_of(c->route.begin(), c->route.end(), [&](auto r) {
            return states_[r].filled && states_[r].fair() <= limit;
          });
      (bound ? decided_ : later_).push_back(c);
    }
    for (FlowClass* c : decided_) {
      c->rate = std::min(c->wanted, least);
      for (const std::uint32_t r : c->route) {
        State& s = states_[r];
        if (!s.filled) continue;
        s.left -= static_cast<double>(c->flows) * c->rate;
        s.open -= c->flows;
      }
    }
    waiting_.swap(later_);
  }
}

void FlowRates::count_loads() {
  for (FlowClass* c : touched_) {
    const double load = c->flows == 0 ? 0 : static_cast<double>(c->flows) * c->rate;
    for (const std::uint32_t r : c->route) {
      State& s = states_[r];
      s.load += load - c->load;
      if (s.users.empty()) s.load = s.wanted_load = 0;  // no rounding errors stay
    }
    c->load = load;
    c->touched = false;
  }
}

}  // namespace mhp::engine
