#include "sim/study/compare/condition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace mhp::study {

namespace {

constexpr const char* kForm = "write METRIC RELATION AMOUNT, as in 'time_to_online > +5%'";

/// A text taken apart from left to right, with the column of each part.
class Parts {
 public:
  Parts(const std::string& text, Location where) : text_(text), where_(std::move(where)) {}

  /// The next letters of a kind, after blanks.
  template <class Test>
  std::string take(Test test) {
    while (next_ < text_.size() && text_[next_] == ' ') ++next_;
    begin_ = next_;
    while (next_ < text_.size() && test(text_[next_])) ++next_;
    return text_.substr(begin_, next_ - begin_);
  }
  /// All that is left, without blanks around it.
  std::string rest() {
    std::string all = take([](char) { return true; });
    all.erase(all.find_last_not_of(' ') + 1);
    return all;
  }
  /// Where the part taken last stands.
  Location at() const { return {where_.file, where_.line, static_cast<int>(begin_) + 1}; }

 private:
  const std::string& text_;
  Location where_;
  std::size_t next_ = 0, begin_ = 0;
};

bool in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == ':' || c == '-' || c == '.';
}

Result<MetricName> metric_named(const std::string& name, const Location& at,
                                const MetricSet& known) {
  std::vector<MetricName> found;
  std::vector<std::string> names;
  for (const MetricName& m : known) {
    if (m.is(name)) found.push_back(m);
    names.push_back(m.name);
  }
  if (found.empty())
    return fail(at, fmt::format("no run here has a metric '{}'", name), did_you_mean(name, names));
  if (found.size() > 1)
    return fail(at, fmt::format("'{}' is a metric of two phases", name),
                fmt::format("write {}:{} or {}:{}", name, word(found[0].phase), name,
                            word(found[1].phase)));
  return found.front();
}

const char* units_of(Unit unit) {
  if (unit == Unit::ns) return "a time, as in 2ms or 1.5s";
  if (unit == Unit::byte) return "a size, as in 64MiB or 1.5GiB";
  if (unit == Unit::page) return "a whole number of pages";
  return "a whole number";
}

/// Percent as a fraction.
Result<double> percent(const std::string& text, const Location& at) {
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() ||
      !std::isfinite(number))
    return fail(at, fmt::format("'{}%' is no percentage", text), "write it as in +5% or -2.5%");
  return number / 100;
}

/// Whether it could be below 0: times, counts and pages that were taken could not.
bool may_be_negative(const MetricName& m) {
  return m.unit == Unit::byte || m.name.ends_with("_delta");
}

}  // namespace

Result<Condition> Condition::parse(const std::string& text, const Location& where,
                                   const MetricSet& known) {
  Condition c;
  c.text_ = text;
  Parts parts(text, where);
  const std::string name = parts.take(in_name);
  if (name.empty()) return fail(parts.at(), "a condition begins with a metric", kForm);
  const bool of_outcome = name == "outcome";
  if (!of_outcome) {
    auto metric = metric_named(name, parts.at(), known);
    if (!metric) return tl::unexpected<Diagnostics>(metric.error());
    c.metric_ = std::move(*metric);
  }
  const std::string relation =
      parts.take([](char x) { return x == '<' || x == '>' || x == '=' || x == '!'; });
  const auto named_relation = named<Relation>(relation);
  if (!named_relation)
    return fail(
        parts.at(),
        relation.empty() ? "a relation is missing" : fmt::format("'{}' is no relation", relation),
        "use >, >=, <, <=, == or !=");
  c.relation_ = *named_relation;
  std::string amount = parts.rest();
  const Location at = parts.at();
  if (amount.empty()) return fail(at, "an amount is missing", kForm);
  if (of_outcome) {
    c.outcome_ = named<run::Outcome>(amount);
    if (!c.outcome_)
      return fail(at, fmt::format("'{}' is no outcome", amount),
                  did_you_mean(amount, all_words<run::Outcome>()));
    return c;
  }
  const bool sign = amount.front() == '+' || amount.front() == '-';
  const double factor = amount.front() == '-' ? -1 : 1;
  if (sign) amount.erase(0, 1);
  if (!amount.empty() && amount.back() == '%') {
    amount.pop_back();
    if (!sign)
      return fail(
          at, fmt::format("'{}%' has no sign", amount),
          fmt::format("a share of the baseline is a difference: +{}% or -{}%", amount, amount));
    const auto share = percent(amount, at);
    if (!share) return tl::unexpected<Diagnostics>(share.error());
    c.kind_ = Kind::relative;
    c.amount_ = factor * *share;
    if (c.amount_ < -1 && !may_be_negative(c.metric_))
      return fail(at, fmt::format("{} cannot fall by more than 100 %", c.metric_.name),
                  "this condition could never change");
    return c;
  }
  const auto number = study::amount(amount, c.metric_.unit, at);
  if (!number)
    return fail(at, fmt::format("'{}' is no amount of {}", amount, c.metric_.name),
                fmt::format("write {}, with a sign for a difference, or a percentage as +5%",
                            units_of(c.metric_.unit)));
  c.kind_ = sign ? Kind::absolute : Kind::value;
  c.amount_ = factor * static_cast<double>(*number);
  const bool below_zero = c.kind_ == Kind::value && c.amount_ == 0 &&
                          (c.relation_ == Relation::less || c.relation_ == Relation::at_least);
  if (below_zero && !may_be_negative(c.metric_))
    return fail(at, fmt::format("{} is never below 0", c.metric_.name),
                "this condition could never change");
  return c;
}

