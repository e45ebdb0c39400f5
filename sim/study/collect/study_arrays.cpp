#include "sim/study/collect/study_arrays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "sim/run/result/metric/summary.hpp"
#include "sim/stats/replicates.hpp"
#include "sim/study/collect/study_schema.hpp"

namespace mhp::study {

namespace {

using analysis::Estimate;
using record::StreamArray;
using Metric = StudyChunk::Metric;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

template <class T>
constexpr StreamArray::Type kType = std::is_same_v<T, std::int64_t> ? StreamArray::Type::integer
                                    : std::is_same_v<T, double>     ? StreamArray::Type::real
                                                                    : StreamArray::Type::flags;

/// A column made of each element of a list.
template <class T, class Range, class F>
std::vector<T> column(const Range& range, F&& f) {
  std::vector<T> out;
  for (const auto& element : range) out.push_back(f(element));
  return out;
}

double mean_of(const Estimate& e) { return e.mean; }
double median_of(const Estimate& e) { return e.median.value_or(kNaN); }
double centre_of(const Estimate& e) { return e.centre(); }
double low_of(const Estimate& e) { return e.lo.value_or(kNaN); }
double high_of(const Estimate& e) { return e.hi.value_or(kNaN); }

/// Whether a difference is more than chance; words as in `kSignificance`.
std::uint8_t significance(const Estimate& e) {
  if (const auto s = analysis::significant(e)) return *s ? 1 : 0;
  return e.none == analysis::NoInterval::equal ? 3 : 2;
}
const std::vector<std::string> kSignificance{"no", "yes", "unknown", "exact"};

/// Declares arrays; the type of an array is that of its values.
class Arrays {
 public:
  Arrays(const Study& study, const MetricColumns& columns, const std::vector<std::string>& dims)
      : columns_(columns), dims_(dims), all_dims_(dims) {
    all_dims_.emplace_back("replicate");
    runs();
    for (std::size_t m = 0; m < columns.metrics().size(); ++m) {
      results(m);
      if (study.max_replicates() > 1) intervals(m);
      if (study.baseline) comparison(m);
    }
  }

  std::vector<StudyArray> take() && { return std::move(arrays_); }

 private:
  /// An array of the group runs: a number for each run.
  template <class T>
  void run(const char* name, const char* long_name, T (*number)(const Cell&),
           std::vector<std::string> meanings = {}) {
    arrays_.push_back({{"runs", name, all_dims_, kType<T>, "1", long_name, std::move(meanings)},
                       [number](const StudyChunk& chunk) {
                         std::vector<T> out;
                         for (const PointCells& point : chunk.cells())
                           for (const Cell& cell : *point) out.push_back(number(cell));
                         return out;
                       }});
  }

  void runs() {
    run<std::int64_t>("run_id", "identity of the run: 64 bits, as a signed number",
                      [](const Cell& c) { return static_cast<std::int64_t>(c.id); });
    run<std::uint8_t>(
        "status", "how the run stands",
        [](const Cell& c) { return static_cast<std::uint8_t>(c.status); }, status_words());
    run<std::uint8_t>("outcome", "how the simulation ended", outcome_number, outcome_words());
    run<std::int64_t>("fingerprint", "what happened: 64 bits, as a signed number",
                      [](const Cell& c) {
                        return c.record ? static_cast<std::int64_t>(c.record->fingerprint) : 0;
                      });
  }

  void results(std::size_t m) {
    arrays_.push_back({metric_array(columns_, m, all_dims_), [m](const StudyChunk& chunk) {
                         std::vector<double> flat;
                         for (const auto& v : chunk.of(m).values)
                           flat.insert(flat.end(), v.begin(), v.end());
                         return flat;
                       }});
  }

  /// An array derived from a metric, a number for each point.
  template <class F>
  void derived(const char* group, std::size_t m, const char* suffix, const char* long_name,
               const std::string& units, F values, std::vector<std::string> meanings = {}) {
    using T = typename std::invoke_result_t<F, const Metric&>::value_type;
    const MetricName& metric = columns_.metrics()[m];
    arrays_.push_back(
        {{group, columns_.name(m) + suffix, dims_, kType<T>, units,
          fmt::format("{} of phase {}: {}", metric.name, word(metric.phase), long_name),
          std::move(meanings)},
         [m, values](const StudyChunk& chunk) { return values(chunk.of(m)); }});
  }

  /// A part of such estimates, in the unit of the metric.
  void estimated(const char* group, std::size_t m, std::vector<Estimate> Metric::*estimates,
                 const char* suffix, const char* long_name, double (*part)(const Estimate&)) {
    derived(group, m, suffix, long_name, std::string(word(columns_.metrics()[m].unit)),
            [=](const Metric& x) { return column<double>(x.*estimates, part); });
  }

