#include "analysis/validation/published/target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "analysis/validation/published/set_up.hpp"
#include "sim/config/toml_source.hpp"
#include "sim/core/units.hpp"

namespace mhp::published {

namespace {

ParamSet<Target> target_params() {
  using T = Target;
  ParamSet<T> set;
  set.add("id", &T::id, {.doc = "short name", .required = true})
      .add("quantity", &T::quantity, {.doc = "what was measured", .required = true})
      .add("published", &T::published, {.doc = "the figures, as printed", .required = true})
      .add("criterion", &T::criterion, {.doc = "when the prediction is right", .required = true})
      .add("fitted", &T::fitted, {.doc = "constants that were fitted, and on which data"})
      .add("note", &T::note, {.doc = "what else to know: a mechanism that is missing, a doubt"})
      .add("sampled_with", &T::sampled_with, {.doc = "of all cases that do not say (see there)"})
      .add("must", &T::must, {.doc = "the check fails without it"})
      .subtable("case")
      .subtable("check");
  return set;
}

struct CaseParams {
  std::string name;
  std::string per;
  std::string arithmetic;
  std::vector<std::string> published;
  std::vector<std::string> sampled_with;
  std::vector<std::string> certain;
  std::string certain_because;
};

ParamSet<CaseParams> case_params() {
  using C = CaseParams;
  ParamSet<C> set;
  set.add("name", &C::name, {.doc = "what checks call it", .required = true})
      .add("per", &C::per, {.doc = "a number by which the value is divided"})
      .add("arithmetic", &C::arithmetic,
           {.doc = "why the value is no test of the model: a price times a count, or the published "
                   "law itself"})
      .add("published", &C::published, {.doc = "what was measured for this case alone"})
      .add("sampled_with", &C::sampled_with,
           {.doc = "settings of the experiment when it is simulated for an interval, so that it "
                   "takes less time: a part of the work, to which the rest is in proportion"})
      .add("certain", &C::certain,
           {.doc = "constants of which the case leaves nothing open, so that their ranges are not "
                   "drawn from"})
      .add("certain_because", &C::certain_because, {.doc = "why"});
  for (const std::string& name : experiments().names()) set.subtable(name);
  return set;
}

struct CheckParams {
  std::string kind;
  std::vector<std::string> cases;
  std::string min, max, each, mean, equals, arithmetic;
};

ParamSet<CheckParams> check_params() {
  using C = CheckParams;
  ParamSet<C> set;
  set.add("kind", &C::kind,
          {.doc = "the condition",
           .required = true,
           .choices = {{"within", "the value of every case is from min to max"},
                       {"ratio", "the first case's value over the second's is from min to max"},
                       {"deviation", "from the published values: of each case, and in the mean"},
                       {"spread", "largest value over smallest, less 1, is at most max"},
                       {"outcome", "every case ends as 'equals' says"}}})
      .add("cases", &C::cases, {.doc = "names of cases; empty: all"})
      .add("min", &C::min, {.doc = "least value"})
      .add("max", &C::max, {.doc = "largest value"})
      .add("each", &C::each, {.doc = "largest deviation of one case"})
      .add("mean", &C::mean, {.doc = "largest mean of the absolute deviations"})
      .add("equals", &C::equals, {.doc = "outcome: ok, enomem, refused or oom"})
      .add("arithmetic", &C::arithmetic, {.doc = "why the condition is no test of the model"});
  return set;
}

/// Reads one target; collects all that is wrong.
class Reader {
 public:
  explicit Reader(const Value& root) : root_(root) {}

  Result<Target> read() {
    Target t;
    target_params().read(root_, t, errors_);
    // Every table may say where its numbers come from; a target has to.
    if (const Value* source = root_.find("source");
        source != nullptr && source->string() != nullptr)
      t.source = *source->string();
    else
      bad(root_, "no 'source'", "say who published it, when and where");
    t.data = read_strings(root_, "data", errors_);
    if (t.data.empty()) bad(root_, "no 'data'", "list the ids of what was measured");
    for (const Value* v : tables("case")) read_case(*v, t);
    for (const Value* v : tables("check")) read_check(*v, t);
    const bool tests = std::any_of(t.checks.begin(), t.checks.end(),
                                   [](const Check& c) { return c.arithmetic.empty(); });
    if (t.must && !tests) bad(root_, "a 'must' that is arithmetic", "leave 'must' out");
    if (!errors_.empty()) return tl::unexpected<Diagnostics>(std::move(errors_));
    return t;
  }

 private:
  std::vector<const Value*> tables(const std::string& key) {
    std::vector<const Value*> out;
    const Value* list = root_.find(key);
    if (list != nullptr && list->array() != nullptr)
      for (const Value& v : *list->array()) out.push_back(&v);
    if (out.empty()) bad(root_, fmt::format("no [[{}]] table", key), "add one");
    return out;
  }

