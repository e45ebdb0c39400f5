#include "sim/study/question/objective.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>

#include "sim/config/architectures.hpp"
#include "sim/core/types.hpp"
#include "sim/stats/stats.hpp"

namespace mhp::question {

using study::Lookup;
using study::MetricName;
using study::MetricSet;
using study::Operand;
using study::RunRecord;

namespace {

constexpr std::string_view kMean = "mean(";

/// The unit in which a limit is written; nothing if it is neither an amount nor a parameter.
std::optional<Unit> unit_of(const std::string& limit, const Lookup& scenario) {
  if (const auto parameter = scenario(limit)) return parameter->unit;
  for (const Unit unit : {Unit::one, Unit::ns, Unit::byte, Unit::byte_per_second})
    if (study::amount(limit, unit, {})) return unit;
  return std::nullopt;
}

/// Bytes of a page where a metric in pages is held against an amount of memory. A study may have
/// the architecture as an axis, which names it.
std::int64_t page_size_of(const Lookup& scenario) {
  if (const auto named = scenario("kernel.architecture"))
    if (const auto arch = config::load_architecture(named->text)) return arch->page_size.value;
  const auto stated = scenario("kernel.architecture.page_size");
  return stated && stated->number ? *stated->number : kernel::Geometry{}.page_size();
}

}  // namespace

bool is_metric_name(const std::string& word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
  });
}

Diagnostic unknown_metric(const std::string& metric, const Location& where,
                          const MetricSet& known) {
  std::vector<std::string> all;
  for (const MetricName& m : known) all.push_back(m.name);
  return {where, fmt::format("no run has a metric '{}'", metric), did_you_mean(metric, all)};
}

std::optional<Measured> measured(const RunRecord& record, const std::string& metric) {
  const MetricSet& set = *record.metrics;
  for (std::size_t i = 0; i < set.size(); ++i)
    if (set[i].is(metric)) return Measured{set[i].unit, record.values[i]};
  return std::nullopt;
}

Result<Objective> Objective::parse(const std::string& text, const Location& where,
                                   const Lookup& scenario) {
  std::vector<std::string> words;
  std::istringstream in(text);
  for (std::string word; in >> word;) words.push_back(word);
  if (words.size() < 3)
    return fail(where, fmt::format("'{}' is no objective", text),
                "write METRIC <= LIMIT, with blanks, as in psi_longest <= 1ms or outcome == ok");
  const std::string& subject = words[0];
  std::string metric = subject;
  const bool of_mean = metric.compare(0, kMean.size(), kMean) == 0 && metric.back() == ')';
  if (of_mean) metric = metric.substr(kMean.size(), metric.size() - kMean.size() - 1);
  if (!is_metric_name(metric) || (of_mean && metric == kOutcome))
    return fail(where, fmt::format("'{}' is no metric", subject),
                scenario(subject) ? "conditions on the scenario itself go into 'constraints'"
                                  : "write its name, NAME:PHASE or mean(NAME)");
  if (words[1] == "*")
    return fail(where, fmt::format("'{}' does not begin with one metric", text),
                "write METRIC <= LIMIT; only the limit may be a product");
  Unit unit = Unit::one;
  if (metric == kOutcome) {
    if (!named<run::Outcome>(words[2]))
      return fail(where, fmt::format("'{}' is no outcome", words[2]),
                  did_you_mean(words[2], all_words<run::Outcome>()));
  } else if (const auto limit = unit_of(words[2], scenario)) {
    unit = *limit;
  } else {
    return fail(where, fmt::format("'{}' is neither an amount nor a parameter", words[2]),
                "amounts have their unit at once, as in 1ms or 4GiB");
  }
  const Lookup lookup = [&](const std::string& name) -> std::optional<Operand> {
    if (name != subject) return scenario(name);
    return metric == kOutcome ? Operand{"ok"} : Operand{"0", 0, unit};
  };
  auto condition = study::Constraint::parse(text, where, lookup);
  if (!condition) return tl::unexpected<Diagnostics>(condition.error());
  if (of_mean && (words[1] == "==" || words[1] == "!="))
    return fail(where, "a mean is hardly ever equal to a limit", "compare it with <= or >=");
  Objective out(std::move(*condition));
  out.subject_ = subject;
  out.metric_ = metric;
  out.unit_ = unit;
  out.of_mean_ = of_mean;
  out.where_ = where;
  return out;
}

