#include "sim/study/collect/study_check.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "sim/run/result/check/view.hpp"

namespace mhp::study {

namespace {

using record::Group;
using record::Variable;
using run::FileCheck;
using run::GroupView;
using run::Law;
using Dims = std::vector<std::string>;
using Reals = std::vector<double>;

/// What study files and shard files have in common: a table of runs and one of their metrics.
class StudyCheck {
 public:
  explicit StudyCheck(const record::FileContent& file) : file_(file) {}

  FileCheck take() && { return std::move(check_); }

  void common(const Dims& dims_of_runs) {
    attributes();
    metrics_of_provenance();
    runs(dims_of_runs);
    for (std::size_t m = 0; m < names_.size(); ++m) array("results", names_[m], units_[m], dims_);
    check_.looked_at.push_back(
        fmt::format("{} metrics, each with the axes, unit and long_name that the schema promises",
                    names_.size()));
    not_complete_is_nan();
  }

  void of_study() {
    Dims points = dims_;
    if (!points.empty()) points.pop_back();
    if (file_.find("results_ci") != nullptr)
      for (std::size_t m = 0; m < names_.size(); ++m) intervals(m, points);
    if (file_.find("compare") != nullptr)
      for (std::size_t m = 0; m < names_.size(); ++m) differences(m, points);
    const auto& status = GroupView(file_, "runs").flags("status");
    const auto missing = static_cast<std::size_t>(
        std::find(status.meanings.begin(), status.meanings.end(), "missing") -
        status.meanings.begin());
    const bool whole =
        std::find(status.values.begin(), status.values.end(), missing) == status.values.end();
    const std::string says = record::text_of(file_.attributes, "status");
    Law law(check_, "the file says that it is complete if no run is missing");
    law.holds(says == (whole ? "complete" : "incomplete"), "attribute status is '{}', {}", says,
              whole ? "no run is missing" : "runs are missing");
  }

 private:
  void attributes() {
    Law law(check_, "attributes say which study it is");
    for (const char* name : {"Conventions", "title", "study", "doc", "program_version",
                             "model_version", "seed", "baseline"})
      law.holds(record::find(file_.attributes, name) != nullptr, "there is no attribute '{}'",
                name);
  }

  void metrics_of_provenance() {
    GroupView p(file_, "provenance");
    names_ = p.texts("name");
    units_ = p.texts("unit");
    for (const char* name : {"phase", "better", "definition", "study_config"}) p.texts(name);
    Law law(check_, "provenance says of each metric what it is");
    law.holds(p.whole(), "provenance lacks a variable");
    units_.resize(names_.size());
  }

  void runs(const Dims& wanted) {
    const Group* g = file_.find("runs");
    const Variable* status = g == nullptr ? nullptr : g->find("status");
    if (status != nullptr) dims_ = status->dims;
    if (!wanted.empty()) dims_ = wanted;
    for (const char* name : {"run_id", "status", "outcome", "fingerprint"})
      array("runs", name, "1", dims_);
    Law law(check_, "replicates are the last axis of the runs");
    law.holds(!dims_.empty() && (dims_.back() == "replicate" || !wanted.empty()),
              "runs/status has the axes ({})", fmt::join(dims_, ","));
  }

  /// A variable, if it is there as the schema has it.
  const Variable* array(const std::string& group, const std::string& name, const std::string& unit,
                        const Dims& dims) {
    const Group* g = file_.find(group);
    const Variable* v = g == nullptr ? nullptr : g->find(name);
    const auto fault = [&](std::string what) { check_.faults.push_back(std::move(what)); };
    if (v == nullptr) return fault(fmt::format("there is no variable {}/{}", group, name)), nullptr;
    if (v->dims != dims)
      return fault(fmt::format("{}/{} has the axes ({}), not ({})", group, name,
                               fmt::join(v->dims, ","), fmt::join(dims, ","))),
             nullptr;
    if (v->units != unit)
      fault(fmt::format("{}/{} has the unit '{}', not '{}'", group, name, v->units, unit));
    if (v->long_name.empty()) fault(fmt::format("{}/{} has no long_name", group, name));
    return v;
  }

