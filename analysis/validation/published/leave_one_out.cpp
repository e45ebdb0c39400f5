#include "analysis/validation/published/leave_one_out.hpp"

#include <algorithm>
#include <numeric>

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

}  // namespace

Result<std::vector<Fit>> leave_one_out(const std::string& path) {
  const auto root = config::load_toml(path);
  if (!root) return tl::unexpected<Diagnostics>(root.error());
  Diagnostics errors;
  std::vector<Fit> out;
  for (const Value& table : tables(*root, "fit", 1, errors)) out.push_back(read_fit(table, errors));
  if (!errors.empty()) return tl::unexpected<Diagnostics>(std::move(errors));
  return out;
}

}  // namespace mhp::published
