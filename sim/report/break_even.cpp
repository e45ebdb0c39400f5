#include "sim/report/break_even.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mhp::report {

namespace {

/// Walks along one axis from one point of the other dimensions.
class Walk {
 public:
  Walk(const StudyTable& table, const StudyMetric& metric, std::size_t axis)
      : table_(table), metric_(metric), axis_(table.axes[axis]) {
    order_.resize(axis_.numbers.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
      return axis_.numbers[a] < axis_.numbers[b];
    });
  }

  void from(std::size_t start, std::vector<Crossing>& out) const {
    const std::size_t stride = table_.stride(axis_.dim);
    bool any = false;        // whether the walk has met a difference,
    std::size_t before = 0;  // and where the last one was
    for (const std::size_t i : order_) {
      const double d = metric_.diff[start + i * stride];
      if (std::isnan(d)) any = false;
      if (std::isnan(d) || d == 0) continue;
      if (any && (metric_.diff[start + before * stride] < 0) != (d < 0))
        out.push_back(crossing(start, before, i));
      any = true;
      before = i;
    }
  }

 private:
  Crossing crossing(std::size_t start, std::size_t a, std::size_t b) const {
    const std::size_t stride = table_.stride(axis_.dim);
    const double from = metric_.diff[start + a * stride], to = metric_.diff[start + b * stride];
    Crossing out;
    for (std::size_t d = 0; d < table_.dims.size(); ++d) {
      const bool open = d == axis_.dim || d == table_.axes[table_.baseline->axis].dim;
      out.at.push_back(open ? std::nullopt : std::optional(table_.position(start, d)));
    }
    out.low = static_cast<double>(axis_.numbers[a]);
    out.high = static_cast<double>(axis_.numbers[b]);
    out.x = out.low + (out.high - out.low) * from / (from - to);
    out.baseline_before = (metric_.better == "higher") == (from < 0);
    if (!metric_.significant.empty()) {
      const int s = metric_.significant[start + a * stride];
      const int t = metric_.significant[start + b * stride];
      if (s >= 0 && t >= 0) out.sure = s == 1 && t == 1;
    }
    return out;
  }

  const StudyTable& table_;
  const StudyMetric& metric_;
  const StudyAxis& axis_;
  std::vector<std::size_t> order_;
};

}  // namespace

std::vector<BreakEven> break_even(const StudyTable& t, const StudyMetric& metric) {
  std::vector<BreakEven> out;
  if (!t.baseline || !metric.compared() || metric.better == "none") return out;
  const std::size_t across = t.axes[t.baseline->axis].dim;
  for (std::size_t a = 0; a < t.axes.size(); ++a) {
    const StudyAxis& axis = t.axes[a];
    const bool alone = std::count_if(t.axes.begin(), t.axes.end(), [&](const StudyAxis& other) {
                         return other.dim == axis.dim;
                       }) == 1;
    if (!axis.numeric() || !alone || axis.dim == across) continue;
    const Walk walk(t, metric, a);
    for (std::size_t level = 0; level < t.dims[across].size; ++level) {
      if (level == t.baseline->level) continue;
      BreakEven found{a, level, {}};
      for (std::size_t p = 0; p < t.points(); ++p)
        if (t.position(p, axis.dim) == 0 && t.position(p, across) == level)
          walk.from(p, found.crossings);
      if (!found.crossings.empty()) out.push_back(std::move(found));
    }
  }
  return out;
}

}  // namespace mhp::report
