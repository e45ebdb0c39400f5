#include "sim/run/result/recorded_figures.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "sim/run/result/metric/record.hpp"

namespace mhp::run {

namespace {

using Texts = std::vector<std::string>;
using Reals = std::vector<double>;

const record::Group* find_group(const record::FileContent& file, std::string_view name) {
  for (const record::Group& g : file.groups)
    if (g.name == name) return &g;
  return nullptr;
}

template <class T>
const T* find_data(const record::Group& group, std::string_view name) {
  for (const record::Variable& v : group.variables)
    if (v.name == name) return std::get_if<T>(&v.data);
  return nullptr;
}

std::string text_of(const record::FileContent& file, std::string_view name) {
  for (const record::Attribute& a : file.attributes)
    if (a.name == name)
      if (const auto* text = std::get_if<std::string>(&a.value)) return *text;
  return {};
}

std::uint64_t number_of(const record::FileContent& file, std::string_view name) {
  for (const record::Attribute& a : file.attributes)
    if (a.name == name)
      if (const auto* n = std::get_if<std::int64_t>(&a.value))
        return static_cast<std::uint64_t>(*n);
  return 0;
}

/// A metric by its words; nothing if one of them is unknown.
std::optional<Metric> metric_of(const std::string& name, const std::string& unit,
                                const std::string& better, const std::string& phase, double value) {
  const auto u = named<Unit>(unit);
  const auto b = named<Better>(better);
  const auto p = named<MetricPhase>(phase);
  if (!u || !b || !p) return std::nullopt;
  return Metric{name, *u, *b, *p, whole_number(value), definition_of(name, *p)};
}

/// The table over `metric` of schema mhpsim-run/1.
std::optional<std::vector<Metric>> from_table(const record::Group& group) {
  const auto* names = find_data<Texts>(group, "name");
  const auto* units = find_data<Texts>(group, "unit");
  const auto* better = find_data<Texts>(group, "better");
  const auto* phases = find_data<Texts>(group, "phase");
  const auto* values = find_data<Reals>(group, "value");
  if (names == nullptr || units == nullptr || better == nullptr || phases == nullptr ||
      values == nullptr)
    return std::nullopt;
  const std::size_t n = names->size();
  if (units->size() != n || better->size() != n || phases->size() != n || values->size() != n)
    return std::nullopt;
  std::vector<Metric> out;
  for (std::size_t i = 0; i < n; ++i) {
    auto metric = metric_of((*names)[i], (*units)[i], (*better)[i], (*phases)[i], (*values)[i]);
    if (!metric) return std::nullopt;
    out.push_back(std::move(*metric));
  }
  return out;
}

}  // namespace

std::optional<std::int64_t> whole_number(double value) {
  if (!(std::abs(value) < 0x1p63)) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

Result<RecordedFigures> recorded_figures(const record::FileContent& file, const std::string& path) {
  if (text_of(file, "schema") != "mhpsim-run/1")
    return fail({path, 0, 0}, "this is no run file of mhpsim", "give a file of mhpsim run -o");
  RecordedFigures out{text_of(file, "study"),
                      text_of(file, "placement"),
                      number_of(file, "seed"),
                      number_of(file, "replicate"),
                      Outcome::ok,
                      text_of(file, "reason"),
                      0,
                      text_of(file, "kernel_note"),
                      {}};
  const std::string fingerprint = text_of(file, "fingerprint");
  std::from_chars(fingerprint.data(), fingerprint.data() + fingerprint.size(), out.fingerprint, 16);
  const auto outcome = named<Outcome>(text_of(file, "outcome"));
  const record::Group* group = find_group(file, "metrics");
  auto metrics = group != nullptr ? from_table(*group) : std::nullopt;
  if (!outcome || !metrics)
    return fail({path, 0, 0}, "the file's outcome and metrics are not those of a run",
                "it is of another program: run the scenario again");
  out.outcome = *outcome;
  out.metrics = std::move(*metrics);
  return out;
}

}  // namespace mhp::run
