#include "sim/run/result/recorded_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "sim/config/kernel_profiles.hpp"
#include "sim/config/toml_source.hpp"
#include "sim/core/product.hpp"

namespace mhp::run {

namespace {

using Ints = std::vector<std::int64_t>;
using Texts = std::vector<std::string>;

/// Thrown inside this file alone: the first thing that a file lacks.
struct Missing {
  std::string what;
};

/// Reads variables of one group.
class Reader {
 public:
  Reader(const record::FileContent& file, const std::string& group)
      : group_(group), found_(file.find(group)) {
    if (found_ == nullptr) throw Missing{fmt::format("no group '{}'", group)};
  }

  template <class T>
  const T& get(const std::string& name) const {
    if (const record::Variable* v = found_->find(name))
      if (const T* data = std::get_if<T>(&v->data)) return *data;
    throw Missing{fmt::format("no variable '{}/{}'", group_, name)};
  }
  const Texts& texts(const std::string& name) const { return get<Texts>(name); }
  const Ints& ints(const std::string& name) const { return get<Ints>(name); }
  /// The same of as many values.
  template <class T>
  const T& sized(const std::string& name, const T& values, std::size_t n) const {
    if (values.size() == n) return values;
    throw Missing{fmt::format("{} values of '{}/{}'", n, group_, name)};
  }
  const Texts& texts(const std::string& name, std::size_t n) const {
    return sized(name, texts(name), n);
  }
  const Ints& ints(const std::string& name, std::size_t n) const {
    return sized(name, ints(name), n);
  }