Result<void> Objective::check(const MetricSet& metrics) const {
  if (is_outcome()) return {};
  const auto m = std::find_if(metrics.begin(), metrics.end(),
                              [&](const MetricName& n) { return n.is(metric_); });
  if (m == metrics.end())
    return tl::unexpected<Diagnostics>(Diagnostics{unknown_metric(metric_, where_, metrics)});
  if (m->unit == unit_ || (m->unit == Unit::page && (unit_ == Unit::byte || unit_ == Unit::one)))
    return {};
  const char* example = m->unit == Unit::ns ? "1ms" : m->unit == Unit::byte ? "4GiB" : "4096";
  return fail(where_,
              fmt::format("{} has the unit {} and its limit has not", metric_,
                          m->unit == Unit::one ? "none" : word(m->unit)),
              fmt::format("write it as in {}", example));
}

bool Objective::holds(const Operand& subject, const Lookup& scenario) const {
  return condition_.holds(
      [&](const std::string& name) { return name == subject_ ? subject : scenario(name); });
}

bool Objective::holds(std::int64_t value, const Lookup& scenario) const {
  return holds({"", value, unit_}, scenario);
}

Finding Objective::judge(const std::vector<RunRecord>& replicates, const Lookup& scenario,
                         double confidence) const {
  Finding out{Standing::holds, {}, {}, {}, {}, ""};
  std::vector<double> values;
  const std::int64_t page_size = page_size_of(scenario);
  for (const RunRecord& r : replicates) {
    if (is_outcome()) {
      if (!holds({std::string(word(r.outcome))}, scenario)) out.standing = Standing::fails;
      if (!out.outcome || r.outcome > *out.outcome) {
        out.outcome = r.outcome;
        out.reason = r.reason;
      }
      continue;
    }
    const auto m = measured(r, metric_);
    if (!m || !m->value) {
      out.standing = Standing::fails;
      continue;
    }
    const bool in_bytes = m->unit == Unit::page && unit_ == Unit::byte;
    const std::int64_t value = *m->value * (in_bytes ? page_size : 1);
    out.unit = in_bytes ? Unit::byte : m->unit;
    values.push_back(static_cast<double>(value));
    if (!of_mean_ && !holds(value, scenario)) out.standing = Standing::fails;
  }
  if (!values.empty()) {
    const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
    out.low = *least;
    out.high = *greatest;
  }
  if (!of_mean_ || out.standing == Standing::fails) return out;
  Finding mean = judge_mean(values, scenario, confidence);
  mean.unit = out.unit;
  return mean;
}

Finding Objective::judge_mean(const std::vector<double>& values, const Lookup& scenario,
                              double confidence) const {
  const analysis::Estimate e = analysis::estimate(values, confidence);
  Finding out{Standing::open, e.lo, e.hi, {}, {}, ""};
  if (!e.lo) return out;
  // Limits are whole numbers: x <= limit and ceil(x) <= limit are the same, and x < limit and
  // floor(x) < limit.
  using study::Relation;
  const Relation relation = condition_.relation();
  const bool up = relation == Relation::at_most || relation == Relation::greater;
  const auto whole = [&](double x) {
    return static_cast<std::int64_t>(up ? std::ceil(x) : std::floor(x));
  };
  const bool at_low = holds(whole(*e.lo), scenario);
  const bool at_high = holds(whole(*e.hi), scenario);
  if (at_low == at_high) out.standing = at_low ? Standing::holds : Standing::fails;
  return out;
}

}  // namespace mhp::question
