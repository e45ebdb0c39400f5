#include "sim/report/study_part.hpp"

#include <algorithm>
#include <cmath>

#include "sim/report/break_even.hpp"
#include "sim/report/numbers.hpp"
#include "sim/run/result/metric/record.hpp"

namespace mhp::report {

using nlohmann::ordered_json;

namespace {

/// So many crossings of a metric along an axis are more than a picture shows.
constexpr std::size_t kMostCrossings = 1500;

ordered_json numbers_json(const Values& values) {
  ordered_json out = ordered_json::array();
  for (const double v : values) out.push_back(number_json(v));
  return out;
}

ordered_json axes_json(const StudyTable& t) {
  ordered_json out = ordered_json::array();
  for (const StudyAxis& a : t.axes) {
    ordered_json entry{
        {"name", a.name}, {"dim", a.dim}, {"unit", a.unit}, {"numeric", a.numeric()}};
    if (a.numeric())
      entry["values"] = a.numbers;
    else
      entry["values"] = a.words;
    entry["doc"] = a.doc;
    out.push_back(std::move(entry));
  }
  return out;
}

ordered_json metric_json(const StudyMetric& m, bool headline) {
  ordered_json out{{"name", m.column},
                   {"phase", m.phase},
                   {"unit", m.unit},
                   {"better", m.better},
                   {"definition", m.definition}};
  if (headline) out["headline"] = true;
  out["mean"] = numbers_json(m.mean);
  if (!m.lo.empty() && !m.hi.empty()) {
    out["lo"] = numbers_json(m.lo);
    out["hi"] = numbers_json(m.hi);
  }
  return out;
}

ordered_json compare_json(const StudyMetric& m) {
  ordered_json out{{"metric", m.column}, {"diff", numbers_json(m.diff)}};
  const bool interval =
      std::any_of(m.diff_lo.begin(), m.diff_lo.end(), [](double v) { return !std::isnan(v); });
  if (!interval || m.diff_hi.empty()) return out;
  out["lo"] = numbers_json(m.diff_lo);
  out["hi"] = numbers_json(m.diff_hi);
  out["significant"] = ordered_json::array();
  for (const int s : m.significant)
    out["significant"].push_back(s < 0 ? ordered_json(nullptr) : ordered_json(s));
  return out;
}

/// What the better one of two is called.
std::string level_name(const StudyTable& t, std::size_t level) {
  const StudyAxis& axis = t.axes[t.baseline->axis];
  return axis.numeric() ? std::to_string(axis.numbers[level]) : axis.words[level];
}

void break_even_json(const StudyTable& t, const StudyMetric& m, ordered_json& out) {
  for (const BreakEven& b : break_even(t, m)) {
    if (b.crossings.size() > kMostCrossings) continue;
    ordered_json crossings = ordered_json::array();
    for (const Crossing& c : b.crossings) {
      ordered_json at = ordered_json::array();
      for (const auto& i : c.at) at.push_back(i ? ordered_json(*i) : ordered_json(nullptr));
      const std::string baseline = level_name(t, t.baseline->level);
      const std::string other = level_name(t, b.level);
      ordered_json entry{{"at", at},
                         {"low", number_json(c.low)},
                         {"high", number_json(c.high)},
                         {"x", number_json(c.x)},
                         {"before", c.baseline_before ? baseline : other},
                         {"after", c.baseline_before ? other : baseline}};
      entry["sure"] = c.sure ? ordered_json(*c.sure) : ordered_json(nullptr);
      crossings.push_back(std::move(entry));
    }
    out.push_back({{"metric", m.column},
                   {"axis", b.axis},
                   {"level", b.level},
                   {"crossings", std::move(crossings)}});
  }
}

std::size_t numbers_in(const StudyMetric& m) {
  const std::size_t points = m.mean.size();
  return points * ((m.lo.empty() ? 1 : 3) + (m.diff.empty() ? 0 : m.lo.empty() ? 1 : 4));
}

/// The metrics that are shown: the headline and other times first, as far as there is room.
std::vector<const StudyMetric*> shown_of(const StudyTable& t, const std::string& headline) {
  std::vector<const StudyMetric*> order;
  for (const StudyMetric& m : t.metrics)
    if (!m.constant()) order.push_back(&m);
  const auto times = run::explained_metrics();
  const auto rank = [&](const StudyMetric* m) {
    if (m->column == headline) return 0;
    return std::find(times.begin(), times.end(), m->name) != times.end() ? 1 : 2;
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](const StudyMetric* a, const StudyMetric* b) { return rank(a) < rank(b); });
  std::size_t numbers = 0;
  std::vector<const StudyMetric*> out;
  for (const StudyMetric* m : order) {
    numbers += numbers_in(*m);
    if (out.empty() || numbers <= kMostNumbers) out.push_back(m);
  }
  return out;
}

}  // namespace

std::string headline_of(const StudyTable& t) {
  const StudyMetric* found = nullptr;
  for (const StudyMetric& m : t.metrics) {
    if (m.name == run::headline_metric()) return m.column;
    if (m.constant() || m.better == "none") continue;
    if (found == nullptr || (m.compared() && !found->compared())) found = &m;
  }
  return found == nullptr ? "" : found->column;
}

ordered_json study_json(const StudyTable& t, const std::string& status) {
  const std::string headline = headline_of(t);
  const auto shown = shown_of(t, headline);
  ordered_json out{{"status", status}, {"runs", t.runs}, {"replicates", t.replicates}};
  out["dims"] = ordered_json::array();
  for (const StudyDim& d : t.dims) out["dims"].push_back({{"name", d.name}, {"size", d.size}});
  out["axes"] = axes_json(t);
  out["outcome"] = t.outcomes;
  out["metrics"] = ordered_json::array();
  out["constant"] = ordered_json::array();
  out["left_out"] = ordered_json::array();
  for (const StudyMetric* m : shown)
    out["metrics"].push_back(metric_json(*m, m->column == headline));
  for (const StudyMetric& m : t.metrics) {
    if (const auto value = m.constant())
      out["constant"].push_back(
          {{"name", m.column}, {"unit", m.unit}, {"value", number_json(*value)}});
    else if (std::find(shown.begin(), shown.end(), &m) == shown.end())
      out["left_out"].push_back(m.column);
  }
  if (!t.baseline) return out;
  out["baseline"] = {{"axis", t.baseline->axis}, {"level", t.baseline->level}};
  out["compare"] = ordered_json::array();
  out["break_even"] = ordered_json::array();
  for (const StudyMetric* m : shown) {
    if (!m->compared()) continue;
    out["compare"].push_back(compare_json(*m));
    break_even_json(t, *m, out["break_even"]);
  }
  return out;
}

}  // namespace mhp::report
