#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace mhp::host {

// What the model of memory controllers (sim/engine/flow_rates.hpp) says of threads that read at
// once, and what follows from a measurement the other way round. Times are nanoseconds a line of 64
// bytes, bandwidths bytes a nanosecond.

/// A memory controller or link.
struct Controller {
  double bandwidth = 0;
  double variability = 4;  ///< squared coefficient of variation of its service times
};

/// Time of each of `readers` threads which alone takes `alone`.
double read_ns(const Controller& c, double alone, std::int64_t readers);

/// Time of a load that alone takes `idle`, while `readers` threads read.
double loaded_ns(const Controller& c, double idle, double alone, std::int64_t readers);

/// The bandwidth with which `readers` threads take `together` each, more than `alone`.
double bandwidth_of(double variability, double alone, double together, std::int64_t readers);

/// What was seen of a controller.
struct LoadTimes {
  double alone = 0;                                       ///< one reader
  std::vector<std::pair<std::int64_t, double>> together;  ///< (readers, time of each), ascending
  double idle = 0;                                        ///< a load alone
  std::int64_t loaders = 0;
  double loaded = 0;  ///< a load beside so many readers; 0: not measured
};

/// The controller that fits best: for each variability the bandwidth follows from the most readers;
/// the variability is the one with the least sum of squared relative errors of all other times.
Controller fit_controller(const LoadTimes& times);

}  // namespace mhp::host
