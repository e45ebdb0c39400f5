#include "sim/study/design/study.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "sim/config/merge.hpp"
#include "sim/config/overrides.hpp"
#include "sim/config/section.hpp"
#include "sim/config/toml_source.hpp"
#include "sim/config/toml_writer.hpp"
#include "sim/run/result/metric/record.hpp"
#include "sim/study/design/axis_reader.hpp"
#include "sim/study/design/scenarios.hpp"

namespace mhp::study {

namespace {

ParamSet<StudyParams> study_params() {
  using P = StudyParams;
  ParamSet<P> set;
  set.add("name", &P::name, {.doc = "what the study is called in results", .required = true})
      .add("doc", &P::doc, {.doc = "the question that the study asks"})
      .add("design", &P::design,
           {.doc = "design of the axes that name none",
            .choices = {{"cartesian", "every value with every other"},
                        {"zipped", "values of the same position together"},
                        {"latin_hypercube", "'samples' points that cover each axis evenly"},
                        {"sobol", "the first 'samples' points of the Sobol sequence"}}})
      .add("samples", &P::samples,
           {.doc = "points of a Latin hypercube or Sobol design", .min = 0, .max = 1'000'000'000})
      .add("design_seed", &P::design_seed,
           {.doc = "seed of the places of a Latin hypercube", .min = 0})
      .add("replicates", &P::replicates,
           {.doc = "runs of each point, with other random draws", .min = 1, .max = 1'000'000})
      .add("baseline", &P::baseline,
           {.doc = "AXIS=VALUE with which the other values of the axis are compared"})
      .add("metrics", &P::metrics,
           {.doc = "what the study file holds: patterns of NAME or NAME:PHASE"})
      .add("constraints", &P::constraints,
           {.doc = "conditions that points must meet, such as 'hotplug.0.size <= 1TiB'"})
      .subtable("scenario")
      .subtable("set")
      .subtable("stop")
      .subtable("axis");
  return set;
}

ParamSet<StopRule> stop_params() {
  using P = StopRule;
  ParamSet<P> set;
  set.add("metric", &P::metric, {.doc = "NAME or NAME:PHASE", .required = true})
      .add("min", &P::min, {.doc = "replicates at least", .min = 2, .max = 1'000'000})
      .add("max", &P::max, {.doc = "replicates at most", .min = 2, .max = 1'000'000})
      .subtable("relative_half_width");
  return set;
}

/// Reads a study from its tree and collects all that is wrong with it.
/// Whether result files call something else so: what they say of every run, and metrics.
bool is_taken(const std::string& name) {
  constexpr std::array<std::string_view, 7> kColumns{"replicate", "sample",  "point",      "run_id",
                                                     "status",    "outcome", "fingerprint"};
  const auto& metrics = run::metric_records();
  return std::find(kColumns.begin(), kColumns.end(), name) != kColumns.end() ||
         std::any_of(metrics.begin(), metrics.end(),
                     [&](const run::MetricRecord& m) { return m.name == name; });
}

class Reader {
 public:
  explicit Reader(Value root) : root_(std::move(root)) {}

  Result<Study> read(const std::vector<std::string>& settings) {
    study_params().read(root_, study_.params, errors_);
    read_stop();
    if (make_base(settings)) {
      read_axes();
      if (errors_.empty()) make_bases();
      if (errors_.empty()) read_baseline();
      if (errors_.empty()) read_constraints();
    }
    if (!errors_.empty()) return tl::unexpected<Diagnostics>(std::move(errors_));
    study_.text = config::to_toml(self_contained());
    if (auto points = check_points(study_); !points)
      return tl::unexpected<Diagnostics>(points.error());
    return std::move(study_);
  }

 private:
  bool keep(const Result<void>& done) {
    if (!done) errors_.insert(errors_.end(), done.error().begin(), done.error().end());
    return done.has_value();
  }

  void add(Location where, std::string problem, std::string remedy) {
    errors_.push_back({std::move(where), std::move(problem), std::move(remedy)});
  }

  const Location& place(const char* key) const {
    const Value* v = root_.find(key);
    return v != nullptr ? v->where : root_.where;
  }

  Value::Array axis_tables() const {
    const Value* list = root_.find("axis");
    return list != nullptr && list->array() != nullptr ? *list->array() : Value::Array{};
  }

  /// The scenario, with what the study sets and then what the command line sets.
  bool make_base(const std::vector<std::string>& settings) {
    Value* scenario = root_.find("scenario");
    if (scenario == nullptr)
      return add(root_.where, "no 'scenario'", "add scenario = \"../scenarios/FILE.toml\""), false;
    if (!keep(config::merge_reference(root_, "scenario"))) return false;
    bool ok = keep(config::put_references(*scenario));
    if (const Value* set = root_.find("set"); set != nullptr) {
      if (set->table() == nullptr)
        add(set->where, "'set' is no table", "write [set] and a line \"KEY\" = VALUE for each");
      else
        ok = apply(*set, "", *scenario) && ok;
    }
    for (std::size_t i = 0; i < settings.size(); ++i)
      ok = keep(config::apply_override(*scenario, settings[i], static_cast<int>(i) + 1)) && ok;
    ok = ok && keep(config::put_references(*scenario));
    scenario_ = *scenario;
    // Axes that exchange a part come first: the parameters of the others may be in that part.
    Value reference = *scenario;
    for (const Value& table : axis_tables()) {
      const Value* key = table.find("key");
      const Value* values = table.find("values");
      if (key == nullptr || key->string() == nullptr || !config::is_part(*key->string())) continue;
      if (values == nullptr || values->array() == nullptr || values->array()->empty()) continue;
      ok = keep(config::set_value(reference, *key->string(), values->array()->front())) && ok;
    }
    if (!ok) return false;
    auto base = config::ScenarioBase::make(std::move(reference));
    if (!base) return keep(tl::unexpected<Diagnostics>(base.error()));
    study_.base = std::move(*base);
    return true;
  }

  /// Sets what a table says: "a.b" = 1 and a.b = 1 are the same.
  bool apply(const Value& table, const std::string& prefix, Value& scenario) {
    bool ok = true;
    for (const auto& m : *table.table()) {
      const std::string path = prefix.empty() ? m.key : prefix + '.' + m.key;
      ok = (m.value.table() != nullptr ? apply(m.value, path, scenario)
                                       : keep(config::set_value(scenario, path, m.value))) &&
           ok;
    }
    return ok;
  }

  static bool same_parameter(const std::string& a, const std::string& b) {
    return a == b || config::matches_path(a, b) || config::matches_path(b, a);
  }

  void read_axes() {
    const Value* list = root_.find("axis");
    if (list != nullptr && list->array() == nullptr)
      return add(list->where, "'axis' is no list of tables", "begin each with [[axis]]");
    for (const Value& table : axis_tables())
      study_.axes.push_back(read_axis(table, study_.params, study_.base, errors_));
    for (std::size_t i = 0; i < study_.axes.size(); ++i)
      for (std::size_t j = 0; j < i; ++j) {
        const Axis& a = study_.axes[i];
        if (a.key.empty()) continue;
        if (same_parameter(a.key, study_.axes[j].key))
          add(a.where, fmt::format("two axes have the key {}", a.key), "keep one of them");
        else if (a.name == study_.axes[j].name)
          add(a.where, fmt::format("two axes are called '{}'", a.name), "give one a 'name'");
      }
    if (study_.axes.empty() && errors_.empty())
      add(root_.where, "the study varies nothing", "add an [[axis]] with key and values");
    std::size_t zipped = 0;
    for (const Axis& a : study_.axes) {
      if (is_taken(a.name))
        add(a.where, fmt::format("'{}' names something else in results", a.name),
            "give the axis another 'name'");
      if ((a.design == Design::latin_hypercube || a.design == Design::sobol) &&
          study_.params.samples == 0)
        add(a.where, fmt::format("{} is sampled and the study has no 'samples'", a.key),
            "add samples = N");
      if (a.design != Design::zipped || a.levels.empty()) continue;
      if (zipped != 0 && a.levels.size() != zipped)
        add(a.where,
            fmt::format("{} has {} values and an axis zipped with it {}", a.key, a.levels.size(),
                        zipped),
            "give all zipped axes as many");
      zipped = a.levels.size();
    }
  }

  void read_stop() {
    const Value* table = root_.find("stop");
    if (table == nullptr) return;
    StopRule stop;
    stop_params().read(*table, stop, errors_, nullptr, "stop");
    const Value* width = table->find("relative_half_width");
    const auto* number = width != nullptr ? std::get_if<double>(&width->data) : nullptr;
    if (number == nullptr || !(*number > 0) || !(*number < 1))
      add(width != nullptr ? width->where : table->where,
          "stop.relative_half_width is no number between 0 and 1", "for example 0.02");
    else
      stop.relative_half_width = *number;
    if (stop.min > stop.max) add(table->where, "stop.min is above stop.max", "exchange them");
    if (root_.find("replicates") != nullptr)
      add(place("replicates"), "the study has both 'replicates' and 'stop'", "keep one of them");
    study_.stop = stop;
  }

  void make_bases() {
    auto bases = exchange_parts(study_);
    if (bases)
      study_.bases = std::move(*bases);
    else
      keep(tl::unexpected<Diagnostics>(bases.error()));
  }

  void read_baseline() {
    const std::string& text = study_.params.baseline;
    if (text.empty()) return;
    const std::size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    std::vector<std::string> names;
    for (std::size_t i = 0; i < study_.axes.size(); ++i) {
      const Axis& axis = study_.axes[i];
      if (axis.design == Design::cartesian) names.push_back(axis.name);
      if ((axis.name != name && axis.key != name) || axis.design != Design::cartesian) continue;
      std::vector<std::string> levels;
      const std::string wanted = equals == std::string::npos ? "" : text.substr(equals + 1);
      const auto number = amount(wanted, axis.unit, {});
      for (std::size_t l = 0; l < axis.levels.size(); ++l) {
        levels.push_back(axis.levels[l].text);
        if (levels.back() == wanted || (number && axis.levels[l].number == *number))
          study_.baseline = Baseline{i, static_cast<std::int64_t>(l)};
      }
      if (!study_.baseline)
        add(place("baseline"), fmt::format("{} has no value '{}'", name, wanted),
            did_you_mean(wanted, levels));
      return;
    }
    add(place("baseline"), fmt::format("'{}' is no cartesian axis", name),
        names.empty() ? "write AXIS=VALUE" : did_you_mean(name, names));
  }

  void read_constraints() {
    const Plan plan(study_);
    // A parameter may be one of some of the exchanged parts alone.
    const auto lookup = [this, first = plan.lookup(plan.points() > 0 ? plan.at(0) : Position{})](
                            const std::string& name) {
      auto found = first(name);
      for (std::size_t i = 0; i < study_.bases.size() && !found; ++i)
        found = parameter(*study_.bases[i], name);
      return found;
    };
    for (const std::string& text : study_.params.constraints) {
      auto constraint = Constraint::parse(text, place("constraints"), lookup);
      if (constraint)
        study_.constraints.push_back(std::move(*constraint));
      else
        keep(tl::unexpected<Diagnostics>(constraint.error()));
    }
  }

  /// The study's tree with the scenario and the files of its axes in it.
  Value self_contained() const {
    Value root = root_;
    auto& members = *root.table();
    std::erase_if(members, [](const Value::Member& m) { return m.key == "set"; });
    *root.find("scenario") = scenario_;
    if (Value* list = root.find("axis"); list != nullptr)
      for (std::size_t i = 0; i < study_.axes.size(); ++i) {
        const Axis& axis = study_.axes[i];
        if (axis.is_parameter) continue;
        Value& table = (*list->array())[i];
        Value::Array values, labels;
        for (const Level& level : axis.levels) {
          values.push_back(level.value);
          labels.push_back(Value{level.text, axis.where});
        }
        table.find("values")->data = std::move(values);
        if (table.find("labels") == nullptr)
          table.table()->push_back({"labels", Value{std::move(labels), axis.where}, axis.where});
      }
    return root;
  }

  Value root_;
  Value scenario_;
  Study study_;
  Diagnostics errors_;
};

}  // namespace

Result<Study> load_study(const std::string& path, const std::vector<std::string>& settings) {
  auto root = config::load_toml(path);
  if (!root) return tl::unexpected<Diagnostics>(root.error());
  return make_study(std::move(*root), settings);
}

Result<Study> make_study(Value root, const std::vector<std::string>& settings) {
  return Reader(std::move(root)).read(settings);
}

std::vector<ParamInfo> describe_study() {
  auto all = study_params().describe();
  const auto append = [&](std::vector<ParamInfo> more) {
    all.insert(all.end(), more.begin(), more.end());
  };
  append(stop_params().describe("stop"));
  append(describe_axis());
  return all;
}

}  // namespace mhp::study
