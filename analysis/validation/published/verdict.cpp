#include "analysis/validation/published/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>

#include "sim/config/sample.hpp"
#include "sim/core/parallel.hpp"
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

/// Whether what a check asks is true of one of its cases.
bool is_inside(const Check& check, const CheckResult& result, const CaseResult& c) {
  if (check.kind == "within")
    return c.measured.value && *c.measured.value >= check.min && *c.measured.value <= check.max;
  if (check.kind == "deviation" && check.each)
    return c.deviation && std::abs(*c.deviation) <= *check.each;
  if (check.kind == "outcome") return c.measured.outcome == check.equals;
  return result.pass;
}

/// A case that is being simulated.
struct Open {
  std::size_t target;
  const Case* of;
  Measured measured;
  bool sampled;
  std::vector<std::optional<double>> samples;
  std::optional<double> base;
  Diagnostics errors;
};

/// Takes the ranges away that a case calls certain.
void make_certain(Open& c) {
  for (const std::string& name : c.of->certain) {
    auto& all = c.measured.rests_on;
    const auto at =
        std::find_if(all.begin(), all.end(), [&](const ParamValue& p) { return p.name == name; });
    if (at != all.end())
      at->range.reset();
    else
      c.errors.push_back({c.of->table.where, fmt::format("certain '{}'", name),
                          fmt::format("{} does not rest on it", c.of->name)});
  }
}

/// Simulations on several threads.
struct Steps {
  const JudgeOptions& options;
  std::size_t all;
  std::size_t done = 0;
  std::mutex mutex = {};

  void run(std::size_t count, const std::function<void(std::size_t)>& work) {
    parallel_for(count, options.threads, [&](std::size_t i) {
      work(i);
      const std::scoped_lock lock(mutex);
      ++done;
      if (options.progress) options.progress(done, all);
    });
  }
};

/// The constant that goes along with the samples most; those without a value are the greatest.
std::optional<run::Driver> widened_by(const Open& c, std::uint64_t seed) {
  std::vector<std::vector<config::Drawn>> drawn;
  std::vector<double> values;
  for (const auto& value : c.samples) {
    drawn.push_back(config::draw_sample(c.measured.rests_on, seed, values.size()));
    values.push_back(value.value_or(std::numeric_limits<double>::infinity()));
  }
  const auto drivers = run::drivers_of(drawn, values, 1);
  return drivers.empty() ? std::nullopt : std::optional(drivers.front());
}

/// Adds a case that was simulated to the verdict on its target.
void add(Verdict& v, const Open& from, const JudgeOptions& options) {
  const Case& c = *from.of;
  CaseResult r{c.name, from.measured, c.published_values, {}, {}, {}, options.samples > 0, {},
               {},     false};
  if (r.measured.value && c.per) *r.measured.value /= *c.per;
  if (r.measured.value && !r.published.empty())
    r.deviation = *r.measured.value / r.published_mean() - 1;
  if (r.sampled && r.measured.value)
    r.interval = interval_of(*r.measured.value, from.base, from.samples);
  r.widened_by = widened_by(from, options.seed);
  r.set_by = set_by(r.measured.rests_on, c.data);
  r.kind = !c.arithmetic.empty() ? Class::arithmetic
           : r.set_by.empty()    ? Class::prediction
                                 : Class::consistency;
  v.predicted += fmt::format("{}{} {}", v.predicted.empty() ? "" : ", ", r.name, show(r.measured));
  v.cases.push_back(std::move(r));
}

/// What the checks say of the cases.
void conclude(const Target& target, Verdict& v) {
  v.pass = true;
  std::map<std::string, bool> inside;
  for (const Check& check : target.checks) {
    CheckResult result = result_of(check, v.cases);
    result.arithmetic = !check.arithmetic.empty();
    if (result.arithmetic) result.text += fmt::format("; arithmetic: {}", check.arithmetic);
    v.pass = v.pass && result.pass;
    for (const CaseResult* c : named(check, v.cases))
      if (!result.arithmetic) {
        const bool ok = is_inside(check, result, *c);
        const auto [at, first] = inside.emplace(c->name, ok);
        if (!first) at->second = at->second && ok;
      }
    v.checks.push_back(std::move(result));
  }
  for (CaseResult& c : v.cases) c.inside = inside.contains(c.name) && inside[c.name];
}

}  // namespace

std::string show(const Measured& m) { return m.value ? show_value(*m.value, m.time) : m.outcome; }

std::string show(const CaseResult& like, double value) {
  return show_value(value, like.measured.time);
}

bool Verdict::arithmetic() const {
  return std::all_of(checks.begin(), checks.end(),
                     [](const CheckResult& c) { return c.arithmetic; });
}

double CaseResult::published_mean() const {
  double sum = 0;
  for (const double p : published) sum += p;
  return sum / static_cast<double>(published.size());
}

Result<std::vector<Verdict>> judge(const std::vector<Target>& targets,
                                   const JudgeOptions& options) {
  std::vector<Open> cases;
  for (std::size_t t = 0; t < targets.size(); ++t)
    for (const Case& c : targets[t].cases) cases.push_back({t, &c, {}, {}, {}, {}, {}});
  const auto samples = static_cast<std::size_t>(options.samples);
  Steps steps{options, cases.size() * (1 + (samples > 0 ? samples + 1 : 0))};
  steps.run(cases.size(), [&](std::size_t i) {
    Open& c = cases[i];
    c.measured = experiments().find(c.of->experiment)->run(c.of->table, c.errors);
    if (c.errors.empty()) make_certain(c);
    c.sampled =
        samples > 0 && c.errors.empty() && c.measured.value && has_ranges(c.measured.rests_on);
    if (c.sampled) c.samples.resize(samples);
  });
  // All samples of all cases in one queue, and one more of each: its value without drawing, which
  // is another only where the work is less.
  std::vector<Diagnostics> errors(cases.size() * (samples + 1));
  steps.run(samples > 0 ? errors.size() : 0, [&](std::size_t i) {
    Open& c = cases[i / (samples + 1)];
    const std::size_t number = i % (samples + 1);
    if (!c.sampled) return;
    const bool draws = number < samples;
    if (!draws && c.of->sampled_with.empty()) {
      c.base = c.measured.value;
      return;
    }
    const auto value =
        sampled_value(*c.of, c.measured.rests_on, options.seed,
                      draws ? std::optional<std::uint64_t>(number) : std::nullopt, errors[i]);
    (draws ? c.samples[number] : c.base) = value;
  });
  Diagnostics wrong;
  for (const Open& c : cases) wrong.insert(wrong.end(), c.errors.begin(), c.errors.end());
  for (const Diagnostics& e : errors) wrong.insert(wrong.end(), e.begin(), e.end());
  if (!wrong.empty()) return tl::unexpected<Diagnostics>(std::move(wrong));
  std::vector<Verdict> out(targets.size());
  for (const Open& c : cases) add(out[c.target], c, options);
  for (std::size_t t = 0; t < targets.size(); ++t) conclude(targets[t], out[t]);
  return out;
}

}  // namespace mhp::published
