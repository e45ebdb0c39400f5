#include "sim/stats/replicates.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace mhp::analysis {

namespace {

constexpr double kConfidence = 0.95;

bool all_equal(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [&](double v) { return v == values.front(); });
}

/// Why values have no interval.
NoInterval why_none(const std::vector<double>& values) {
  if (values.size() == 1) return NoInterval::one;
  if (all_equal(values)) return NoInterval::equal;
  return values.size() < kFewest ? NoInterval::few : NoInterval::there_is;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

double median_of_sorted(const std::vector<double>& x) {
  const std::size_t n = x.size();
  return n % 2 == 1 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

boost::math::students_t student(std::size_t n) {
  return boost::math::students_t(static_cast<double>(n) - 1);
}

/// Standard deviation and skewness of a sample, both without bias for a normal one.
struct Shape {
  double deviation = 0;
  double skewness = 0;
};

Shape shape_of(const std::vector<double>& values, double mean) {
  const auto n = static_cast<double>(values.size());
  double squares = 0, cubes = 0;
  for (const double v : values) {
    const double d = v - mean;
    squares += d * d;
    cubes += d * d * d;
  }
  const double variance = squares / n;
  const double biased = cubes / n / (variance * std::sqrt(variance));
  return {std::sqrt(squares / (n - 1)), biased * std::sqrt(n * (n - 1)) / (n - 2)};
}

// With W = (mean - true mean) / deviation and the skewness g, Hall's
//   T(W) = W + g/3 W^2 + g^2/27 W^3 + g / (6 n) = ((1 + g/3 W)^3 - 1) / g + g / (6 n)
// times sqrt(n) is distributed nearly as Student's t. It rises with W, so that it can be inverted.

/// Below this skewness the cube and its root lose more than they correct.
constexpr double kNoSkewness = 1e-6;

double transformed(double w, double g, double n) {
  if (std::abs(g) < kNoSkewness) return w;
  const double root = 1 + g / 3 * w;
  return (root * root * root - 1) / g + g / (6 * n);
}

double untransformed(double t, double g, double n) {
  if (std::abs(g) < kNoSkewness) return t;
  return (std::cbrt(1 + g * (t - g / (6 * n))) - 1) * 3 / g;
}

/// Probability that between the d-th least and the d-th greatest of n values lies their median.
double held(std::size_t n, std::size_t d) {
  const boost::math::binomial fair(static_cast<double>(n), 0.5);
  return 1 - 2 * boost::math::cdf(fair, static_cast<double>(d) - 1);
}

}  // namespace

Estimate mean_of_replicates(const std::vector<double>& values) {
  Estimate e{.mean = mean(values)};
  e.none = why_none(values);
  if (e.none != NoInterval::there_is) return e;
  const auto n = static_cast<double>(values.size());
  const Shape shape = shape_of(values, e.mean);
  const double t = boost::math::quantile(student(values.size()), 0.5 + kConfidence / 2);
  const double reach = t / std::sqrt(n);
  e.lo = e.mean - shape.deviation * untransformed(reach, shape.skewness, n);
  e.hi = e.mean - shape.deviation * untransformed(-reach, shape.skewness, n);
  return e;
}

Estimate median_of_replicates(const std::vector<double>& values) {
  std::vector<double> x = values;
  std::sort(x.begin(), x.end());
  Estimate e{.mean = mean(values)};
  e.median = median_of_sorted(x);
  e.none = why_none(values);
  if (e.none != NoInterval::there_is) return e;
  const std::size_t n = x.size();
  std::size_t d = 1;
  while (2 * (d + 1) <= n && held(n, d + 1) >= kConfidence) ++d;
  double inward = 0;  // the way from the d-th value to the next
  if (held(n, d) > kConfidence) {
    const double share = (held(n, d) - kConfidence) / (held(n, d) - held(n, d + 1));
    const auto outer = static_cast<double>(n - d), inner = static_cast<double>(d);
    inward = outer * share / (inner + (outer - inner) * share);
  }
  const auto between = [inward](double outer, double inner) {
    return outer == inner ? outer : (1 - inward) * outer + inward * inner;
  };
  e.lo = between(x[d - 1], x[d]);
  e.hi = between(x[n - d], x[n - d - 1]);
  return e;
}

Estimate of_replicates(const std::vector<double>& values, Centre centre) {
  return centre == Centre::mean ? mean_of_replicates(values) : median_of_replicates(values);
}

Estimate difference_of_replicates(const std::vector<double>& of, const std::vector<double>& from,
                                  Centre centre) {
  return of_replicates(differences(of, from), centre);
}

std::optional<double> chance_of_difference(const std::vector<double>& of,
                                           const std::vector<double>& from, Centre centre) {
  if (of.empty()) return std::nullopt;
  const std::vector<double> values = differences(of, from);
  if (why_none(values) != NoInterval::there_is) return std::nullopt;
  const auto n = static_cast<double>(values.size());
  if (centre == Centre::median) {
    const auto above = std::count_if(values.begin(), values.end(), [](double v) { return v > 0; });
    const auto below = std::count_if(values.begin(), values.end(), [](double v) { return v < 0; });
    const double others = n - static_cast<double>(std::max(above, below));
    return std::min(1.0, 2 * boost::math::cdf(boost::math::binomial(n, 0.5), others));
  }
  const double average = mean(values);
  const Shape shape = shape_of(values, average);
  const double t = std::sqrt(n) * transformed(average / shape.deviation, shape.skewness, n);
  return 2 * boost::math::cdf(boost::math::complement(student(values.size()), std::abs(t)));
}

}  // namespace mhp::analysis
