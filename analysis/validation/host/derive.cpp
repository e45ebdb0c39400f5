#include "analysis/validation/host/derive.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/validation/host/shared_bandwidth.hpp"
#include "sim/core/units.hpp"
#include "sim/machine/machine.hpp"

namespace mhp::host {

namespace {

using kernel::Primitive;

constexpr double kLeastInFlight = 1;
constexpr double kMostInFlight = 1000;
/// Nanoseconds below which a difference of times is an error of measurement.
constexpr double kLeastStall = 1e-3;
/// Readers that slow each other down less than this say only that there is bandwidth to spare.
constexpr double kResolution = 0.01;
/// Bandwidth where one core cannot tell, in what it reads: a core that also writes back what it
/// fetched moves twice that, and no machine is made to serve one core.
constexpr int kMoreThanOne = 4;
/// In MHz: what is outside is no processor that does an addition a cycle.
constexpr double kLeastClock = 100;
constexpr double kMostClock = 10'000;
/// Slowdown from which queues can be told from errors of measurement.
constexpr double kQueueing = 0.1;

Interval at_least(Interval a, double least) {
  return {std::max(a.value, least), std::max(a.low, least), std::max(a.high, least)};
}

Interval clamped(Interval a, double least, double most) {
  const auto in = [&](double v) { return std::clamp(v, least, most); };
  return {in(a.value), in(a.low), in(a.high)};
}

/// Derives the constants of cores and primitives from one node's times.
class FromWork {
 public:
  FromWork(const WorkTimes& times, Interval latency, double cached, const cost::CostProfile& base,
           Constants& out)
      : t_(times), latency_(latency), cached_(cached), base_(base), out_(out) {}

  void go() {
    clock();
    stream();
    stride();
    start();
    add(Primitive::struct_page_free, interval_of(t_.free_hot), "measured",
        "light pass over 64 KiB of cached struct pages");
    add(Primitive::struct_page_init, exposed(t_.init_cold, t_.init_hot), "derived",
        exposed_source("initialised", t_.init_cold, t_.init_hot));
    add(Primitive::struct_page_clear, exposed(t_.clear_cold, t_.clear_hot), "derived",
        exposed_source("cleared", t_.clear_cold, t_.clear_hot));
    add(Primitive::contiguity_check, interval_of(t_.walk_hot), "measured",
        "walk over pageblocks whose struct pages are cached");
    add(Primitive::page_table_page, interval_of(t_.clear_pages), "measured", "a page cleared");
  }

 private:
  void add(Primitive p, Interval cpu, const char* basis, std::string source) {
    out_.primitives.push_back({p, {cpu, basis, std::move(source)}});
  }

  /// The time of a pass over memory, with what the caches may have spared it.
  Interval from_memory(const Series& cold, const Series& hot) const {
    return interval_of(cold, cached_, hot.value());
  }

  void clock() {
    if (t_.additions.repetitions.empty()) return;
    constexpr double kMegahertz = 1000;  // of one a nanosecond
    const Interval clock = Interval{kMegahertz, kMegahertz, kMegahertz} / interval_of(t_.additions);
    if (clock.value < kLeastClock || clock.value > kMostClock) {
      out_.warnings.push_back(
          fmt::format("{:.4g} additions a microsecond are no clock: it is not known", clock.value));
      return;
    }
    out_.clock = {clock, "measured",
                  "a chain of additions, each waiting for the one before: one a cycle"};
  }

  // The light pass does little besides waiting, so its misses show in full.
  void stream() {
    const Interval cold = from_memory(t_.free_cold, t_.free_hot);
    const Interval hot = interval_of(t_.free_hot);
    stall_ = cold - hot;
    if (stall_.value < kLeastStall)
      out_.warnings.push_back(
          "a light pass over cold memory is no slower than over cached: misses "
          "in flight are a bound");
    stall_ = at_least(stall_, kLeastStall);
    out_.in_flight_stream = {
        clamped(latency_ / stall_, kLeastInFlight, kMostInFlight), "derived",
        fmt::format("latency {:.4g} ns / (light pass over cold struct pages {:.4g} ns - over "
                    "cached {:.4g} ns)",
                    latency_.value, cold.value, hot.value)};
    // What the model will take a line to wait.
    stall_.value = latency_.value / out_.in_flight_stream.is.value;
  }

