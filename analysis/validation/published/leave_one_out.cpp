#include "analysis/validation/published/leave_one_out.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <numeric>

#include "analysis/validation/published/set_up.hpp"
#include "analysis/validation/published/verdict.hpp"
#include "sim/config/toml_source.hpp"
#include "sim/core/params.hpp"

namespace mhp::published {

namespace {

struct FitParams {
  std::string constant;
  std::string by;
  Picoseconds value;
};

struct DatumParams {
  std::string id;
  std::string what;
  Picoseconds value;
};

ParamSet<FitParams> fit_params() {
  using F = FitParams;
  ParamSet<F> set;
  set.add("constant", &F::constant, {.doc = "what was fitted", .required = true})
      .add("by", &F::by,
           {.doc = "how the data make one value",
            .required = true,
            .choices = {{"mean", "their mean"}, {"median", "the middle one"}}})
      .add("value", &F::value, {.doc = "the value in force", .required = true})
      .subtable("datum");
  return set;
}

ParamSet<DatumParams> datum_params() {
  using D = DatumParams;
  ParamSet<D> set;
  set.add("id", &D::id, {.doc = "id of the datum", .required = true})
      .add("what", &D::what, {.doc = "as it was published", .required = true})
      .add("value", &D::value, {.doc = "the constant by this datum alone", .required = true});
  return set;
}

double nanoseconds(Picoseconds p) { return static_cast<double>(p.value) / 1000; }

double joined(std::vector<double> values, bool mean) {
  const std::size_t n = values.size();
  if (mean) return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(n);
  std::sort(values.begin(), values.end());
  return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

const Value::Array& tables(const Value& of, const std::string& key, std::size_t least,
                           Diagnostics& errors) {
  static const Value::Array none;
  const Value* list = of.find(key);
  if (list != nullptr && list->array() != nullptr && list->array()->size() >= least)
    return *list->array();
  errors.push_back(
      {of.where, "too few [[" + key + "]] tables", "at least " + std::to_string(least)});
  return none;
}

Fit read_fit(const Value& table, Diagnostics& errors) {
  FitParams p;
  fit_params().read(table, p, errors);
  Fit fit{p.constant, "", nanoseconds(p.value), 0, {}};
  if (const Value* source = table.find("source"); source != nullptr && source->string() != nullptr)
    fit.source = *source->string();
  std::vector<double> values;
  for (const Value& one : tables(table, "datum", 2, errors)) {
    DatumParams d;
    datum_params().read(one, d, errors);
    values.push_back(nanoseconds(d.value));
    fit.data.push_back({d.id, d.what, values.back(), 0});
  }
  if (!errors.empty()) return fit;
  const bool mean = p.by == "mean";
  fit.by_all = joined(values, mean);
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::vector<double> others = values;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    fit.data[i].predicted = joined(others, mean);
  }
  return fit;
}

struct ScanParams {
  std::string constant;
  std::string target;
  std::string value;
  std::vector<std::string> values;
};

ParamSet<ScanParams> scan_params() {
  using S = ScanParams;
  ParamSet<S> set;
  set.add("constant", &S::constant, {.doc = "path of what was fitted", .required = true})
      .add("target", &S::target, {.doc = "file of the target", .required = true})
      .add("value", &S::value, {.doc = "the value in force", .required = true})
      .add("values", &S::values, {.doc = "values to try", .required = true});
  return set;
}

/// Absolute deviations of the cases that checks are about, by datum, with one value.
std::map<std::string, std::vector<double>> deviations_with(Target target,
                                                           const std::string& setting,
                                                           Diagnostics& errors) {
  for (Case& c : target.cases) add_setting(c.table, setting);
  const auto verdicts = judge({target});
  std::map<std::string, std::vector<double>> out;
  if (!verdicts) {
    errors.insert(errors.end(), verdicts.error().begin(), verdicts.error().end());
    return out;
  }
  for (std::size_t i = 0; i < target.cases.size(); ++i) {
    const Case& c = target.cases[i];
    const bool checked =
        std::any_of(target.checks.begin(), target.checks.end(), [&](const Check& check) {
          return std::find(check.cases.begin(), check.cases.end(), c.name) != check.cases.end();
        });
    const auto deviation = verdicts->front().cases[i].deviation;
    if (!checked || !deviation) continue;
    for (const std::string& id : c.data) out[id].push_back(std::abs(*deviation));
  }
  return out;
}

Scan read_scan(const Value& table, Diagnostics& errors) {
  ScanParams p;
  scan_params().read(table, p, errors);
  Scan scan{p.constant, p.target, p.value, {}};
  const std::filesystem::path here = std::filesystem::path(table.where.file).parent_path();
  const auto target = load_target((here / p.target).string());
  if (!target) errors.insert(errors.end(), target.error().begin(), target.error().end());
  if (!errors.empty()) return scan;
  scan.target = target->id;
  std::vector<std::map<std::string, std::vector<double>>> tried;
  for (const std::string& value : p.values)
    tried.push_back(deviations_with(*target, p.constant + "=" + value, errors));
  if (!errors.empty() || tried.empty()) return scan;
  // The value with which the cases of the data that are wanted are off least.
  const auto best = [&](const auto& wanted) {
    std::pair<std::size_t, double> found{0, 0};
    for (std::size_t v = 0; v < tried.size(); ++v) {
      std::vector<double> all;
      for (const auto& [id, values] : tried[v])
        if (wanted(id)) all.insert(all.end(), values.begin(), values.end());
      if (all.empty()) return found;
      const double mean = joined(all, true);
      if (v == 0 || mean < found.second) found = {v, mean};
    }
    return found;
  };
  for (const auto& entry : tried.front()) {
    const std::string& id = entry.first;
    const auto own = best([&](const std::string& other) { return other == id; });
    const auto others = best([&](const std::string& other) { return other != id; });
    scan.data.push_back({id, p.values[own.first], own.second, p.values[others.first],
                         joined(tried[others.first].at(id), true)});
  }
  return scan;
}

}  // namespace

Result<LeftOut> leave_one_out(const std::string& path) {
  const auto root = config::load_toml(path);
  if (!root) return tl::unexpected<Diagnostics>(root.error());
  Diagnostics errors;
  LeftOut out;
  for (const Value& table : tables(*root, "fit", 1, errors))
    out.fits.push_back(read_fit(table, errors));
  for (const Value& table : tables(*root, "scan", 1, errors))
    out.scans.push_back(read_scan(table, errors));
  if (!errors.empty()) return tl::unexpected<Diagnostics>(std::move(errors));
  return out;
}

}  // namespace mhp::published
