#include "analysis/validation/published/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/core/units.hpp"

namespace mhp::published {

namespace {

std::string show_value(double value, bool time) {
  if (time && value >= 1000)
    return format_time(SimTime{static_cast<std::int64_t>(std::llround(value))});
  return time ? fmt::format("{:.4g} ns", value) : fmt::format("{:.6g}", value);
}

/// The cases that a check names, in its order.
std::vector<const CaseResult*> named(const Check& check, const std::vector<CaseResult>& cases) {
  std::vector<const CaseResult*> out;
  for (const std::string& name : check.cases)
    for (const CaseResult& c : cases)
      if (c.name == name) out.push_back(&c);
  return out;
}

CheckResult within(const Check& check, const std::vector<const CaseResult*>& cases) {
  CheckResult r{"", true};
  for (const CaseResult* c : cases) {
    const double v = c->measured.value.value_or(-1);
    const bool ok = c->measured.value && v >= check.min && v <= check.max;
    r.pass = r.pass && ok;
    r.text += fmt::format("{}{} {}", r.text.empty() ? "" : ", ", c->name, show(c->measured));
  }
  const bool time = cases.front()->measured.time;
  r.text += fmt::format(" in {} .. {}", show_value(check.min, time), show_value(check.max, time));
  return r;
}

CheckResult ratio(const Check& check, const std::vector<const CaseResult*>& cases) {
  if (!cases[0]->measured.value || !cases[1]->measured.value)
    return {"a case of the ratio has no value", false};
  const double r = *cases[0]->measured.value / *cases[1]->measured.value;
  return {fmt::format("{} / {} = {:.4g} in {:.4g} .. {:.4g}", cases[0]->name, cases[1]->name, r,
                      check.min, check.max),
          r >= check.min && r <= check.max};
}

CheckResult deviation(const Check& check, const std::vector<const CaseResult*>& cases) {
  double sum = 0;
  double worst = 0;
  for (const CaseResult* c : cases) {
    if (!c->deviation) return {fmt::format("{} has no value", c->name), false};
    sum += std::abs(*c->deviation);
    worst = std::max(worst, std::abs(*c->deviation));
  }
  const double mean = sum / static_cast<double>(cases.size());
  CheckResult r{fmt::format("{} cases: worst {:.1f} %", cases.size(), 100 * worst), true};
  if (check.each) {
    r.text += fmt::format(" (at most {:g} %)", 100 * *check.each);
    r.pass = worst <= *check.each;
  }
  r.text += fmt::format(", mean {:.1f} %", 100 * mean);
  if (check.mean) {
    r.text += fmt::format(" (at most {:g} %)", 100 * *check.mean);
    r.pass = r.pass && mean <= *check.mean;
  }
  return r;
}

CheckResult spread(const Check& check, const std::vector<const CaseResult*>& cases) {
  double least = 0;
  double most = 0;
  for (const CaseResult* c : cases) {
    if (!c->measured.value) return {fmt::format("{} has no value", c->name), false};
    least = c == cases.front() ? *c->measured.value : std::min(least, *c->measured.value);
    most = std::max(most, *c->measured.value);
  }
  return {
      fmt::format("spread {:.2f} % (at most {:g} %)", 100 * (most / least - 1), 100 * check.max),
      most / least - 1 <= check.max};
}

CheckResult outcome(const Check& check, const std::vector<const CaseResult*>& cases) {
  CheckResult r{"", true};
  for (const CaseResult* c : cases) {
    r.pass = r.pass && c->measured.outcome == check.equals;
    r.text += fmt::format("{}{} {}", r.text.empty() ? "" : ", ", c->name, c->measured.outcome);
  }
  r.text += fmt::format(" (expected {})", check.equals);
  return r;
}

CheckResult result_of(const Check& check, const std::vector<CaseResult>& cases) {
  const auto about = named(check, cases);
  if (check.kind == "within") return within(check, about);
  if (check.kind == "ratio") return ratio(check, about);
  if (check.kind == "deviation") return deviation(check, about);
  if (check.kind == "spread") return spread(check, about);
  return outcome(check, about);
}

}  // namespace

std::string show(const Measured& m) { return m.value ? show_value(*m.value, m.time) : m.outcome; }

Result<Verdict> judge(const Target& target) {
  Verdict v;
  Diagnostics errors;
  for (const Case& c : target.cases) {
    CaseResult r{
        c.name, experiments().find(c.experiment)->run(c.table, errors), c.published_values, {}};
    if (!errors.empty()) return tl::unexpected<Diagnostics>(std::move(errors));
    if (r.measured.value && c.per) *r.measured.value /= *c.per;
    if (r.measured.value && !r.published.empty()) {
      double mean = 0;
      for (const double p : r.published) mean += p / static_cast<double>(r.published.size());
      r.deviation = *r.measured.value / mean - 1;
    }
    v.predicted +=
        fmt::format("{}{} {}", v.predicted.empty() ? "" : ", ", r.name, show(r.measured));
    v.cases.push_back(std::move(r));
  }
  v.pass = true;
  for (const Check& check : target.checks) {
    v.checks.push_back(result_of(check, v.cases));
    v.pass = v.pass && v.checks.back().pass;
  }
  return v;
}

}  // namespace mhp::published
