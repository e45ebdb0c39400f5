#pragma once

#include <string>
#include <utility>
#include <vector>

#include "analysis/validation/host/measure.hpp"
#include "sim/cost/cost_profile.hpp"

namespace mhp::host {

/// A number between bounds.
struct Interval {
  double value = 0;
  double low = 0;
  double high = 0;
};

/// From the least repetition to the median.
Interval interval_of(const Series& s);
/// The same of work on memory of which the share `cached` may have come from caches, in the time of
/// `hot`: had all come from memory, it may have taken longer by so much.
Interval interval_of(const Series& s, double cached, double hot);
Interval operator+(Interval a, Interval b);
Interval operator-(Interval a, Interval b);
/// All of `b` is above 0.
Interval operator/(Interval a, Interval b);
Interval operator*(double factor, Interval a);

/// A constant of the model.
struct Constant {
  Interval is;
  std::string basis;   ///< "measured", "derived" or "assumed"
  std::string source;  ///< which measurement, by which arithmetic
};

/// What a primitive costs; lines and access are those of the cost profile that it goes into.
struct PrimitiveConstant {
  kernel::Primitive primitive;
  Constant cpu_ns;
};

struct NodeConstants {
  Constant latency_ns;
  Constant bandwidth;  ///< bytes a nanosecond
};

struct LinkConstants {
  std::size_t from = 0;
  std::size_t to = 0;
  Constant latency_ns;
  Constant bandwidth;
};

/// The constants of the cost and machine model.
struct Constants {
  Constant in_flight_stream;
  Constant in_flight_stride;
  Constant stream_start;  ///< misses
  Constant clock;         ///< MHz; 0: not known
  Constant variability;
  std::vector<PrimitiveConstant> primitives;
  std::vector<NodeConstants> nodes;
  std::vector<LinkConstants> links;
  std::vector<std::string> warnings;
};

/// Derives them. `base`: the profile that the rest comes from (page_table_page is its page
/// allocation and a clear that is measured). What follows from the cores is taken from the first
/// node.
Constants derive(const Measurements& measured, const cost::CostProfile& base);

}  // namespace mhp::host
