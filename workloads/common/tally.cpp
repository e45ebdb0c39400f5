#include "workloads/common/tally.hpp"

namespace mhp::workloads {

SimTime Tally::begin(SimTime now) {
  advance(now);
  ++open_;
  return now;
}

void Tally::end(SimTime now, SimTime began, bool done) {
  advance(now);
  --open_;
  if (done) latency_.record((now - began).value);
}

void Tally::stall(SimTime waited) {
  if (waited == SimTime{}) return;
  ++stalls_;
  stall_time_ += waited;
}

void Tally::advance(SimTime now) {
  area_ += (now - last_) * open_;
  last_ = now;
}

std::vector<Figure> Tally::figures() const {
  std::vector<Figure> out{{"operations", "1", "none", operations()},
                          {"failures", "1", "lower", failures_}};
  if (operations() > 0) {
    out.push_back({"latency_mean", "ns", "lower", latency_.mean()});
    out.push_back({"latency_p50", "ns", "lower", latency_.quantile(500)});
    out.push_back({"latency_p99", "ns", "lower", latency_.quantile(990)});
    out.push_back({"latency_p999", "ns", "lower", latency_.quantile(999)});
    out.push_back({"latency_max", "ns", "lower", latency_.max()});
  }
  out.push_back({"stalls", "1", "lower", stalls_});
  out.push_back({"stall_time", "ns", "lower", stall_time_.value});
  out.push_back({"killed", "1", "lower", killed_});
  return out;
}

}  // namespace mhp::workloads