bool Condition::compares(double value) const {
  switch (relation_) {
    case Relation::equal:
      return value == amount_;
    case Relation::not_equal:
      return value != amount_;
    case Relation::at_most:
      return value <= amount_;
    case Relation::at_least:
      return value >= amount_;
    case Relation::less:
      return value < amount_;
    case Relation::greater:
      return value > amount_;
  }
  return false;
}

// Of a baseline of 0 every difference is more than any share of it, and none is less.
bool Condition::holds(const Difference& d) const {
  if (!d.significant.value_or(true)) return false;
  const double difference = d.abs.centre();
  if (kind_ == Kind::absolute) return compares(difference);
  // A share of the size of the baseline, so that the sign always tells the direction.
  if (d.rel) return compares(std::copysign(*d.rel, difference));
  if (difference == 0) return compares(0);
  return compares(std::copysign(std::numeric_limits<double>::infinity(), difference));
}

std::vector<Condition::Finding> Condition::outcomes(const Comparison& comparison) const {
  std::vector<Finding> out;
  for (const PlacementRow& p : comparison.placements) {
    const bool equal = p.outcome == *outcome_;
    const bool worse = p.outcome > *outcome_;
    const bool holds = relation_ == Relation::equal       ? equal
                       : relation_ == Relation::not_equal ? !equal
                       : relation_ == Relation::greater   ? worse
                       : relation_ == Relation::at_least  ? worse || equal
                       : relation_ == Relation::at_most   ? !worse
                                                          : !worse && !equal;
    if (holds) out.push_back({p.name, Met::holds, nullptr});
  }
  return out;
}

std::vector<Condition::Finding> Condition::findings(const Comparison& comparison) const {
  if (is_outcome()) return outcomes(comparison);
  const auto row = std::find_if(
      comparison.metrics.begin(), comparison.metrics.end(),
      [&](const MetricRow& r) { return r.name == metric_.name && r.phase == metric_.phase; });
  const MetricRow* found = row == comparison.metrics.end() ? nullptr : &*row;
  std::vector<Finding> out;
  for (std::size_t i = kind_ == Kind::value ? 0 : 1; i < comparison.placements.size(); ++i) {
    const std::string& name = comparison.placements[i].name;
    if (found == nullptr) {
      out.push_back({name, Met::not_reached, nullptr});
    } else if (kind_ == Kind::value) {
      const auto& value = found->values.at(name);
      if (!value)
        out.push_back({name, Met::not_reached, found});
      else if (compares(value->centre()))
        out.push_back({name, Met::holds, found});
    } else {
      const auto& d = found->diff.at(name);
      if (!d)
        out.push_back({name, Met::not_reached, found});
      else if (holds(*d))
        out.push_back({name, Met::holds, found});
    }
  }
  return out;
}

}  // namespace mhp::study
