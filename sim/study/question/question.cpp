#include "sim/study/question/question.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/config/toml_source.hpp"
#include "sim/study/design/scenarios.hpp"

namespace mhp::question {

namespace {

struct AskParams {
  std::string find;
  std::string metric;
  std::vector<std::string> also;
};

/// What a question file has as a study file has it.
constexpr std::array<const char*, 9> kOfStudy{
    "name", "doc", "scenario", "set", "constraints", "design", "samples", "design_seed", "metrics"};

/// Values on the key's grid.
constexpr std::int64_t kMaxCount = std::int64_t{1} << 53;

ParamSet<Effort> effort_params() {
  using P = Effort;
  ParamSet<P> set;
  set.add("budget", &P::budget,
          {.doc = "runs that the answer may rest on", .min = 1, .max = 1'000'000})
      .add("replicates", &P::replicates,
           {.doc = "runs of each point, with other random draws", .min = 1, .max = 10'000})
      .add("max_replicates", &P::max_replicates,
           {.doc = "runs of a point that stays open; 0: four times 'replicates'",
            .min = 0,
            .max = 10'000})
      .add("grid", &P::grid,
           {.doc = "evenly spaced values of the key to begin with", .min = 2, .max = 1'000})
      .add("confidence", &P::confidence,
           {.doc = "of the intervals of means and differences, in percent", .min = 50, .max = 99});
  for (const char* member : kOfStudy) set.subtable(member);
  for (const char* member : {"axis", "ask", "between", "objectives"}) set.subtable(member);
  return set;
}

ParamSet<AskParams> ask_params() {
  using P = AskParams;
  ParamSet<P> set;
  set.add("find", &P::find,
          {.doc = "what is asked",
           .required = true,
           .choices = {{"least", "value of the key for which all objectives hold"},
                       {"largest", "value of the key for which all objectives hold"},
                       {"break_even", "value of the key at which [between] change places"},
                       {"cheapest", "combination of the axes for which all objectives hold"}}})
      .add("metric", &P::metric,
           {.doc = "metric that decides (break_even), or the cost: a metric or a parameter"})
      .add("also", &P::also, {.doc = "further keys that take the same value"})
      .subtable("key")
      .subtable("name")
      .subtable("from")
      .subtable("to")
      .subtable("step");
  return set;
}

Value text_value(std::string text, const Location& where) { return {std::move(text), where}; }

/// Reads a question from its tree: makes a study of it, which checks most, and the rest.
class Reader {
 public:
  explicit Reader(Value root) : root_(std::move(root)) {}

  Result<Question> read(const std::vector<std::string>& settings) {
    static const ParamSet<Effort> effort = effort_params();
    effort.read(root_, q_.effort, errors_);
    const std::size_t before = errors_.size();
    read_ask();
    if (errors_.size() > before) return tl::unexpected<Diagnostics>(std::move(errors_));
    auto study = study::make_study(study_tree(), settings);
    if (!study) {
      keep(study.error());
      return tl::unexpected<Diagnostics>(std::move(errors_));
    }
    q_.study = std::move(*study);
    if (has_key()) read_grid();
    check_also();
    if (q_.find == Find::break_even) check_between();
    read_objectives();
    check_effort();
    if (errors_.empty() && has_key()) check_grid();
    if (!errors_.empty()) return tl::unexpected<Diagnostics>(std::move(errors_));
    return std::move(q_);
  }

 private:
  bool has_key() const { return q_.find != Find::cheapest; }

  void add(Location where, std::string problem, std::string remedy) {
    errors_.push_back({std::move(where), std::move(problem), std::move(remedy)});
  }
  void keep(const Diagnostics& more) { errors_.insert(errors_.end(), more.begin(), more.end()); }

  Location place(const char* key) const {
    const Value* v = root_.find(key);
    return v != nullptr ? v->where : root_.where;
  }
  Location ask_place(const char* key) const {
    const Value* v = ask_->find(key);
    return v != nullptr ? v->where : ask_->where;
  }

  void read_ask() {
    ask_ = root_.find("ask");
    if (ask_ == nullptr || ask_->table() == nullptr)
      return add(place("ask"), "no table 'ask'", "write [ask] and a line find = \"largest\"");
    static const ParamSet<AskParams> params = ask_params();
    params.read(*ask_, asked_, errors_, nullptr, "ask");
    if (!errors_.empty()) return;
    const std::vector<std::string> kinds{"least", "largest", "break_even", "cheapest"};
    q_.find = static_cast<Find>(std::find(kinds.begin(), kinds.end(), asked_.find) - kinds.begin());
    q_.metric = asked_.metric;
    q_.metric_where = ask_place("metric");
    const bool needs_metric = q_.find == Find::break_even || q_.find == Find::cheapest;
    if (needs_metric && q_.metric.empty())
      add(ask_->where, fmt::format("{} needs a 'metric'", asked_.find),
          "for example metric = \"time_to_usable\"");
    if (!needs_metric && !q_.metric.empty())
      add(q_.metric_where, fmt::format("{} has no 'metric'", asked_.find),
          "say in 'objectives' what must hold");
    for (const char* member : {"key", "from", "to", "step"}) {
      const bool there = ask_->find(member) != nullptr;
      if (there && !has_key())
        add(ask_place(member), fmt::format("cheapest has no '{}'", member),
            "write an [[axis]] for each key that may be chosen");
      else if (!there && has_key())
        add(ask_->where, fmt::format("'ask' has no '{}'", member),
            "the key is searched from, to, by steps");
    }
    const bool between = root_.find("between") != nullptr;
    if (between != (q_.find == Find::break_even))
      add(place("between"),
          between ? fmt::format("{} has no [between]", asked_.find)
                  : "break_even needs a table 'between'",
          between ? "write [[axis]] for an answer to each value"
                  : "write [between] with a key and two values");
  }

  /// The study of which the question asks: all that it shares with one, and the key as an axis that
  /// has the ends only.
  Value study_tree() {
    Value::Table study;
    for (const char* member : kOfStudy)
      if (const Value* v = root_.find(member); v != nullptr)
        study.push_back({member, *v, v->where});
    Value::Array axes;
    if (const Value* list = root_.find("axis"); list != nullptr) {
      if (list->array() == nullptr) {  // the study says what is wrong with it
        study.push_back({"axis", *list, list->where});
        return {std::move(study), root_.where};
      }
      axes = *list->array();
    }
    q_.free_axes = axes.size();
    if (const Value* between = root_.find("between"); between != nullptr) axes.push_back(*between);
    if (has_key()) add_keys(axes);
    if (!axes.empty()) study.push_back({"axis", Value{std::move(axes), root_.where}, root_.where});
    return {std::move(study), root_.where};
  }

  void add_keys(Value::Array& axes) {
    Value::Table table;
    for (const char* member : {"key", "name", "from", "to"})
      if (const Value* v = ask_->find(member); v != nullptr)
        table.push_back({member, *v, v->where});
    const Location& where = ask_->where;
    table.push_back({"count", Value{std::int64_t{2}, where}, where});
    table.push_back(
        {"design", text_value(asked_.also.empty() ? "cartesian" : "zipped", where), where});
    q_.keys.push_back(axes.size());
    axes.push_back({table, where});
    for (const std::string& key : asked_.also) {
      Value::Table other = table;
      std::erase_if(other, [](const auto& m) { return m.key == "name"; });
      std::string name = key;
      std::replace(name.begin(), name.end(), '.', '_');
      for (auto& m : other)
        if (m.key == "key") m.value = text_value(key, ask_place("also"));
      other.push_back({"name", text_value(name, where), where});
      q_.keys.push_back(axes.size());
      axes.push_back({std::move(other), where});
    }
  }

  void read_grid() {
    const study::Axis& key = q_.key();
    const Value& step = *ask_->find("step");
    const auto* whole = std::get_if<std::int64_t>(&step.data);
    const auto read = whole != nullptr ? Result<std::int64_t>(*whole)
                      : step.string() != nullptr
                          ? study::amount(*step.string(), key.unit, step.where)
                          : Result<std::int64_t>(0);
    if (!read) return keep(read.error());
    if (*read <= 0)
      return add(step.where, "ask.step is no amount above 0", "it is what the answer is exact to");
    const std::int64_t from = key.levels.front().number.value_or(0);
    const std::int64_t to = key.levels.back().number.value_or(0);
    q_.grid = {from, *read, (to - from) / *read + 1};
    if (q_.grid.count > kMaxCount) add(step.where, "too many values", "make the step larger");
  }

  /// Keys that take one value are zipped axes; so the file's own cannot be zipped besides.
  void check_also() {
    const auto zipped = [](const study::Axis& a) { return a.design == study::Design::zipped; };
    const auto& axes = q_.study.axes;
    const auto own_end = axes.begin() + static_cast<std::ptrdiff_t>(q_.free_axes);
    if (!asked_.also.empty() && std::any_of(axes.begin(), own_end, zipped))
      add(ask_place("also"), "'also' does not go with zipped axes", "use cartesian axes");
  }

  /// Whether values between the ends make scenarios: a step must be whole memory blocks, say.
  void check_grid() {
    const study::Plan plan(q_.study);
    const study::Scenarios scenarios(plan);
    study::ScenarioCursor cursor(scenarios);
    study::Position position = plan.at(0);
    for (const std::int64_t i : {std::int64_t{1}, q_.grid.count - 1}) {
      if (i >= q_.grid.count) continue;
      for (const std::size_t k : q_.keys) position[k] = {-1, q_.grid.at(i)};
      if (const auto scenario = cursor.at(position); !scenario) return keep(scenario.error());
    }
  }

  void check_between() {
    const study::Axis& axis = q_.study.axes[q_.between()];
    if (axis.levels.size() != 2 || axis.design != study::Design::cartesian)
      add(axis.where, fmt::format("'between' has {} values", axis.levels.size()),
          "a break-even is between two");
    if (!is_metric_name(q_.metric))
      add(q_.metric_where, fmt::format("'{}' is no metric", q_.metric), "write NAME or NAME:PHASE");
  }

  void read_objectives() {
    const study::Plan plan(q_.study);
    const study::Lookup scenario = plan.lookup(plan.at(0));
    const Value* list = root_.find("objectives");
    if (list != nullptr && list->array() == nullptr)
      return add(list->where, "'objectives' is no list", "write [\"psi_longest <= 1ms\"]");
    bool any_outcome = false;
    for (const Value& v : list != nullptr ? *list->array() : Value::Array{}) {
      auto objective = v.string() != nullptr
                           ? Objective::parse(*v.string(), v.where, scenario)
                           : Result<Objective>(fail(v.where, "an objective is a text",
                                                    "for example \"psi_longest <= 1ms\""));
      if (!objective) {
        keep(objective.error());
        continue;
      }
      any_outcome = any_outcome || objective->is_outcome();
      q_.objectives.push_back(std::move(*objective));
    }
    if (any_outcome) return;
    q_.objectives.insert(q_.objectives.begin(),
                         *Objective::parse("outcome == ok", root_.where, scenario));
  }

  void check_effort() {
    Effort& e = q_.effort;
    if (e.max_replicates == 0) e.max_replicates = 4 * e.replicates;
    if (e.max_replicates < e.replicates)
      add(place("max_replicates"), "max_replicates is below replicates", "raise it");
    const bool mean = std::any_of(q_.objectives.begin(), q_.objectives.end(),
                                  [](const Objective& o) { return o.of_mean(); });
    if (mean && e.replicates < 2)
      add(place(root_.find("replicates") != nullptr ? "replicates" : "objectives"),
          "a mean of one run has no interval", "add replicates = 5");
  }

  Value root_;
  const Value* ask_ = nullptr;
  AskParams asked_;
  Question q_;
  Diagnostics errors_;
};

}  // namespace

Result<Question> load_question(const std::string& path, const std::vector<std::string>& settings) {
  auto root = config::load_toml(path);
  if (!root) return tl::unexpected<Diagnostics>(root.error());
  return make_question(std::move(*root), settings);
}

Result<Question> make_question(Value root, const std::vector<std::string>& settings) {
  return Reader(std::move(root)).read(settings);
}

std::vector<ParamInfo> describe_question() {
  auto all = effort_params().describe();
  const auto ask = ask_params().describe("ask");
  all.insert(all.end(), ask.begin(), ask.end());
  return all;
}

}  // namespace mhp::question
