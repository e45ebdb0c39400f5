#include "sim/engine/flow_rates.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mhp::engine {

namespace {
constexpr double kUnlimited = std::numeric_limits<double>::infinity();
/// Relative precision of waits and rates.
constexpr double kPrecision = 1e-10;
constexpr int kMostSweeps = 60;
constexpr int kMostGuesses = 100;

/// How long a unit of a class waits if an outsider would wait `outsider`: less by what the flow
/// itself contributes, service * rate * (service + wait + residual), with rate = 1 / (elsewhere +
/// wait). At most every other flow is ahead once.
double wait_of(double elsewhere, double outsider, double service, double residual, double others) {
  const double b = elsewhere + service - outsider;
  const double c = service * (service + residual) - outsider * elsewhere;
  const double wait = (std::sqrt(std::max(0.0, b * b - 4 * c)) - b) / 2;
  return std::clamp(wait, 0.0, service * others);
}
}  // namespace

std::uint32_t FlowRates::add_resource(FlowResource resource) {
  resources_.push_back(resource);
  load_.push_back(0);
  users_.emplace_back();
  return static_cast<std::uint32_t>(resources_.size() - 1);
}

void FlowRates::solve(const std::vector<FlowClass*>& classes) {
  for (FlowClass* c : classes) c->waits.assign(c->route.size(), 0);
  const bool alone = classes.size() == 1 && classes.front()->flows == 1;
  if (!alone) pass_queues(classes);
  for (FlowClass* c : classes) {
    double unit = c->pace;
    for (const double wait : c->waits) unit += wait;
    c->rate = unit > 0 ? 1 / unit : kUnlimited;
  }
  add_loads(classes);
  for (std::size_t r = 0; r < resources_.size(); ++r)
    if (load_[r] > resources_[r].capacity) return fill(classes);
}

// The waits at one resource depend on those at the others: one after the other is settled until
// nothing moves.
void FlowRates::pass_queues(const std::vector<FlowClass*>& classes) {
  for (auto& users : users_) users.clear();
  for (FlowClass* c : classes)
    for (std::size_t i = 0; i < c->route.size(); ++i)
      if (resources_[c->route[i]].queues) users_[c->route[i]].push_back({c, i, 0});
  std::size_t queues = 0;
  for (auto& users : users_) {
    if (users.size() == 1 && users[0].flow->flows == 1) users.clear();
    if (!users.empty()) ++queues;
  }
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    double moved = 0;
    for (std::size_t r = 0; r < users_.size(); ++r)
      if (!users_[r].empty()) moved = std::max(moved, settle(users_[r], resources_[r]));
    if (queues < 2 || moved < kPrecision) return;
  }
}

// What an outsider would wait determines every wait, and those make up what an outsider would wait:
// the root is bracketed, and false position (Illinois) closes in on it. Returns the largest
// relative change of a wait.
double FlowRates::settle(std::vector<User>& users, const FlowResource& resource) {
  const double service = resource.service();
  const double residual = service * (resource.variability - 1) / 2;
  double flows = 0;
  for (User& u : users) {
    u.elsewhere = u.flow->pace;
    for (std::size_t i = 0; i < u.flow->waits.size(); ++i)
      if (i != u.position) u.elsewhere += u.flow->waits[i];
    // Even alone a unit takes its service.
    u.elsewhere = std::max(u.elsewhere, service);
    flows += static_cast<double>(u.flow->flows);
  }
  const auto excess = [&](double outsider) {
    double sum = 0;
    for (const User& u : users) {
      const double wait = wait_of(u.elsewhere, outsider, service, residual, flows - 1);
      sum += static_cast<double>(u.flow->flows) * service * (service + wait + residual) /
             (u.elsewhere + wait);
    }
    return sum - outsider;
  };
  double low = 0;
  double high = flows * (service + std::max(0.0, residual)) * (1 + kPrecision);
  double above = excess(low);
  double below = excess(high);
  double outsider = high;
  int side = 0;
  for (int guess = 0; guess < kMostGuesses && high - low > kPrecision * high; ++guess) {
    outsider = (low * below - high * above) / (below - above);
    if (!(outsider > low && outsider < high)) outsider = (low + high) / 2;
    const double now = excess(outsider);
    if (std::abs(now) < kPrecision * outsider) break;
    if (now > 0) {
      low = outsider;
      above = now;
      if (side == 1) below /= 2;
      side = 1;
    } else {
      high = outsider;
      below = now;
      if (side == -1) above /= 2;
      side = -1;
    }
  }
  double moved = 0;
  for (const User& u : users) {
    const double wait = wait_of(u.elsewhere, outsider, service, residual, flows - 1);
    double& known = u.flow->waits[u.position];
    moved = std::max(moved, std::abs(wait - known) / (u.elsewhere + wait));
    known = wait;
  }
  return moved;
}

void FlowRates::add_loads(const std::vector<FlowClass*>& classes) {
  std::fill(load_.begin(), load_.end(), 0);
  for (const FlowClass* c : classes)
    for (const std::uint32_t r : c->route) load_[r] += static_cast<double>(c->flows) * c->rate;
}

// Progressive filling, with the rates found so far as upper bounds: the resource that leaves its
// flows the least share decides about them first.
void FlowRates::fill(const std::vector<FlowClass*>& classes) {
  std::vector<double> left;
  std::vector<std::int64_t> open(resources_.size(), 0);
  for (const FlowResource& r : resources_) left.push_back(r.capacity);
  std::vector<FlowClass*> waiting = classes;
  for (const FlowClass* c : waiting)
    for (const std::uint32_t r : c->route) open[r] += c->flows;
  const auto share = [&](std::uint32_t r) {
    return std::max(0.0, left[r]) / static_cast<double>(open[r]);
  };
  while (!waiting.empty()) {
    double least = kUnlimited;
    for (std::uint32_t r = 0; r < left.size(); ++r)
      if (open[r] > 0) least = std::min(least, share(r));
    for (const FlowClass* c : waiting) least = std::min(least, c->rate);
    const double limit = least * (1 + kPrecision);
    std::vector<FlowClass*> later;
    std::vector<FlowClass*> decided;
    for (FlowClass* c : waiting) {
      const bool bound =
          c->rate <= limit || std::any_of(c->route.begin(), c->route.end(),
                                          [&](std::uint32_t r) { return share(r) <= limit; });
      (bound ? decided : later).push_back(c);
    }
    for (FlowClass* c : decided) {
      c->rate = std::min(c->rate, least);
      for (const std::uint32_t r : c->route) {
        left[r] -= static_cast<double>(c->flows) * c->rate;
        open[r] -= c->flows;
      }
    }
    waiting = std::move(later);
  }
  add_loads(classes);
}

}  // namespace mhp::engine
