#include "sim/study/design/axis_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "sim/config/merge.hpp"
#include "sim/config/overrides.hpp"
#include "sim/config/scenario.hpp"
#include "sim/config/section.hpp"
#include "sim/core/utf8.hpp"

namespace mhp::study {

namespace {

/// More values than this on one axis are refused; a sampled range has no such limit.
constexpr std::int64_t kMaxLevels = 1'000'000;

struct AxisParams {
  std::string key;
  std::string name;
  std::string design;
  std::string scale = "linear";
  std::int64_t count = 0;
  std::vector<std::string> labels;
};

const std::vector<Choice> kDesigns{
    {"cartesian", "every value with every value of the other axes"},
    {"zipped", "the n-th value with the n-th of the other zipped axes"},
    {"latin_hypercube", "'samples' points, one in each of as many parts of the axis"},
    {"sobol", "the first 'samples' points of the Sobol sequence"}};

ParamSet<AxisParams> axis_params() {
  using P = AxisParams;
  ParamSet<P> set;
  set.add("key", &P::key, {.doc = "path of the parameter, as --set has it", .required = true})
      .add("name", &P::name,
           {.doc = "what the axis is called in results; the last word of the key by default"})
      .add("design", &P::design,
           {.doc = "how its values go with those of the others; the study's by default",
            .choices =
                [] {
                  auto all = kDesigns;
                  all.insert(all.begin(), {"", "as the study says"});
                  return all;
                }()})
      .add("scale", &P::scale,
           {.doc = "how a range is divided",
            .choices = {{"linear", "by equal differences"}, {"log", "by equal ratios"}}})
      .add("count", &P::count, {.doc = "number of values of a range", .min = 0, .max = kMaxLevels})
      .add("labels", &P::labels, {.doc = "what the values are called in results"})
      .subtable("values")
      .subtable("from")
      .subtable("to")
      .subtable("step")
      .subtable("multiple_of");
  return set;
}

std::string dotted(std::string key) {
  key.erase(std::remove(key.begin(), key.end(), ']'), key.end());
  std::replace(key.begin(), key.end(), '[', '.');
  return key;
}

/// Reads one axis; what is wrong goes to the errors as it is found.
class AxisReader {
 public:
  AxisReader(const Value& table, const config::ScenarioBase& base, Diagnostics& errors)
      : table_(table), base_(base), tree_(base.root()), errors_(errors) {}

  Axis read(const StudyParams& study) {
    static const ParamSet<AxisParams> params = axis_params();
    const std::size_t before = errors_.size();
    params.read(table_, params_, errors_, nullptr, "axis");
    if (errors_.size() > before) return std::move(axis_);
    axis_.where = place("key");
    axis_.key = dotted(params_.key);
    axis_.design = design_named(params_.design.empty() ? study.design : params_.design);
    const std::string last = axis_.key.substr(axis_.key.rfind('.') + 1);
    axis_.name = params_.name.empty() ? last : params_.name;
    if (!is_word(axis_.name))
      add(place("name"), fmt::format("'{}' cannot name an axis", axis_.name),
          "give it a name of letters, digits and _, with a letter first");
    axis_.is_parameter = !config::is_part(axis_.key);
    if (axis_.is_parameter && !find_parameter()) return std::move(axis_);
    const Value* values = table_.find("values");
    if (values != nullptr && table_.find("from") != nullptr)
      add(values->where, "the axis has both 'values' and 'from'", "keep one of them");
    else if (values != nullptr)
      read_list(*values);
    else
      read_range();
    check_levels();
    return std::move(axis_);
  }

 private:
  static Design design_named(const std::string& name) {
    const auto it = std::find_if(kDesigns.begin(), kDesigns.end(),
                                 [&](const Choice& c) { return c.name == name; });
    return static_cast<Design>(it - kDesigns.begin());
  }

  void add(Location where, std::string problem, std::string remedy) {
    errors_.push_back({std::move(where), std::move(problem), std::move(remedy)});
  }

  Location place(const char* key) const {
    const Value* v = table_.find(key);
    return v != nullptr ? v->where : table_.where;
  }

  bool in_axis(const std::string& parameter) const {
    return config::matches_path(axis_.key, parameter);
  }

  /// The parameter's unit, from the scenario.
  bool find_parameter() {
    const auto& used = base_.scenario().used;
    const auto it = std::find_if(used.begin(), used.end(),
                                 [&](const ParamValue& p) { return in_axis(p.name); });
    if (it != used.end()) {
      axis_.unit = it->unit;
      return true;
    }
    std::vector<std::string> names;
    for (const ParamValue& p : used) names.push_back(p.name);
    add(axis_.where, fmt::format("the scenario has no parameter {}", axis_.key),
        did_you_mean(axis_.key, names));
    return false;
  }

  void read_list(const Value& values) {
    const Value::Array* list = values.array();
    if (list == nullptr || list->empty())
      return add(values.where, "'values' is no list of values", "write values = [A, B]");
    if (!params_.labels.empty() && params_.labels.size() != list->size())
      add(place("labels"),
          fmt::format("{} labels for {} values", params_.labels.size(), list->size()),
          "give each value one");
    for (std::size_t i = 0; i < list->size(); ++i) {
      if (axis_.is_parameter)
        add_level((*list)[i]);
      else
        add_part((*list)[i], i);
    }
  }