 private:
  std::string group_;
  const record::Group* found_ = nullptr;
};

std::string text_attribute(const record::FileContent& file, const std::string& name) {
  return record::text_of(file.attributes, name);
}

std::int64_t number_attribute(const record::FileContent& file, const std::string& name) {
  for (const record::Attribute& a : file.attributes)
    if (const auto* n = std::get_if<std::int64_t>(&a.value); n != nullptr && a.name == name)
      return *n;
  return 0;
}

std::vector<std::string> words(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> out;
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

/// A file has all values as texts: here those that are numbers become numbers again.
std::optional<std::int64_t> number_of(const std::string& text) {
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole ? std::optional(n) : std::nullopt;
}

std::optional<ParamRange> range_of(const std::string& low, const std::string& high) {
  const auto from = number_of(low), to = number_of(high);
  return from && to ? std::optional(ParamRange{*from, *to}) : std::nullopt;
}

/// No run takes longer, 36 years: times of a metric add up, and two runs have a difference.
constexpr std::int64_t kLongest = std::int64_t{1} << 60;

/// Takes a part of a time off what is left of the longest.
SimTime part_of(std::int64_t& left, std::int64_t part) {
  if (part < 0 || part > left) throw Missing{fmt::format("no time of {} ns", part)};
  left -= part;
  return SimTime{part};
}

TimeTable times_of(const record::FileContent& file) {
  const Reader g(file, "ledger");
  TimeTable out;
  const std::size_t rows = g.texts("name").size();
  const std::size_t metrics = g.texts("metric").size();
  const auto texts = [&](const char* name) -> const Texts& { return g.texts(name, rows); };
  const Texts &phase = texts("phase"), &kind = texts("kind"), &name = texts("name"),
              &own_on = texts("own_rests_on"), &stall_on = texts("stall_rests_on"),
              &contention_on = texts("contention_rests_on");
  const Ints &memory = g.ints("memory", rows), &cpu = g.ints("cpu", rows);
  for (std::size_t i = 0; i < rows; ++i)
    out.rows.push_back({phase[i], kind[i], name[i], static_cast<std::int32_t>(memory[i]),
                        static_cast<std::int32_t>(cpu[i]), words(own_on[i]), words(stall_on[i]),
                        words(contention_on[i])});
  const auto amounts = [&](const char* of) -> const Ints& {
    return g.ints(of, product_up_to(metrics, rows));
  };
  const Ints &units = amounts("units"), &own = amounts("own"), &stall = amounts("stall"),
             &contention = amounts("contention");
  for (std::size_t m = 0; m < metrics; ++m) {
    TimeOf of{g.texts("metric")[m], {}};
    std::int64_t left = kLongest;
    for (std::size_t i = m * rows; i < (m + 1) * rows; ++i) {
      const SimTime o = part_of(left, own[i]), s = part_of(left, stall[i]),
                    c = part_of(left, contention[i]);
      of.amounts.push_back({units[i], o, s, c});
    }
    out.metrics.push_back(std::move(of));
  }
  return out;
}

std::vector<ParamValue> used_of(const record::FileContent& file) {
  const Reader g(file, "provenance");
  std::vector<ParamValue> out;
  const std::size_t n = g.texts("name").size();
  for (std::size_t i = 0; i < n; ++i) {
    out.push_back({g.texts("name", n)[i], g.texts("value", n)[i],
                   named<Unit>(g.texts("unit", n)[i]).value_or(Unit::one), g.texts("source", n)[i],
                   g.texts("linux_name", n)[i], false, g.texts("basis", n)[i],
                   range_of(g.texts("low", n)[i], g.texts("high", n)[i]), std::nullopt,
                   words(g.texts("data", n)[i])});
    // What has no unit may be a word of digits as well.
    if (out.back().unit != Unit::one) out.back().number = number_of(out.back().value);
  }
  return out;
}

std::optional<double> number_or_none(double value) {
  return std::isnan(value) ? std::nullopt : std::optional(value);
}

/// A variable of mhpsim-run/2; nothing if it is no figure.
std::optional<RecordedMetric> metric_of(const record::Variable& v) {
  const auto* value = std::get_if<std::vector<double>>(&v.data);
  const std::string name = record::text_of(v.attributes, "metric");
  if (value == nullptr || value->size() != 1 || name.empty()) return std::nullopt;
  return RecordedMetric{
      v.name,
      name,
      named<MetricPhase>(record::text_of(v.attributes, "phase")).value_or(MetricPhase::run),
      named<Unit>(v.units).value_or(Unit::one),
      named<Better>(record::text_of(v.attributes, "better")).value_or(Better::none),
      v.long_name,
      number_or_none(value->front())};
}

/// The table of mhpsim-run/1.
std::vector<RecordedMetric> table_of_metrics(const record::FileContent& file) {
  const Reader g(file, "metrics");
  const Texts& names = g.texts("name");
  const std::size_t n = names.size();
  const Texts& phases = g.texts("phase", n);
  std::vector<RecordedMetric> out;
  for (std::size_t i = 0; i < n; ++i) {
    const bool alone = std::count(names.begin(), names.end(), names[i]) == 1;
    out.push_back({alone ? names[i] : fmt::format("{}_{}", names[i], phases[i]), names[i],
                   named<MetricPhase>(phases[i]).value_or(MetricPhase::run),
                   named<Unit>(g.texts("unit", n)[i]).value_or(Unit::one),
                   named<Better>(g.texts("better", n)[i]).value_or(Better::none),
                   g.texts("definition", n)[i],
                   number_or_none(g.sized("value", g.get<std::vector<double>>("value"), n)[i])});
  }
  return out;
}

}  // namespace

int run_schema(const record::FileContent& file) {
  const std::string schema = text_attribute(file, "schema");
  return schema == "mhpsim-run/1" ? 1 : schema == "mhpsim-run/2" ? 2 : 0;
}

std::vector<RecordedMetric> recorded_metrics(const record::FileContent& file) {
  std::vector<RecordedMetric> out;
  try {
    if (run_schema(file) == 1) return table_of_metrics(file);
  } catch (const Missing&) {
    return out;
  }
  if (const record::Group* g = file.find("metrics"))
    for (const record::Variable& v : g->variables)
      if (auto metric = metric_of(v)) out.push_back(std::move(*metric));
  return out;
}

const TimeOf* RecordedRun::find(const std::string& metric) const {
  const auto it = std::find_if(times.metrics.begin(), times.metrics.end(),
                               [&](const TimeOf& t) { return t.metric == metric; });
  return it == times.metrics.end() ? nullptr : &*it;
}

RecordedRun recorded_run(const config::Scenario& scenario, const RunResult& r) {
  return {scenario.run.name,
          r.placement,
          static_cast<std::int64_t>(r.seed),
          std::string(word(r.outcome)),
          r.reason,
          r.times,
          scenario.used,
          config::kernel_note(scenario.profile)};
}

Result<RecordedRun> recorded_run(const record::FileContent& file, const std::string& path) {
  if (run_schema(file) == 0)
    return fail({path, 0, 0}, "this is no run file of mhpsim", "give a file of mhpsim run -o");
  try {
    return RecordedRun{text_attribute(file, "study"),
                       text_attribute(file, "placement"),
                       number_attribute(file, "seed"),
                       text_attribute(file, "outcome"),
                       text_attribute(file, "reason"),
                       times_of(file),
                       used_of(file),
                       text_attribute(file, "kernel_note")};
  } catch (const Missing& missing) {
    return fail({path, 0, 0}, fmt::format("the file has {}", missing.what),
                "it is of an earlier program: run the scenario again");
  }
}

Result<config::Scenario> recorded_scenario(const record::FileContent& file,
                                           const std::string& path) {
  try {
    auto root =
        config::parse_toml(Reader(file, "provenance").texts("resolved_config").front(), path);
    if (!root) return tl::unexpected<Diagnostics>(root.error());
    return config::read_whole(std::move(*root));
  } catch (const Missing& missing) {
    return fail({path, 0, 0}, fmt::format("the file has {}", missing.what),
                "give a file of mhpsim run -o");
  }
}

}  // namespace mhp::run