  void read_case(const Value& table, Target& t) {
    CaseParams p;
    case_params().read(table, p, errors_);
    Case c;
    c.name = p.name;
    c.published = p.published;
    c.arithmetic = p.arithmetic;
    c.certain = p.certain;
    c.sampled_with = table.find("sampled_with") != nullptr ? p.sampled_with : t.sampled_with;
    if (p.certain.empty() != p.certain_because.empty())
      bad(table, "one of 'certain' and 'certain_because'", "say both or neither");
    c.data = table.find("data") != nullptr ? read_strings(table, "data", errors_) : t.data;
    for (const std::string& text : p.published) {
      c.published_values.push_back(number(text, table).value_or(1));
      if (c.published_values.back() <= 0)
        bad(table, fmt::format("published '{}'", text), "deviations are from a number above 0");
    }
    if (!p.per.empty()) c.per = number(p.per, table);
    for (const std::string& name : experiments().names()) {
      const Value* own = table.find(name);
      if (own == nullptr) continue;
      if (!c.experiment.empty()) bad(*own, "a second experiment", "one for each case");
      c.experiment = name;
      c.table = *own;
    }
    if (c.experiment.empty())
      bad(table, "a case without an experiment",
          fmt::format("add a table of one of: {}", fmt::join(experiments().names(), ", ")));
    t.cases.push_back(std::move(c));
  }

  void read_check(const Value& table, Target& t) {
    CheckParams p;
    check_params().read(table, p, errors_);
    Check c{p.kind, p.cases, 0, 0, {}, {}, p.equals, p.arithmetic};
    const auto known = [&](const std::string& name) {
      return std::any_of(t.cases.begin(), t.cases.end(),
                         [&](const Case& one) { return one.name == name; });
    };
    for (const std::string& name : c.cases)
      if (!known(name)) bad(table, fmt::format("no case '{}'", name), "name one of the file");
    if (c.cases.empty())
      for (const Case& one : t.cases) c.cases.push_back(one.name);
    const bool range = p.kind == "within" || p.kind == "ratio";
    if (range || p.kind == "spread") {
      if (range && p.min.empty()) bad(table, "no 'min'", "add it");
      if (p.max.empty()) bad(table, "no 'max'", "add it");
      if (!p.min.empty()) c.min = number(p.min, table).value_or(0);
      if (!p.max.empty()) c.max = number(p.max, table).value_or(0);
    }
    if (p.kind == "ratio" && c.cases.size() != 2)
      bad(table, "a ratio is of two cases", "name the numerator, then the denominator");
    if (p.kind == "deviation") {
      if (p.each.empty() && p.mean.empty()) bad(table, "no 'each' and no 'mean'", "add one");
      if (!p.each.empty()) c.each = number(p.each, table);
      if (!p.mean.empty()) c.mean = number(p.mean, table);
      for (const Case& one : t.cases)
        if (one.published.empty() &&
            std::find(c.cases.begin(), c.cases.end(), one.name) != c.cases.end())
          bad(table, fmt::format("case '{}' has no 'published'", one.name), "add it to the case");
    }
    if (c.arithmetic.empty()) c.arithmetic = arithmetic_of(c.cases, t);
    t.checks.push_back(std::move(c));
  }

  /// Why a condition on these cases is no test: they are all arithmetic themselves.
  static std::string arithmetic_of(const std::vector<std::string>& names, const Target& t) {
    std::string why;
    for (const Case& c : t.cases) {
      if (std::find(names.begin(), names.end(), c.name) == names.end()) continue;
      if (c.arithmetic.empty()) return {};
      why = c.arithmetic;
    }
    return why;
  }

  std::optional<double> number(const std::string& text, const Value& where) {
    const auto value = parse_quantity(text);
    if (!value)
      bad(where, fmt::format("'{}' is no quantity", text), "for example \"33s\", \"1.5\", \"20%\"");
    return value;
  }

  void bad(const Value& where, std::string problem, std::string remedy) {
    errors_.push_back({where.where, std::move(problem), std::move(remedy)});
  }

  const Value& root_;
  Diagnostics errors_;
};

}  // namespace

std::optional<double> parse_quantity(const std::string& text) {
  if (const auto time = parse_picoseconds(text)) return static_cast<double>(time->value) / 1000;
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{}) return std::nullopt;
  if (rest == end) return value;
  if (rest + 1 == end && *rest == '%') return value / 100;
  return std::nullopt;
}

Result<Target> load_target(const std::string& path) {
  const auto root = config::load_toml(path);
  if (!root) return tl::unexpected<Diagnostics>(root.error());
  return read_target(*root);
}

Result<Target> read_target(const Value& root) { return Reader(root).read(); }

std::vector<ParamInfo> describe_target() {
  std::vector<ParamInfo> all = target_params().describe("");
  const auto append = [&](std::vector<ParamInfo> more) {
    all.insert(all.end(), more.begin(), more.end());
  };
  append(case_params().describe("case.N"));
  for (const auto& [name, experiment] : experiments().entries())
    append(experiment.describe(fmt::format("case.N.{}", name)));
  append(check_params().describe("check.N"));
  return all;
}

}  // namespace mhp::published
