#include "analysis/validation/host/shared_bandwidth.hpp"

#include <algorithm>
#include <cmath>

#include "sim/engine/flow_rates.hpp"

namespace mhp::host {

namespace {

constexpr double kLine = 64;
constexpr double kMostBandwidth = 1e6;  // bytes a nanosecond: a petabyte a second
constexpr double kMostVariability = 100;

engine::FlowRates controller(const Controller& c) {
  engine::FlowRates rates;
  rates.add_resource({c.bandwidth, true, c.variability});
  return rates;
}

double squared_error(double seen, double said) {
  const double error = said / seen - 1;
  return error * error;
}

/// Sum of squared errors of a variability, with the bandwidth that belongs to it.
double misfit(const LoadTimes& t, double variability, Controller& c) {
  const auto& [most, together] = t.together.back();
  c = {bandwidth_of(variability, t.alone, together, most), variability};
  double sum = 0;
  for (const auto& [readers, seen] : t.together)
    sum += squared_error(seen, read_ns(c, t.alone, readers));
  if (t.loaded > 0) sum += squared_error(t.loaded, loaded_ns(c, t.idle, t.alone, t.loaders));
  return sum;
}

}  // namespace

double read_ns(const Controller& c, double alone, std::int64_t readers) {
  engine::FlowRates rates = controller(c);
  engine::FlowClass flows{.route = {0}, .pace = alone / kLine, .waits = {}};
  rates.set_flows(flows, readers);
  rates.solve();
  return kLine / flows.rate;
}

double loaded_ns(const Controller& c, double idle, double alone, std::int64_t readers) {
  engine::FlowRates rates = controller(c);
  engine::FlowClass load{.route = {0}, .pace = idle / kLine, .waits = {}};
  engine::FlowClass flows{.route = {0}, .pace = alone / kLine, .waits = {}};
  rates.set_flows(load, 1);
  rates.set_flows(flows, readers);
  rates.solve();
  return kLine / load.rate;
}

double bandwidth_of(double variability, double alone, double together, std::int64_t readers) {
  double low = static_cast<double>(readers) * kLine / together;
  double high = kMostBandwidth;
  while (high / low > 1 + 1e-9) {
    const double middle = std::sqrt(low * high);
    (read_ns({middle, variability}, alone, readers) > together ? low : high) = middle;
  }
  return high;
}

// A coarse search over the range, then finer ones around the best.
Controller fit_controller(const LoadTimes& times) {
  constexpr int kSteps = 50;
  double low = 0;
  double high = kMostVariability;
  Controller best;
  for (int pass = 0; pass < 4; ++pass) {
    double least = -1;
    const double step = (high - low) / kSteps;
    for (int i = 0; i <= kSteps; ++i) {
      Controller c;
      const double sum = misfit(times, low + i * step, c);
      if (least >= 0 && sum >= least) continue;
      least = sum;
      best = c;
    }
    low = std::max(0.0, best.variability - step);
    high = std::min(kMostVariability, best.variability + step);
  }
  return best;
}

}  // namespace mhp::host
