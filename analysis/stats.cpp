#include "analysis/stats.hpp"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace mhp::analysis {

Estimate estimate(const std::vector<double>& values, double confidence) {
  const auto n = static_cast<double>(values.size());
  double sum = 0;
  for (const double v : values) sum += v;
  Estimate e{sum / n, std::nullopt, std::nullopt};
  if (values.size() < 2) return e;
  double squares = 0;
  for (const double v : values) squares += (v - e.mean) * (v - e.mean);
  const boost::math::students_t student(n - 1);
  const double quantile = boost::math::quantile(student, 0.5 + confidence / 2);
  const double half = quantile * std::sqrt(squares / (n - 1) / n);
  e.lo = e.mean - half;
  e.hi = e.mean + half;
  return e;
}

Estimate paired_difference(const std::vector<double>& of, const std::vector<double>& from,
                           double confidence) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < of.size(); ++i) differences.push_back(of[i] - from[i]);
  return estimate(differences, confidence);
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
