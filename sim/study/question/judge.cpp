#include "sim/study/question/judge.hpp"

#include <algorithm>

namespace mhp::question {

using study::Position;
using study::RunRecord;

namespace {

/// The sign of a difference: -1, 0, 1; nothing if its interval holds both.
std::optional<int> sign(const analysis::Estimate& difference) {
  const double low = difference.lo.value_or(difference.mean);
  const double high = difference.hi.value_or(difference.mean);
  if (low == 0 && high == 0) return 0;
  if (low <= 0 && high >= 0) return std::nullopt;
  return low > 0 ? 1 : -1;
}

}  // namespace

Position Judge::other_side(const Position& position) const {
  Position other = position;
  other[q_.between()].level = 1;
  return other;
}

std::vector<Wanted> Judge::runs_of(const Point& point) const {
  if (point.excluded) return {};
  auto out = replicates_of(point.position, point.replicates);
  if (q_.find != Find::break_even) return out;
  for (const Wanted& w : replicates_of(other_side(point.position), point.replicates))
    out.push_back(w);
  return out;
}

void Judge::add_replicates(Point& point) const {
  point.replicates = std::min(q_.effort.max_replicates, point.replicates + q_.effort.replicates);
}

Result<void> Judge::check_metrics() const {
  const study::MetricSet known = runs_.metrics();
  if (known.empty()) return {};
  Diagnostics errors;
  for (const Objective& o : q_.objectives)
    if (auto checked = o.check(known); !checked)
      errors.insert(errors.end(), checked.error().begin(), checked.error().end());
  const auto& plan = runs_.scenarios().plan();
  const bool parameter = q_.find == Find::cheapest && plan.lookup(plan.at(0))(q_.metric);
  const bool there = std::any_of(known.begin(), known.end(),
                                 [&](const study::MetricName& m) { return m.is(q_.metric); });
  if (!q_.metric.empty() && !parameter && !there)
    errors.push_back(unknown_metric(q_.metric, q_.metric_where, known));
  if (!errors.empty()) return tl::unexpected<Diagnostics>(std::move(errors));
  return {};
}

void Judge::judge(Point& point) const {
  point.findings.clear();
  point.figure.reset();
  if (point.excluded) {
    point.label = q_.find == Find::break_even ? Label{kNeither} : kFails;
    return;
  }
  if (q_.find == Find::break_even) return judge_break_even(point);
  std::vector<double> unused;
  const Standing s = side(point.position, point, unused);
  point.label = s == Standing::open ? kOpen : s == Standing::holds ? kHolds : kFails;
}

Standing Judge::side(const Position& position, Point& point, std::vector<double>& values) const {
  const std::vector<RunRecord> records = runs_.at(position, point.replicates);
  const study::Lookup scenario = runs_.scenarios().plan().lookup(position);
  Standing all = Standing::holds;
  for (const Objective& o : q_.objectives) {
    point.findings.push_back(o.judge(records, scenario, confidence()));
    const Standing s = point.findings.back().standing;
    if (s == Standing::fails || (s == Standing::open && all == Standing::holds)) all = s;
  }
  for (const RunRecord& r : records)
    if (const auto m = measured(r, q_.metric); m && m->value)
      values.push_back(static_cast<double>(*m->value));
  // Who does not get to the metric cannot be better by it.
  const bool reached = values.size() == records.size();
  return q_.find == Find::break_even && !reached ? Standing::fails : all;
}

void Judge::judge_break_even(Point& point) const {
  std::vector<double> first, second;
  const Standing a = side(point.position, point, first);
  const Standing b = side(other_side(point.position), point, second);
  if (!first.empty()) point.first = analysis::estimate(first, confidence());
  if (!second.empty()) point.second = analysis::estimate(second, confidence());
  point.label = kOpen;
  if (a == Standing::open || b == Standing::open) return;
  if (a == Standing::fails || b == Standing::fails) {
    point.label = a == b ? kNeither : b == Standing::fails ? kOnlyFirst : kOnlySecond;
    return;
  }
  point.figure = analysis::paired_difference(second, first, confidence());
  if (const auto s = sign(*point.figure))
    point.label = *s == 0 ? kEqual : (*s > 0) == more_is_better() ? kSecond : kFirst;
}

bool Judge::more_is_better() const {
  for (const study::MetricName& m : runs_.metrics())
    if (m.is(q_.metric)) return m.better == Better::higher;
  return false;
}

std::vector<double> Judge::costs(const Point& point) const {
  const auto parameter = runs_.scenarios().plan().lookup(point.position)(q_.metric);
  std::vector<double> out;
  for (const RunRecord& r : runs_.at(point.position, point.replicates)) {
    const auto m = measured(r, q_.metric);
    const auto value = m ? m->value : parameter ? parameter->number : std::nullopt;
    if (!value) return {};
    out.push_back(static_cast<double>(*value));
  }
  return out;
}

}  // namespace mhp::question