  const Reals& reals(const std::string& group, const std::string& name, const std::string& unit,
                     const Dims& dims) {
    static const Reals none;
    const Variable* v = array(group, name, unit, dims);
    const auto* data = v == nullptr ? nullptr : std::get_if<Reals>(&v->data);
    if (v != nullptr && data == nullptr)
      check_.faults.push_back(fmt::format("{}/{} holds no real numbers", group, name));
    return data == nullptr ? none : *data;
  }

  void not_complete_is_nan() {
    const auto& status = GroupView(file_, "runs").flags("status");
    Law law(check_, "what was not simulated has no figures");
    for (std::size_t m = 0; m < names_.size(); ++m) {
      const auto& values = reals("results", names_[m], units_[m], dims_);
      for (std::size_t i = 0; i < values.size() && i < status.values.size(); ++i)
        law.holds(status.values[i] == 0 || std::isnan(values[i]),
                  "results/{}: value {} is {} of a run that is not complete", names_[m], i,
                  values[i]);
    }
  }

  void intervals(std::size_t m, const Dims& points) {
    const std::string& name = names_[m];
    const auto& mean = reals("results_ci", name + "_mean", units_[m], points);
    const auto& lo = reals("results_ci", name + "_lo", units_[m], points);
    const auto& hi = reals("results_ci", name + "_hi", units_[m], points);
    const auto& values = reals("results", name, units_[m], dims_);
    array("results_ci", name + "_n", "1", points);
    const auto& n = GroupView(file_, "results_ci").ints(name + "_n");
    if (m == 0) check_.looked_at.emplace_back("lo <= hi of each interval, and replicates counted");
    if (mean.size() != lo.size() || mean.size() != hi.size() || mean.size() != n.size()) return;
    const std::size_t replicates = mean.empty() ? 0 : values.size() / mean.size();
    for (std::size_t i = 0; i < mean.size(); ++i) {
      if (lo[i] > hi[i])
        check_.faults.push_back(fmt::format("results_ci/{}: point {}: an interval from {} to {}",
                                            name, i, lo[i], hi[i]));
      std::int64_t reached = 0;
      for (std::size_t r = 0; r < replicates && i * replicates + r < values.size(); ++r)
        reached += std::isnan(values[i * replicates + r]) ? 0 : 1;
      if (n[i] != reached)
        check_.faults.push_back(fmt::format(
            "results_ci/{}_n: point {}: {} replicates reached it, not {}", name, i, reached, n[i]));
    }
  }

  void differences(std::size_t m, const Dims& points) {
    const std::string& name = names_[m];
    const auto& lo = reals("compare", name + "_lo", units_[m], points);
    const auto& hi = reals("compare", name + "_hi", units_[m], points);
    const auto& diff = reals("compare", name + "_diff", units_[m], points);
    reals("compare", name + "_p", "1", points);
    array("compare", name + "_significant", "1", points);
    const auto& significant = GroupView(file_, "compare").flags(name + "_significant");
    if (m == 0)
      check_.looked_at.emplace_back("a difference is significant if its interval excludes 0");
    if (diff.size() != lo.size() || diff.size() != hi.size() ||
        diff.size() != significant.values.size())
      return;
    for (std::size_t i = 0; i < diff.size(); ++i) {
      const bool excludes = lo[i] > 0 || hi[i] < 0;
      const bool known = !std::isnan(lo[i]) && !std::isnan(hi[i]);
      const std::string& says = significant.meanings[significant.values[i]];
      if (known && (says == "yes" || says == "no") && says != (excludes ? "yes" : "no"))
        check_.faults.push_back(fmt::format("compare/{}_significant: point {}: {}, with {} to {}",
                                            name, i, says, lo[i], hi[i]));
    }
  }

  const record::FileContent& file_;
  FileCheck check_;
  std::vector<std::string> names_, units_;
  Dims dims_;
};

}  // namespace

FileCheck check_study_file(const record::FileContent& file) {
  StudyCheck check(file);
  check.common({});
  check.of_study();
  return std::move(check).take();
}

FileCheck check_shard_file(const record::FileContent& file) {
  StudyCheck check(file);
  check.common({"run"});
  return std::move(check).take();
}

}  // namespace mhp::study
