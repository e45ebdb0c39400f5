#include "sim/report/study_table.hpp"

#include <algorithm>
#include <cmath>

#include "sim/core/units.hpp"
#include "sim/report/group_view.hpp"

namespace mhp::report {

namespace {

constexpr const char* kReplicate = "replicate";

std::vector<std::string> names_of(const std::vector<StudyDim>& dims) {
  std::vector<std::string> out;
  for (const StudyDim& d : dims) out.push_back(d.name);
  return out;
}

void read_axes(const GroupView& g, StudyTable& out) {
  for (const record::Variable& c : g.group().coordinates)
    if (c.name != kReplicate) out.dims.push_back({c.name, record::size_of(c.data)});
  const auto add = [&](const record::Variable& v, std::size_t dim) {
    StudyAxis axis{v.name, dim, v.units, v.long_name, {}, {}};
    if (const auto* numbers = std::get_if<Ints>(&v.data)) axis.numbers = *numbers;
    if (const auto* words = std::get_if<Texts>(&v.data)) axis.words = *words;
    if (const auto* flags = std::get_if<record::Flags>(&v.data))
      for (std::size_t i = 0; i < flags->values.size(); ++i)
        axis.words.push_back(meaning(*flags, i));
    out.axes.push_back(std::move(axis));
  };
  for (std::size_t d = 0; d < out.dims.size(); ++d) {
    bool together = false;  // axes that move together are variables along their dimension
    for (const record::Variable& v : g.group().variables)
      if (v.dims == std::vector<std::string>{out.dims[d].name}) {
        add(v, d);
        together = true;
      }
    for (const record::Variable& c : g.group().coordinates)
      if (c.name == out.dims[d].name && !together) add(c, d);
  }
}

/// A level as a study's file writes it.
bool is_level(const StudyAxis& axis, std::size_t level, const std::string& text) {
  if (!axis.numeric()) return axis.words[level] == text;
  const std::int64_t n = axis.numbers[level];
  if (axis.unit == "byte") return parse_bytes(text).value_or(Bytes{-1}).value == n;
  if (axis.unit == "ns") return parse_time(text).value_or(SimTime{-1}).value == n;
  return text == std::to_string(n);
}

std::optional<StudyBaseline> baseline_of(const StudyTable& t, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) return std::nullopt;
  for (std::size_t a = 0; a < t.axes.size(); ++a)
    for (std::size_t l = 0; l < t.dims[t.axes[a].dim].size; ++l)
      if (t.axes[a].name == text.substr(0, equals) &&
          is_level(t.axes[a], l, text.substr(equals + 1)))
        return StudyBaseline{a, l};
  return std::nullopt;
}

void read_runs(const GroupView& g, std::vector<std::string> dims, StudyTable& out) {
  dims.emplace_back(kReplicate);
  if (const auto* status = g.flags("status", dims))
    for (std::size_t i = 0; i < status->values.size(); ++i) ++out.runs[meaning(*status, i)];
  const auto* outcome = g.flags("outcome", dims);
  if (outcome == nullptr || outcome->meanings.empty()) return;
  // The words go from best to worst; the last stands for a run that is not there.
  const std::size_t none = outcome->meanings.size() - 1;
  for (std::size_t p = 0; p < out.points(); ++p) {
    std::size_t worst = none;
    for (std::size_t r = 0; r < out.replicates; ++r)
      if (const std::size_t o = outcome->values[p * out.replicates + r]; o < none)
        worst = worst == none ? o : std::max(worst, o);
    out.outcomes.push_back(outcome->meanings[worst]);
  }
}

void read_metric(const record::FileContent& file, const std::vector<std::string>& dims,
                 StudyMetric& m, std::size_t replicates) {
  const auto values = [&](const char* group, const char* suffix) {
    const Reals* v = GroupView(file, group).reals(m.column + suffix, dims);
    return v != nullptr ? *v : Values{};
  };
  m.mean = values("results_ci", "_median");
  if (m.mean.empty()) m.mean = values("results_ci", "_mean");
  m.lo = values("results_ci", "_lo");
  m.hi = values("results_ci", "_hi");
  if (m.mean.empty() && replicates == 1) {
    auto all = dims;
    all.emplace_back(kReplicate);
    if (const Reals* v = GroupView(file, "results").reals(m.column, all)) m.mean = *v;
  }
  m.diff = values("compare", "_diff");
  m.diff_lo = values("compare", "_lo");
  m.diff_hi = values("compare", "_hi");
  if (const auto* s = GroupView(file, "compare").flags(m.column + "_significant", dims))
    for (std::size_t i = 0; i < s->values.size(); ++i)
      m.significant.push_back(meaning(*s, i) == "yes" ? 1 : meaning(*s, i) == "no" ? 0 : -1);
}

}  // namespace

std::optional<double> StudyMetric::constant() const {
  if (mean.empty()) return std::nullopt;
  const bool same = std::all_of(mean.begin(), mean.end(), [&](double v) { return v == mean[0]; });
  return same ? std::optional(mean[0]) : std::nullopt;
}

std::size_t StudyTable::points() const {
  std::size_t n = 1;
  for (const StudyDim& d : dims) n *= d.size;
  return n;
}

std::size_t StudyTable::stride(std::size_t dim) const {
  std::size_t n = 1;
  for (std::size_t d = dim + 1; d < dims.size(); ++d) n *= dims[d].size;
  return n;
}

std::size_t StudyTable::position(std::size_t point, std::size_t dim) const {
  return point / stride(dim) % dims[dim].size;
}

StudyTable study_table(const record::FileContent& file) {
  StudyTable out;
  const GroupView runs(file, "runs");
  if (!runs) return out;
  read_axes(runs, out);
  out.replicates = std::max<std::size_t>(1, runs.extent(kReplicate));
  out.baseline = baseline_of(out, record::text_of(file.attributes, "baseline"));
  const auto dims = names_of(out.dims);
  read_runs(runs, dims, out);
  const GroupView g(file, "provenance");
  const std::vector<std::string> rows{"metric"};
  const Texts* names = g.texts("name", rows);
  const Texts* phases = g.texts("phase", rows);
  const Texts* units = g.texts("unit", rows);
  const Texts* better = g.texts("better", rows);
  const Texts* definitions = g.texts("definition", rows);
  if (!names || !phases || !units || !better || !definitions) return out;
  for (std::size_t i = 0; i < names->size(); ++i) {
    StudyMetric m{(*names)[i], (*names)[i],  (*phases)[i],
                  (*units)[i], (*better)[i], (*definitions)[i]};
    read_metric(file, dims, m, out.replicates);
    if (!m.mean.empty()) out.metrics.push_back(std::move(m));
  }
  return out;
}

}  // namespace mhp::report