  void stride() {
    const Interval cold = from_memory(t_.walk_cold, t_.walk_hot);
    const Interval hot = interval_of(t_.walk_hot);
    const auto lines = static_cast<double>(base_.of(Primitive::contiguity_check).lines);
    out_.in_flight_stride = {
        clamped((lines * latency_) / at_least(cold - hot, kLeastStall), kLeastInFlight,
                kMostInFlight),
        "derived",
        fmt::format("{} lines * latency {:.4g} ns / (walk over cold pageblocks {:.4g} ns - over "
                    "cached {:.4g} ns)",
                    lines, latency_.value, cold.value, hot.value)};
  }

  // Clearing a batch a second time takes what it takes on cached records, and the next batch begins
  // a stream of its own.
  void start() {
    const Interval once = from_memory(t_.clear_cold, t_.clear_hot);
    const Interval again = interval_of(t_.clear_hot);
    const Interval twice = interval_of(t_.clear_twice, cached_, 2 * again.value);
    const Interval more =
        at_least(static_cast<double>(kBatchRecords) * (twice - (once + again)), 0);
    out_.stream_start = {
        more / latency_, "derived",
        fmt::format("({:.4g} ns a struct page cleared twice by batches - {:.4g} ns once - {:.4g} "
                    "ns cached) * {} / latency {:.4g} ns",
                    twice.value, once.value, again.value, kBatchRecords, latency_.value)};
  }

  // A core does much of a heavier pass while it waits for the next lines; what remains is what the
  // pass takes beyond the wait.
  Interval exposed(const Series& cold, const Series& hot) {
    const Interval cpu = from_memory(cold, hot) - stall_;
    if (cpu.value < -kLeastStall)
      out_.warnings.push_back(fmt::format(
          "'{}' takes {:.3g} ns, less than the wait of a light pass, {:.3g} ns (cached: {:.3g} ns)",
          cold.name, cold.value(), stall_.value, hot.value()));
    return at_least(cpu, 0);
  }
  std::string exposed_source(const char* done, const Series& cold, const Series& hot) const {
    return fmt::format(
        "cold struct pages {} in {:.4g} ns - {:.4g} ns wait for the line (as the light pass); "
        "cached it is {:.4g} ns, so {:.4g} ns pass during the wait",
        done, cold.value(), stall_.value, hot.value(),
        std::max(0.0, hot.value() + stall_.value - cold.value()));
  }

