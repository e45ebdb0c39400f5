#include "sim/engine/fifo_server.hpp"

#include <algorithm>

#include "sim/core/invariant.hpp"

namespace mhp::engine {

SimTime FifoServer::submit(SimTime service) {
  MHP_INVARIANT(service >= SimTime{}, "a job of {} ns was submitted", service.value);
  depart_until(engine_.now());
  const SimTime start = std::max(engine_.now(), free_at_);
  const SimTime wait = start - engine_.now();
  ++jobs_;
  total_wait_ += wait;
  longest_wait_ = std::max(longest_wait_, wait);
  booked_ += service;
  free_at_ = start + service;
  completions_.push(free_at_);
  return free_at_;
}

FifoServer::Statistics FifoServer::statistics() const {
  depart_until(engine_.now());
  return {jobs_, busy(), total_wait_, longest_wait_, completions_.size(), area_};
}

std::int64_t FifoServer::utilisation_ppm() const {
  const SimTime elapsed = engine_.now() - opened_;
  if (elapsed == SimTime{}) return 0;
  __extension__ using Wide = __int128;
  return static_cast<std::int64_t>(Wide{busy().value} * 1'000'000 / elapsed.value);
}

SimTime FifoServer::busy() const {
  // What is booked beyond now() is one unbroken stretch from now() to free_at_.
  return booked_ - std::max(SimTime{}, free_at_ - engine_.now());
}

void FifoServer::depart_until(SimTime t) const {
  while (!completions_.empty() && completions_.front() <= t) {
    const SimTime left = completions_.front();
    area_ += completions_.size() * (left - integrated_until_).value;
    integrated_until_ = left;
    completions_.pop();
  }
  area_ += completions_.size() * (t - integrated_until_).value;
  integrated_until_ = t;
}

}  // namespace mhp::engine
