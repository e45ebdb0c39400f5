#include <fmt/format.h>

#include <algorithm>

#include "sim/cli/figures.hpp"
#include "sim/cli/plan_view.hpp"

namespace mhp::cli {

using question::Find;
using question::Part;
using question::Point;
using question::Standing;
using question::Status;

namespace {

class Sentence {
 public:
  Sentence(const PlanView& view, const Part& part)
      : view_(view), q_(view.question), plan_(view.plan()), part_(part) {}

  std::string text() const {
    switch (q_.find) {
      case Find::break_even:
        return break_even();
      case Find::cheapest:
        return cheapest();
      case Find::least:
      case Find::largest:
        break;
    }
    return extreme();
  }

 private:
  std::string value(const Point& point) const {
    return plan_.shown(q_.keys.front(), {-1, point.value});
  }
  std::string grid_value(std::int64_t i) const {
    return plan_.shown(q_.keys.front(), {-1, q_.grid.at(i)});
  }

  /// Which objectives a point does not meet, and what was found instead.
  std::string failing(const Point& point) const {
    if (point.excluded) return "'constraints' exclude it";
    std::string out;
    for (std::size_t i = 0; i < point.findings.size(); ++i)
      if (point.findings[i].standing == Standing::fails)
        out += fmt::format("{}{} fails ({})", out.empty() ? "" : " and ", q_.objectives[i].text(),
                           found_text(q_.objectives[i], point.findings[i]));
    return out.empty() ? fmt::format("{} is not reached", q_.metric) : out;
  }

  /// Why more is not known.
  std::string why_open() const {
    if (view_.answer.out_of_budget)
      return fmt::format("the budget of {} runs does not determine more", q_.effort.budget);
    if (view_.runs.stopped()) return "the search was stopped";
    return fmt::format("what is in between stays open with {} replicates",
                       q_.effort.max_replicates);
  }

  std::string extreme() const {
    const bool up = q_.find == Find::largest;
    const std::string what = fmt::format("the {} {}", up ? "largest" : "least", q_.key().key);
    const auto& points = part_.points;
    if (part_.status == Status::none) {
      const Point& easiest = up ? points.front() : points.back();
      return fmt::format("no {} from {} to {} will do: at {} {}", q_.key().key, grid_value(0),
                         grid_value(q_.grid.count - 1), value(easiest), failing(easiest));
    }
    if (!part_.best) return fmt::format("{} is not known: {}", what, why_open());
    const Point& best = points[*part_.best];
    std::string out;
    if (part_.status == Status::answered && !part_.beyond)
      out = fmt::format("{} is {}, the end of the range", what, value(best));
    else if (part_.status == Status::answered)
      out = fmt::format("{} is {}: at {} {}", what, value(best), value(points[*part_.beyond]),
                        failing(points[*part_.beyond]));
    else if (part_.beyond && part_.one_stretch)
      out = fmt::format("{} is {} or {}: at {} {}; {}", what, value(best), up ? "more" : "less",
                        value(points[*part_.beyond]), failing(points[*part_.beyond]), why_open());
    else
      out = fmt::format("{} that was found is {}; {}", what, value(best), why_open());
    return out + exception();
  }

  /// What does not hold nearer to the easy end, though the answer does.
  std::string exception() const {
    const auto& points = part_.points;
    const bool up = q_.find == Find::largest;
    for (std::size_t n = 0; n < points.size(); ++n) {
      const std::size_t i = up ? n : points.size() - 1 - n;
      if (i == *part_.best) break;
      if (points[i].label == question::kFails)
        return fmt::format("; but not everything {} holds: at {} {}", up ? "below" : "above",
                           value(points[i]), failing(points[i]));
    }
    return "";
  }

  std::string break_even() const {
    const auto& points = part_.points;
    const std::string what = fmt::format("{} by {}", q_.metric, q_.key().key);
    std::string stretches;
    const Point* from = nullptr;
    const Point* to = nullptr;
    const auto end = [&] {
      if (from == nullptr) return;
      stretches += fmt::format("{}{} {}", stretches.empty() ? "" : ", ",
                               from == to ? "at " + value(*from)
                                          : fmt::format("from {} to {}", value(*from), value(*to)),
                               verdict_text(view_, *from));
    };
    for (const Point& point : points) {
      if (point.label == question::kOpen) continue;
      if (from != nullptr && point.label != from->label) end(), from = nullptr;
      if (from == nullptr) from = &point;
      to = &point;
    }
    end();
    std::string out = part_.changes.empty() ? fmt::format("no break-even of {}: ", what)
                                            : fmt::format("break-even of {}: ", what);
    out += stretches.empty() ? "nothing is known" : stretches;
    for (const auto& [before, after] : part_.changes) {
      for (const std::size_t side : {before, after})
        if (points[side].label >= question::kOnlyFirst)
          return out + "; " + fails_on_a_side(points[side]) + rest();
    }
    return out + rest();
  }

  std::string rest() const {
    return part_.status == Status::not_determined ? "; " + why_open() : "";
  }

