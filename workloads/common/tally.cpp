#include "workloads/common/tally.hpp"

#include <array>
#include <optional>

namespace mhp::workloads {

namespace {

using Amount = std::optional<std::int64_t>;

struct TallyFigure : FigureRecord {
  Amount (*value)(const Tally&) = nullptr;
};

constexpr const char* kNoOperation = "it finished no operation";

template <int permille>
Amount latency(const Tally& t) {
  return t.operations() > 0 ? Amount(t.latency().quantile(permille)) : std::nullopt;
}

constexpr std::array kFigures{
    TallyFigure{{"operations", Unit::one, Better::none, "operations that the workload finished"},
                [](const Tally& t) -> Amount { return t.operations(); }},
    TallyFigure{{"failures", Unit::one, Better::lower, "times that pages could not be had"},
                [](const Tally& t) -> Amount { return t.failures(); }},
    TallyFigure{
        {"latency_mean", Unit::ns, Better::lower,
         "mean duration of an operation, without the pause before it, rounded down", kNoOperation},
        [](const Tally& t) {
          return t.operations() > 0 ? Amount(t.latency().mean()) : std::nullopt;
        }},
    TallyFigure{
        ranked({"latency_p50", Unit::ns, Better::lower,
                "the value at position `floor((n - 1) * q)`, from 0, of the sorted durations, for "
                "q = 0.5; too large by at most 1/1024 of itself",
                kNoOperation}),
        latency<500>},
    TallyFigure{
        ranked({"latency_p99", Unit::ns, Better::lower, "the same for q = 0.99", kNoOperation}),
        latency<990>},
    TallyFigure{
        ranked({"latency_p999", Unit::ns, Better::lower, "the same for q = 0.999", kNoOperation}),
        latency<999>},
    TallyFigure{ranked({"latency_max", Unit::ns, Better::lower, "the longest duration, exact",
                        kNoOperation}),
                [](const Tally& t) {
                  return t.operations() > 0 ? Amount(t.latency().max()) : std::nullopt;
                }},
    TallyFigure{{"stalls", Unit::one, Better::lower,
                 "allocations that waited in the allocator's slow path"},
                [](const Tally& t) -> Amount { return t.stalls(); }},
    TallyFigure{{"stall_time", Unit::ns, Better::lower,
                 "sum of those waits; it is inside the latencies too"},
                [](const Tally& t) -> Amount { return t.stall_time().value; }},
    TallyFigure{{"killed", Unit::one, Better::lower, "processes that the OOM killer ended"},
                [](const Tally& t) -> Amount { return t.killed(); }}};

}  // namespace

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
  std::vector<Figure> out;
  for (const TallyFigure& f : kFigures)
    if (const auto value = f.value(*this)) out.push_back({f, *value});
  return out;
}

std::vector<FigureRecord> Tally::records() { return {kFigures.begin(), kFigures.end()}; }

}  // namespace mhp::workloads
