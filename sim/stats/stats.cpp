#include "sim/stats/stats.hpp"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace mhp::analysis {

namespace {

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

/// Standard error of the mean of at least two values.
double standard_error(const std::vector<double>& values, double mean) {
  const auto n = static_cast<double>(values.size());
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  return std::sqrt(squares / (n - 1) / n);
}

boost::math::students_t student(const std::vector<double>& values) {
  return boost::math::students_t(static_cast<double>(values.size()) - 1);
}

}  // namespace

std::vector<double> differences(const std::vector<double>& of, const std::vector<double>& from) {
  std::vector<double> out;
  for (std::size_t i = 0; i < of.size(); ++i) out.push_back(of[i] - from[i]);
  return out;
}

Estimate estimate(const std::vector<double>& values, double confidence) {
  Estimate e{.mean = mean_of(values)};
  if (values.size() < 2) {
    e.none = NoInterval::one;
    return e;
  }
  const double quantile = boost::math::quantile(student(values), 0.5 + confidence / 2);
  const double half = quantile * standard_error(values, e.mean);
  e.lo = e.mean - half;
  e.hi = e.mean + half;
  return e;
}

Estimate paired_difference(const std::vector<double>& of, const std::vector<double>& from,
                           double confidence) {
  return estimate(differences(of, from), confidence);
}

std::optional<bool> significant(const Estimate& d) {
  if (!d.lo) return std::nullopt;
  return *d.lo > 0 || *d.hi < 0;
}

namespace {

/// Twice the rank of each value, so that ties stay whole numbers.
std::vector<double> twice_ranks(const std::vector<double>& values) {
  std::vector<double> out;
  for (const double v : values) {
    double below = 0;
    double equal = 0;
    for (const double w : values) {
      below += w < v ? 1 : 0;
      equal += w == v ? 1 : 0;
    }
    out.push_back(2 * below + equal);
  }
  return out;
}

}  // namespace

double rank_correlation(const std::vector<double>& x, const std::vector<double>& y) {
  const auto a = twice_ranks(x);
  const auto b = twice_ranks(y);
  const double mean = static_cast<double>(x.size());  // of ranks 1/2 .. n - 1/2, twice
  double ab = 0;
  double aa = 0;
  double bb = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    ab += (a[i] - mean) * (b[i] - mean);
    aa += (a[i] - mean) * (a[i] - mean);
    bb += (b[i] - mean) * (b[i] - mean);
  }
  return aa == 0 || bb == 0 ? 0 : ab / std::sqrt(aa * bb);
}

}  // namespace mhp::analysis