  /// What keeps one of two settings out.
  std::string fails_on_a_side(const Point& point) const {
    const auto& levels = q_.study.axes[q_.between()].levels;
    const std::size_t side = point.label == question::kOnlyFirst ? 1 : 0;
    Point of_side = point;
    const auto begin =
        point.findings.begin() + static_cast<std::ptrdiff_t>(side * q_.objectives.size());
    if (!point.excluded)
      of_side.findings.assign(begin, begin + static_cast<std::ptrdiff_t>(q_.objectives.size()));
    return fmt::format("with {} at {} {}", levels[side].text, value(point), failing(of_side));
  }

  std::string combination(const Point& point) const {
    return axes_text(plan_, point.position, 0, point.position.size());
  }

  std::string list(const std::vector<std::size_t>& which) const {
    std::string out;
    for (const std::size_t i : which)
      out += (out.empty() ? "" : " and ") + combination(part_.points[i]);
    return out;
  }

  std::string cheapest() const {
    const auto& points = part_.points;
    const auto cost = [&](const Point& p) {
      return p.figure ? estimate_text(*p.figure, metric_unit(view_)) : "not reached";
    };
    const std::string less =
        part_.beyond ? fmt::format("{} at {}, but {}", combination(points[*part_.beyond]),
                                   cost(points[*part_.beyond]), failing(points[*part_.beyond]))
                     : "";
    if (!part_.best)
      return (part_.status == Status::none ? "no combination will do"
                                           : "the cheapest is not known: " + why_open()) +
             (less.empty() ? "" : "; the cheapest is " + less);
    const Point& best = points[*part_.best];
    std::string out =
        fmt::format("the best {} has {}: {}", q_.metric, combination(best), cost(best));
    if (!part_.equals.empty()) out += fmt::format("; the same has {}", list(part_.equals));
    if (!part_.rivals.empty())
      out += fmt::format("; it cannot be told from {}", list(part_.rivals));
    if (part_.status == Status::not_determined && part_.rivals.empty()) out += "; " + why_open();
    return out + (less.empty() ? "" : "; better would be " + less);
  }

  const PlanView& view_;
  const question::Question& q_;
  const study::Plan& plan_;
  const Part& part_;
};

}  // namespace

const char* status_name(Status status) {
  return status == Status::answered ? "answered"
         : status == Status::none   ? "none"
                                    : "not_determined";
}

Status plan_status(const question::Answer& answer) {
  Status all = Status::none;
  for (const Part& part : answer.parts) {
    if (part.status == Status::not_determined) return part.status;
    if (part.status == Status::answered) all = part.status;
  }
  return all;
}

std::string axes_text(const study::Plan& plan, const study::Position& position, std::size_t from,
                      std::size_t to) {
  std::string out;
  for (std::size_t a = from; a < to; ++a)
    out += fmt::format("{}{}={}", out.empty() ? "" : ", ", plan.study().axes[a].name,
                       plan.shown(a, position[a]));
  return out;
}

std::string outcome_text(const question::Finding& finding) {
  return finding.outcome ? std::string(word(*finding.outcome)) : "";
}

std::string found_text(const question::Objective& objective, const question::Finding& finding) {
  if (objective.is_outcome())
    return outcome_text(finding) + (finding.reason.empty() ? "" : ": " + finding.reason);
  if (!finding.low) return "not reached";
  const Unit unit = finding.unit.value_or(Unit::one);
  const std::string low = with_unit(*finding.low, unit);
  return *finding.low == *finding.high ? low : low + " to " + with_unit(*finding.high, unit);
}

std::string estimate_text(const analysis::Estimate& e, Unit unit) {
  std::string out = with_unit(e.mean, unit);
  if (e.lo && *e.hi > *e.lo)
    out += fmt::format(" [{}, {}]", with_unit(*e.lo, unit), with_unit(*e.hi, unit));
  return out;
}

Unit metric_unit(const PlanView& view) {
  const std::string& metric = view.question.metric;
  for (const study::MetricName& m : view.runs.metrics())
    if (m.is(metric)) return m.unit;
  const auto parameter = view.plan().lookup(view.plan().at(0))(metric);
  return parameter ? parameter->unit : Unit::one;
}

std::string verdict_text(const PlanView& view, const Point& point) {
  const question::Question& q = view.question;
  const auto setting = [&](std::size_t side) {
    return q.study.axes[q.between()].levels[side].text;
  };
  switch (point.label) {
    case question::kFails:
      return point.excluded ? "excluded" : "fails";
    case question::kHolds:
      return "holds";
    case question::kFirst:
      return setting(0);
    case question::kSecond:
      return setting(1);
    case question::kEqual:
      return "both the same";
    case question::kOnlyFirst:
      return "only " + setting(0);
    case question::kOnlySecond:
      return "only " + setting(1);
    case question::kNeither:
      return "neither";
    default:
      return "open";
  }
}

std::string plan_sentence(const PlanView& view, const Part& part) {
  return Sentence(view, part).text();
}

}  // namespace mhp::cli