  void intervals(std::size_t m) {
    const auto mean = &Metric::mean;
    const bool median = run::centre_of(columns_.metrics()[m].name) == analysis::Centre::median;
    estimated("results_ci", m, mean, "_mean", "mean", mean_of);
    if (median) estimated("results_ci", m, mean, "_median", "median", median_of);
    estimated("results_ci", m, mean, "_lo",
              median ? "lower end of the 95 % interval of the median"
                     : "lower end of the 95 % interval of the mean",
              low_of);
    estimated("results_ci", m, mean, "_hi",
              median ? "upper end of the 95 % interval of the median"
                     : "upper end of the 95 % interval of the mean",
              high_of);
    derived("results_ci", m, "_n", "replicates that reached it", "1",
            [](const Metric& x) { return x.reached; });
  }

  void comparison(std::size_t m) {
    const auto difference = &Metric::difference;
    const bool median = run::centre_of(columns_.metrics()[m].name) == analysis::Centre::median;
    estimated("compare", m, difference, "_diff",
              median ? "median of the differences to the baseline, in pairs"
                     : "mean difference to the baseline, in pairs",
              centre_of);
    estimated("compare", m, difference, "_lo", "lower end of its 95 % interval", low_of);
    estimated("compare", m, difference, "_hi", "upper end of its 95 % interval", high_of);
    derived("compare", m, "_p", "probability of such a difference by chance alone", "1",
            [](const Metric& x) { return x.chance; });
    derived(
        "compare", m, "_significant", "the interval excludes 0", "1",
        [](const Metric& x) { return column<std::uint8_t>(x.difference, significance); },
        kSignificance);
  }

  const MetricColumns& columns_;
  const std::vector<std::string>& dims_;
  std::vector<std::string> all_dims_;
  std::vector<StudyArray> arrays_;
};

std::vector<double> there(const std::vector<double>& values) {
  std::vector<double> out;
  std::copy_if(values.begin(), values.end(), std::back_inserter(out),
               [](double v) { return !std::isnan(v); });
  return out;
}

/// Without an interval if one of the runs finished fewer operations than a quantile needs.
Estimate bounded(Estimate e, const std::vector<double>& operations, std::int64_t least) {
  const bool few = std::any_of(operations.begin(), operations.end(),
                               [least](double n) { return n < static_cast<double>(least); });
  if (!few || e.none != analysis::NoInterval::there_is) return e;
  return {.mean = e.mean, .median = e.median, .none = analysis::NoInterval::operations};
}

}  // namespace

std::vector<std::vector<double>> StudyChunk::values_of(std::size_t metric,
                                                       const std::vector<PointCells>& cells) const {
  return column<std::vector<double>>(cells, [&](const PointCells& point) {
    return column<double>(*point, [&](const Cell& c) {
      return c.status == CellStatus::complete ? columns_.value(metric, *c.record) : kNaN;
    });
  });
}

const Metric& StudyChunk::of(std::size_t metric) const {
  if (computed_ == metric) return metric_;
  computed_ = metric;
  metric_ = {};
  metric_.values = values_of(metric, cells_);
  const std::string& name = columns_.metrics()[metric].name;
  const auto centre = run::centre_of(name);
  const auto needs = run::quantile_needs(name);
  std::vector<std::vector<double>> operations(cells_.size());
  for (std::size_t m = 0; needs && m < columns_.metrics().size(); ++m)
    if (columns_.metrics()[m].name == needs->operations) operations = values_of(m, cells_);
  const std::int64_t least = needs ? needs->least : 0;
  for (std::size_t i = 0; i < metric_.values.size(); ++i) {
    const auto reached = there(metric_.values[i]);
    metric_.reached.push_back(static_cast<std::int64_t>(reached.size()));
    metric_.mean.push_back(
        reached.empty() ? Estimate{kNaN, {}, {}}
                        : bounded(analysis::of_replicates(reached, centre), operations[i], least));
  }
  const auto baseline = values_of(metric, baseline_);
  for (std::size_t i = 0; i < baseline.size(); ++i) {
    // Replicates of the same number are a pair.
    std::vector<double> of, from;
    for (std::size_t r = 0; r < baseline[i].size(); ++r) {
      if (std::isnan(metric_.values[i][r]) || std::isnan(baseline[i][r])) continue;
      of.push_back(metric_.values[i][r]);
      from.push_back(baseline[i][r]);
    }
    const Estimate d = of.empty() ? Estimate{kNaN, {}, {}}
                                  : bounded(analysis::difference_of_replicates(of, from, centre),
                                            operations[i], least);
    metric_.difference.push_back(d);
    metric_.chance.push_back(d.lo ? analysis::chance_of_difference(of, from, centre).value_or(kNaN)
                                  : kNaN);
  }
  return metric_;
}

std::vector<StudyArray> study_arrays(const Study& study, const MetricColumns& columns,
                                     const std::vector<std::string>& dims) {
  return Arrays(study, columns, dims).take();
}

}  // namespace mhp::study
