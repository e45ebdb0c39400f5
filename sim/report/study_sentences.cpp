#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "sim/report/break_even.hpp"
#include "sim/report/sentences.hpp"
#include "sim/report/study_part.hpp"

namespace mhp::report {

namespace {

std::string level_text(const StudyAxis& axis, std::size_t level) {
  return axis.numeric() ? for_people(static_cast<double>(axis.numbers[level]), axis.unit)
                        : axis.words[level];
}

/// How often a level is better than the baseline.
std::string tally(const StudyTable& t, const StudyMetric& m, std::size_t level) {
  const std::size_t dim = t.axes[t.baseline->axis].dim;
  std::size_t better = 0, worse = 0, equal = 0, sure = 0;
  bool tested = false;
  double least = INFINITY, most = -INFINITY;
  for (std::size_t p = 0; p < t.points(); ++p) {
    if (t.position(p, dim) != level || std::isnan(m.diff[p])) continue;
    const double d = m.diff[p];
    if (d == 0)
      ++equal;
    else
      ++((d < 0) == (m.better == "lower") ? better : worse);
    if (p < m.significant.size() && m.significant[p] >= 0) {
      tested = true;
      if (d != 0 && m.significant[p] == 1) ++sure;
    }
    if (const double base = m.mean[p] - d; base != 0) {
      least = std::min(least, d / base);
      most = std::max(most, d / base);
    }
  }
  const std::size_t all = better + worse + equal;
  const StudyAxis& axis = t.axes[t.baseline->axis];
  const std::string base = level_text(axis, t.baseline->level);
  if (all == 0)
    return fmt::format("{}: there is no point that both {} and {} reach.", m.column,
                       level_text(axis, level), base);
  std::string out = fmt::format(
      "{}: of the {} points that both reach, {} is better than {} at {}, "
      "worse at {}{}",
      m.column, all, level_text(axis, level), base, better, worse,
      equal > 0 ? fmt::format(", the same at {}", equal) : "");
  if (std::isfinite(least))
    out += fmt::format("; by {:+.1f} % to {:+.1f} %", 100 * least, 100 * most);
  out += tested ? fmt::format("; more than chance (95 %) at {}.", sure) : ".";
  return out;
}

void places(const StudyTable& t, const StudyMetric& m, std::vector<std::string>& out) {
  for (const BreakEven& b : break_even(t, m)) {
    const StudyAxis& axis = t.axes[b.axis];
    double low = INFINITY, high = -INFINITY;
    for (const Crossing& c : b.crossings) {
      low = std::min(low, c.low);
      high = std::max(high, c.high);
    }
    out.push_back(fmt::format("Along {}, {} and {} change places {} time{}, between {} and {}.",
                              axis.name, level_text(t.axes[t.baseline->axis], b.level),
                              level_text(t.axes[t.baseline->axis], t.baseline->level),
                              b.crossings.size(), b.crossings.size() == 1 ? "" : "s",
                              for_people(low, axis.unit), for_people(high, axis.unit)));
  }
}

/// How many points end otherwise than well, by the level of the baseline's axis if there is one.
void outcomes(const StudyTable& t, std::vector<std::string>& out) {
  const bool levels = t.baseline.has_value();
  const std::size_t dim = levels ? t.axes[t.baseline->axis].dim : 0;
  for (std::size_t l = 0; l < (levels ? t.dims[dim].size : 1); ++l) {
    std::map<std::string, std::size_t> ends;
    std::size_t all = 0;
    for (std::size_t p = 0; p < t.outcomes.size(); ++p) {
      if ((levels && t.position(p, dim) != l) || t.outcomes[p] == "none") continue;
      ++all;
      if (t.outcomes[p] != "ok") ++ends[t.outcomes[p]];
    }
    std::vector<std::string> parts;
    for (const auto& [outcome, count] : ends)
      parts.push_back(fmt::format("{} at {}", outcome, count));
    if (!parts.empty())
      out.push_back(fmt::format(
          "{}{} of {} points.",
          levels ? level_text(t.axes[t.baseline->axis], l) + " ends with " : "Runs end with ",
          fmt::join(parts, ", "), all));
  }
}

}  // namespace

std::vector<std::string> answer_of_study(const StudyTable& t) {
  std::vector<std::string> out;
  const std::string headline = headline_of(t);
  for (const StudyMetric& m : t.metrics) {
    if (m.column != headline) continue;
    if (t.baseline && m.compared()) {
      for (std::size_t l = 0; l < t.dims[t.axes[t.baseline->axis].dim].size; ++l)
        if (l != t.baseline->level) out.push_back(tally(t, m, l));
      places(t, m, out);
    } else if (const auto there = std::find_if(m.mean.begin(), m.mean.end(),
                                               [](double v) { return !std::isnan(v); });
               there != m.mean.end()) {
      double low = *there, high = *there;
      for (const double v : m.mean)
        if (!std::isnan(v)) low = std::min(low, v), high = std::max(high, v);
      out.push_back(fmt::format("{} is {} to {}.", m.column, for_people(low, m.unit),
                                for_people(high, m.unit)));
    }
  }
  outcomes(t, out);
  for (const auto& [status, count] : t.runs)
    if (status == "missing" || status == "invalid")
      out.push_back(fmt::format("{} runs are {}.", count, status));
  if (out.empty()) out.emplace_back("The study has no runs yet.");
  return out;
}

}  // namespace mhp::report