  /// One value of a parameter, read as the scenario will read it.
  void add_level(const Value& value) {
    if (auto set = config::set_value(tree_, axis_.key, value); !set) return keep(set.error());
    config::Scenario scratch;
    config::Reading reading{tree_, scratch, &scratch.used};
    config::section_of(axis_.key).read(reading);
    if (!reading.errors.empty()) return keep(reading.errors);
    for (const ParamValue& p : scratch.used) {
      if (!in_axis(p.name)) continue;
      Level level{value, p.value, {}};
      if (const bool plain = std::holds_alternative<std::int64_t>(value.data);
          plain || axis_.unit != Unit::one)
        level.number = p.number;
      axis_.levels.push_back(std::move(level));
      return;
    }
  }

  /// One file or kind in the place of a part of the scenario.
  void add_part(const Value& value, std::size_t index) {
    std::string text = index < params_.labels.size() ? params_.labels[index]
                       : value.string() != nullptr
                           ? std::filesystem::path(*value.string()).stem().string()
                           : fmt::format("{}", index);
    const bool file = axis_.key.substr(axis_.key.rfind('.') + 1) != "kind";
    // A section of the scenario may name files of its own, as a machine does its processors.
    const bool section = axis_.key.find('.') == std::string::npos;
    const std::string name = section ? axis_.key : "part";
    Value holder{Value::Table{{name, value, value.where}}, value.where};
    if (file) {
      auto merged =
          section ? config::put_references(holder) : config::merge_reference(holder, name);
      if (!merged) return keep(merged.error());
    }
    axis_.unit = Unit::one;
    axis_.levels.push_back({std::move(*holder.find(name)), std::move(text), {}});
  }

  void keep(const Diagnostics& more) { errors_.insert(errors_.end(), more.begin(), more.end()); }

  std::optional<std::int64_t> number(const char* key) {
    const Value* v = table_.find(key);
    if (v == nullptr) return std::nullopt;
    if (const auto* integer = std::get_if<std::int64_t>(&v->data); integer != nullptr)
      return *integer;
    if (v->string() == nullptr) {
      add(v->where, fmt::format("axis.{} is {}", key, v->kind_name()), "write an amount");
      return std::nullopt;
    }
    const auto read = amount(*v->string(), axis_.unit, v->where);
    if (read) return *read;
    keep(read.error());
    return std::nullopt;
  }

  void read_range() {
    if (!axis_.is_parameter)
      return add(table_.where, fmt::format("{} has no numbers", axis_.key), "write values = [...]");
    for (const char* key : {"from", "to"})
      if (table_.find(key) == nullptr)
        return add(table_.where, fmt::format("the axis has no '{}'", key),
                   "write values = [A, B], or from and to");
    const std::size_t before = errors_.size();
    const auto from = number("from");
    const auto to = number("to");
    const std::int64_t multiple = number("multiple_of").value_or(1);
    const auto step = number("step");
    if (errors_.size() > before || !from || !to) return;
    const bool log = params_.scale == "log";
    // The parameter's own bounds first: what lies between bounds can be counted without overflow.
    const std::size_t sound = errors_.size();
    for (const std::int64_t end : {*from, *to}) check_number(end);
    if (errors_.size() > sound) return;
    if (*from > *to || (log && *from <= 0) || multiple <= 0 || (step && *step < (log ? 2 : 1)))
      return add(table_.where, "this is no range",
                 log ? "it needs 0 < from <= to, and a step is a whole factor of at least 2"
                     : "it needs from <= to, and a step and a multiple above 0");
    const Range range(*from, *to, log, multiple);
    const bool sampled = axis_.design == Design::latin_hypercube || axis_.design == Design::sobol;
    if (step && params_.count > 0)
      return add(place("step"), "the axis has both 'step' and 'count'", "keep one of them");
    if (step) {
      const double about = log ? 64
                               : (static_cast<double>(*to) - static_cast<double>(*from)) /
                                     static_cast<double>(*step);
      if (about >= static_cast<double>(kMaxLevels))
        return add(place("step"), fmt::format("more than {} values", kMaxLevels), "make it larger");
      add_numbers(range.stepped(*step));
    } else if (params_.count > 0) {
      add_numbers(range.spread(params_.count));
    } else if (sampled) {
      axis_.range = range;
    } else {
      add(table_.where, "the range has neither 'step' nor 'count'",
          "add one, or sample it: design = \"latin_hypercube\" or \"sobol\"");
    }
  }

  void add_numbers(const std::vector<std::int64_t>& numbers) {
    for (const std::int64_t n : numbers)
      axis_.levels.push_back({number_value(n, axis_.unit, place("from")), fmt::format("{}", n), n});
  }

  /// Whether the parameter takes the number at all.
  void check_number(std::int64_t n) {
    auto levels = std::move(axis_.levels);
    add_level(number_value(n, axis_.unit, place("from")));
    axis_.levels = std::move(levels);
  }

  void check_levels() {
    std::vector<std::string> texts;
    for (const Level& level : axis_.levels) texts.push_back(level.text);
    std::sort(texts.begin(), texts.end());
    const auto twice = std::adjacent_find(texts.begin(), texts.end());
    if (twice != texts.end() && axis_.design != Design::zipped)
      add(table_.where, fmt::format("the axis has the value {} twice", *twice), "name it once");
  }

  const Value& table_;
  const config::ScenarioBase& base_;
  Value tree_;  ///< the scenario, in which values are tried
  Diagnostics& errors_;
  AxisParams params_;
  Axis axis_;
};

}  // namespace

Axis read_axis(const Value& table, const StudyParams& study, const config::ScenarioBase& base,
               Diagnostics& errors) {
  return AxisReader(table, base, errors).read(study);
}

std::vector<ParamInfo> describe_axis() { return axis_params().describe("axis.N"); }

}  // namespace mhp::study