  const WorkTimes& t_;
  Interval latency_;
  double cached_;
  const cost::CostProfile& base_;
  Constants& out_;
  Interval stall_;
};

LoadTimes load_times(const PathTimes& path) {
  LoadTimes t;
  t.alone = path.readers.front().series.value();
  for (std::size_t i = 1; i < path.readers.size(); ++i) {
    const Readers& r = path.readers[i];
    t.together.emplace_back(r.threads, std::max(r.series.value(), t.alone * (1 + kResolution)));
  }
  t.idle = path.chase.value();
  t.loaders = path.loaders;
  if (path.loaders > 0) t.loaded = path.chase_loaded.value();
  return t;
}

/// What a source says of lines that may have come from caches.
std::string but_for_caches(double cached) {
  return cached > 0 ? fmt::format(
                          "; {:.2g} % of the lines at the most came from caches, which the "
                          "range allows for",
                          100 * cached)
                    : std::string();
}

/// And of latency that was seen in less than the usual memory.
std::string but_for_reach(double farther) {
  return farther > 1 ? fmt::format("; in {} it may be {:.0f} % more, which the range allows for",
                                   format_bytes(kUsualMemory), 100 * (farther - 1))
                     : std::string();
}

/// Bandwidth along a path; `variability` is set if it shows.
Constant bandwidth_along(const PathTimes& path, const MemoryPlan& memory, Constant& variability,
                         bool fit) {
  const LoadTimes t = load_times(path);
  const double one = 64 / t.alone;
  if (t.together.empty())
    return {{one * kMoreThanOne, one * (1 - memory.cached_alone()), one * 10},
            "assumed",
            fmt::format("one core alone reads {:.4g} GB/s and cannot tell how much more there is; "
                        "taken for {} times as much",
                        one, kMoreThanOne) +
                but_for_caches(memory.cached_alone())};
  const auto& [most, together] = t.together.back();
  const double slowdown = together / t.alone - 1;
  const double sum = static_cast<double>(most) * 64 / together;
  double cv2 = variability.is.value;
  if (fit && slowdown >= kQueueing) {
    cv2 = fit_controller(t).variability;
    variability = {{cv2, cv2 / 2, cv2 * 2},
                   "fitted",
                   fmt::format("best fit to {} numbers of readers and the loaded pointer chase; "
                               "range: half to double, a guess",
                               t.together.size())};
  }
  const double value = bandwidth_of(cv2, t.alone, together, most);
  const double high = bandwidth_of(cv2, t.alone, t.alone * (1 + kResolution), most);
  const std::string slower =
      slowdown > kResolution * (1 + 1e-9)
          ? fmt::format(
                "each {:.2g} % slower than alone: the bandwidth with which the model says so",
                100 * slowdown)
          : fmt::format(
                "none of them slower than alone by {:.2g} %, with which the bandwidth "
                "would be this: there is at least so much",
                100 * kResolution);
  return {{value, std::min(sum, value) * (1 - memory.cached), std::max(high, value)},
          "derived",
          fmt::format("{} threads read {:.4g} GB/s together, {}", most, sum, slower) +
              but_for_caches(memory.cached)};
}

/// The time of a pointer chase, with what caches and near addresses may have spared it.
Interval chased(const Series& chase, const MemoryPlan& memory) {
  Interval is = interval_of(chase, memory.cached_alone(), 0);
  is.high *= memory.farther;
  return is;
}

Constant latency_constant(const Series& chase, const MemoryPlan& memory) {
  // The model's clock has whole nanoseconds.
  Interval is = chased(chase, memory);
  is.value = std::max(1.0, std::round(is.value));
  return {is, "measured",
          "pointer chase through a random ring, huge pages where there are any" +
              but_for_caches(memory.cached_alone()) + but_for_reach(memory.farther)};
}

LinkConstants link_between(const Measurements& m, std::size_t a, std::size_t b,
                           Constant& variability) {
  const PathTimes& there = *m.path(a, b);
  const PathTimes& back = *m.path(b, a);
  const auto chase = [&](std::size_t from, std::size_t to) {
    return chased(m.path(from, to)->chase, m.memory[to]);
  };
  LinkConstants link{a, b, {}, {}};
  Interval more = 0.5 * ((chase(a, b) + chase(b, a)) - (chase(a, a) + chase(b, b)));
  more.value = std::round(more.value);
  link.latency_ns = {at_least(more, 0), "derived",
                     "pointer chases to the other node less those at home, mean of both ways"};
  const Constant one = bandwidth_along(there, m.memory[b], variability, false);
  const Constant two = bandwidth_along(back, m.memory[a], variability, false);
  link.bandwidth = one.is.value <= two.is.value ? one : two;
  return link;
}

}  // namespace

Interval interval_of(const Series& s) { return {s.value(), s.least(), s.median()}; }
Interval interval_of(const Series& s, double cached, double hot) {
  return {s.value(), s.least(), std::max(s.median(), (s.median() - cached * hot) / (1 - cached))};
}
Interval operator+(Interval a, Interval b) {
  return {a.value + b.value, a.low + b.low, a.high + b.high};
}
Interval operator-(Interval a, Interval b) {
  return {a.value - b.value, a.low - b.high, a.high - b.low};
}
Interval operator/(Interval a, Interval b) {
  return {a.value / b.value, a.low / b.high, a.high / b.low};
}
Interval operator*(double factor, Interval a) {
  return {factor * a.value, factor * a.low, factor * a.high};
}

Constants derive(const Measurements& measured, const cost::CostProfile& base) {
  Constants out;
  const auto given = static_cast<double>(machine::MachineParams{}.service_variability) / 1000;
  out.variability = {{given, 3.5, 5},
                     "assumed",
                     "as machines have it by default (published thread curves pass from 3.5 to 5): "
                     "threads slow each other down too little here to tell"};
  const std::size_t nodes = measured.work.size();
  for (std::size_t n = 0; n < nodes; ++n) {
    const PathTimes& path = *measured.path(n, n);
    NodeConstants& node = out.nodes.emplace_back();
    node.latency_ns = latency_constant(path.chase, measured.memory[n]);
    node.bandwidth = bandwidth_along(path, measured.memory[n], out.variability, n == 0);
  }
  FromWork(measured.work[0], out.nodes[0].latency_ns.is, measured.memory[0].cached_alone(), base,
           out)
      .go();
  for (std::size_t a = 0; a < nodes; ++a)
    for (std::size_t b = a + 1; b < nodes; ++b)
      out.links.push_back(link_between(measured, a, b, out.variability));
  for (const MemoryPlan& memory : measured.memory)
    out.warnings.insert(out.warnings.end(), memory.notes.begin(), memory.notes.end());
  for (const auto& [name, series] : measured.all())
    if (series->spread() > kNoisy)
      out.warnings.push_back(
          fmt::format("noisy: '{}' spreads by {:.0f} % (median above lower "
                      "quartile)",
                      name, 100 * series->spread()));
  return out;
}

}  // namespace mhp::host
