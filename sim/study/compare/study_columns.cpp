#include "sim/study/compare/study_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "sim/core/product.hpp"
#include "sim/core/units.hpp"
#include "sim/run/result/metric/record.hpp"
#include "sim/run/result/recorded_figures.hpp"

namespace mhp::study {

namespace {

using record::Flags;
using record::Variable;
using Ints = std::vector<std::int64_t>;
using Reals = std::vector<double>;
using Texts = std::vector<std::string>;

const record::Group* find_group(const record::FileContent& file, std::string_view name) {
  for (const record::Group& g : file.groups)
    if (g.name == name) return &g;
  return nullptr;
}

const Variable* find_variable(const std::vector<Variable>& list, std::string_view name) {
  for (const Variable& v : list)
    if (v.name == name) return &v;
  return nullptr;
}

template <class T>
const T* find_data(const record::Group& group, std::string_view name) {
  const Variable* v = find_variable(group.variables, name);
  return v == nullptr ? nullptr : std::get_if<T>(&v->data);
}

/// The i-th value along an axis, as people write it.
std::string shown(const Variable& v, std::size_t i) {
  if (const auto* texts = std::get_if<Texts>(&v.data)) return (*texts)[i];
  if (const auto* flags = std::get_if<Flags>(&v.data)) {
    const std::size_t value = flags->values[i];
    return value < flags->meanings.size() ? flags->meanings[value] : std::to_string(value);
  }
  if (const auto* ints = std::get_if<Ints>(&v.data)) {
    const std::int64_t n = (*ints)[i];
    if (v.units == word(Unit::byte)) return format_bytes(Bytes{n});
    if (v.units == word(Unit::ns)) return format_time_exact(SimTime{n});
    if (v.units == word(Unit::ps)) return format_picoseconds(Picoseconds{n});
    if (v.units == word(Unit::byte_per_second)) return format_bandwidth(BytesPerSecond{n});
    return std::to_string(n);
  }
  return fmt::to_string(std::get<Reals>(v.data)[i]);
}

/// A dimension of the study, and the axes along it: more than one where they move together.
struct StudyDimension {
  std::string name;
  std::size_t size = 0;
  std::vector<std::pair<std::string, Texts>> axes;
};

/// A metric and its values, the replicates fastest.
struct MetricValues {
  run::Metric what;
  const Reals* values = nullptr;
};

/// What is needed of a study file. Refers to the content.
struct RecordedStudy {
  std::string name;
  std::vector<StudyDimension> dimensions;
  std::size_t replicates = 0;
  std::size_t points = 1;
  const Flags* status = nullptr;
  const Flags* outcome = nullptr;
  const Ints* fingerprints = nullptr;
  std::vector<MetricValues> metrics;
};

bool read_axes(const record::Group& group, RecordedStudy& study) {
  for (const Variable& c : group.coordinates) {
    const std::size_t size = record::size_of(c.data);
    if (c.name == "replicate") {
      study.replicates = size;
      continue;
    }
    StudyDimension d{c.name, size, {}};
    for (const Variable& v : group.variables)
      if (v.dims == Texts{c.name} && record::size_of(v.data) == size) {
        d.axes.push_back({v.name, {}});
        for (std::size_t i = 0; i < size; ++i) d.axes.back().second.push_back(shown(v, i));
      }
    if (d.axes.empty()) {
      d.axes.push_back({c.name, {}});
      for (std::size_t i = 0; i < size; ++i) d.axes.back().second.push_back(shown(c, i));
    }
    study.points = product_up_to(study.points, size);
    study.dimensions.push_back(std::move(d));
  }
  return study.replicates > 0 && study.points > 0;
}

bool read_metrics(const record::Group& results, const record::Group& provenance,
                  RecordedStudy& study) {
  const auto* names = find_data<Texts>(provenance, "name");
  const auto* phases = find_data<Texts>(provenance, "phase");
  const auto* units = find_data<Texts>(provenance, "unit");
  const auto* better = find_data<Texts>(provenance, "better");
  if (names == nullptr || phases == nullptr || units == nullptr || better == nullptr) return false;
  if (phases->size() != names->size() || units->size() != names->size() ||
      better->size() != names->size())
    return false;
  for (std::size_t i = 0; i < names->size(); ++i) {
    const auto* values = find_data<Reals>(results, (*names)[i]);
    const auto unit = named<Unit>((*units)[i]);
    const auto direction = named<Better>((*better)[i]);
    const auto phase = named<run::MetricPhase>((*phases)[i]);
    if (values == nullptr || values->size() != study.points * study.replicates || !unit ||
        !direction || !phase)
      return false;
    std::string name = (*names)[i];
    // A name that two phases have stands with its phase behind it.
    const std::string ending = "_" + (*phases)[i];
    if (name.ends_with(ending) && run::definition_of(name, *phase).empty())
      name.erase(name.size() - ending.size());
    study.metrics.push_back(
        {{name, *unit, *direction, *phase, {}, run::definition_of(name, *phase)}, values});
  }
  return true;
}

Result<RecordedStudy> read_study(const record::FileContent& file, const std::string& path) {
  if (record::text_of(file.attributes, "schema") != "mhpsim-study/1")
    return fail({path, 0, 0}, "this is no study file of mhpsim", "give a file of mhpsim collect");
  RecordedStudy out;
  out.name = record::text_of(file.attributes, "study");
  const record::Group* runs = find_group(file, "runs");
  const record::Group* results = find_group(file, "results");
  const record::Group* provenance = find_group(file, "provenance");
  bool whole = runs != nullptr && results != nullptr && provenance != nullptr &&
               read_axes(*results, out) && read_metrics(*results, *provenance, out);
  if (whole) {
    out.status = find_data<Flags>(*runs, "status");
    out.outcome = find_data<Flags>(*runs, "outcome");
    out.fingerprints = find_data<Ints>(*runs, "fingerprint");
    const std::size_t n = out.points * out.replicates;
    whole = out.status != nullptr && out.outcome != nullptr && out.fingerprints != nullptr &&
            out.status->values.size() == n && out.outcome->values.size() == n &&
            out.fingerprints->size() == n;
  }
  if (!whole)
    return fail({path, 0, 0}, "the file does not hold the runs and metrics of a study",
                "it is of another program: collect the study again");
  return out;
}

/// The runs that were simulated at a point.
std::vector<ComparedRun> runs_at(const RecordedStudy& study, std::size_t point) {
  std::vector<ComparedRun> out;
  for (std::size_t r = 0; r < study.replicates; ++r) {
    const std::size_t i = point * study.replicates + r;
    const std::size_t status = study.status->values[i];
    if (status >= study.status->meanings.size() || study.status->meanings[status] != "complete")
      continue;
    ComparedRun run;
    run.replicate = r;
    const std::size_t outcome = study.outcome->values[i];
    if (outcome < study.outcome->meanings.size())
      run.outcome =
          named<run::Outcome>(study.outcome->meanings[outcome]).value_or(run::Outcome::ok);
    run.fingerprint = static_cast<std::uint64_t>((*study.fingerprints)[i]);
    for (const MetricValues& m : study.metrics) {
      run.metrics.push_back(m.what);
      run.metrics.back().value = run::whole_number((*m.values)[i]);
    }
    out.push_back(std::move(run));
  }
  return out;
}

/// The placement at a point, if it is an axis.
std::string placement_at(const RecordedStudy& study, const std::vector<std::size_t>& position) {
  for (std::size_t d = 0; d < study.dimensions.size(); ++d)
    for (const auto& [name, values] : study.dimensions[d].axes)
      if (name == "memmap_placement") return values[position[d]];
  return "";
}

std::vector<std::size_t> position_of(const RecordedStudy& study, std::size_t point) {
  std::vector<std::size_t> out(study.dimensions.size());
  for (std::size_t d = out.size(); d-- > 0;) {
    out[d] = point % study.dimensions[d].size;
    point /= study.dimensions[d].size;
  }
  return out;
}

/// The values of the axes at a position, without those of one dimension.
std::vector<std::pair<std::string, std::string>> values_at(const RecordedStudy& study,
                                                           const std::vector<std::size_t>& position,
                                                           std::size_t without) {
  std::vector<std::pair<std::string, std::string>> out;
  for (std::size_t d = 0; d < study.dimensions.size(); ++d)
    if (d != without)
      for (const auto& [name, values] : study.dimensions[d].axes)
        out.emplace_back(name, values[position[d]]);
  return out;
}

/// Whether "AXIS=VALUE" of a study names this value of an axis; a file has amounts as "4GiB".
bool is_baseline(const std::string& axis, std::string value, const std::string& baseline) {
  std::string wanted = baseline;
  std::erase(value, ' ');
  std::erase(wanted, ' ');
  return axis + "=" + value == wanted;
}

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

bool same_axes(const RecordedStudy& a, const RecordedStudy& b) {
  return a.dimensions.size() == b.dimensions.size() &&
         std::equal(a.dimensions.begin(), a.dimensions.end(), b.dimensions.begin(),
                    [](const StudyDimension& x, const StudyDimension& y) {
                      return x.name == y.name && x.axes == y.axes;
                    });
}

}  // namespace

Result<std::vector<StudyPoint>> study_points(const record::FileContent& file,
                                             const std::string& path) {
  const auto study = read_study(file, path);
  if (!study) return tl::unexpected<Diagnostics>(study.error());
  const std::string baseline = record::text_of(file.attributes, "baseline");
  std::size_t along = kNone, level = 0;
  for (std::size_t d = 0; d < study->dimensions.size(); ++d) {
    const StudyDimension& dimension = study->dimensions[d];
    if (dimension.axes.size() != 1 || dimension.axes[0].first != dimension.name) continue;
    const Texts& values = dimension.axes[0].second;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (is_baseline(dimension.name, values[i], baseline)) {
        along = d;
        level = i;
      }
  }
  if (along == kNone)
    return fail({path, 0, 0}, "the study names no baseline to compare with",
                "give two study files, or a study with 'baseline'");
  std::vector<StudyPoint> out;
  std::size_t stride = 1;
  for (std::size_t d = along + 1; d < study->dimensions.size(); ++d)
    stride *= study->dimensions[d].size;
  for (std::size_t point = 0; point < study->points; ++point) {
    auto position = position_of(*study, point);
    if (position[along] != 0) continue;
    StudyPoint one{values_at(*study, position, along), {}};
    std::vector<std::size_t> levels(study->dimensions[along].size);
    std::iota(levels.begin(), levels.end(), std::size_t{0});
    std::rotate(levels.begin(), levels.begin() + static_cast<std::ptrdiff_t>(level),
                levels.begin() + static_cast<std::ptrdiff_t>(level) + 1);
    for (const std::size_t l : levels) {
      position[along] = l;
      auto runs = runs_at(*study, point + l * stride);
      if (!runs.empty())
        one.columns.push_back({study->dimensions[along].axes[0].second[l],
                               placement_at(*study, position), std::move(runs)});
      else if (l == level)
        break;  // without the baseline there is nothing to compare with
    }
    if (one.columns.size() > 1) out.push_back(std::move(one));
  }
  if (out.empty())
    return fail({path, 0, 0}, "at no point two runs are there to be compared",
                "go on with the sweep, and collect it again");
  return out;
}

Result<std::vector<StudyPoint>> study_points(const record::FileContent& before,
                                             const record::FileContent& after,
                                             const std::pair<std::string, std::string>& names,
                                             const std::pair<std::string, std::string>& paths) {
  const auto a = read_study(before, paths.first);
  if (!a) return tl::unexpected<Diagnostics>(a.error());
  const auto b = read_study(after, paths.second);
  if (!b) return tl::unexpected<Diagnostics>(b.error());
  if (!same_axes(*a, *b))
    return fail({paths.second, 0, 0},
                fmt::format("its axes or their values are not those of {}", paths.first),
                "two studies are compared point by point");
  std::vector<StudyPoint> out;
  for (std::size_t point = 0; point < a->points; ++point) {
    const auto position = position_of(*a, point);
    auto first = runs_at(*a, point), second = runs_at(*b, point);
    if (first.empty() || second.empty()) continue;
    const std::string placement = placement_at(*a, position);
    out.push_back({values_at(*a, position, kNone),
                   {{names.first, placement, std::move(first)},
                    {names.second, placement, std::move(second)}}});
  }
  if (out.empty())
    return fail({paths.second, 0, 0}, "at no point both have runs to be compared",
                "go on with the sweeps, and collect them again");
  return out;
}

}  // namespace mhp::study
