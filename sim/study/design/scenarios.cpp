#include "sim/study/design/scenarios.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/config/overrides.hpp"

namespace mhp::study {

namespace {

/// Points whose scenarios are tried before a study begins.
constexpr std::uint64_t kTried = 1000;
/// Runs that a study may have.
constexpr double kMaxRuns = 1e9;
/// Scenarios that axes may make by exchanging parts.
constexpr std::size_t kMaxScenarios = 4096;

}  // namespace

Result<std::vector<std::shared_ptr<const config::ScenarioBase>>> exchange_parts(
    const Study& study) {
  const std::size_t count = Plan(study).scenario_count();
  if (count > kMaxScenarios)
    return fail(study.axes.front().where,
                fmt::format("axes that exchange parts make {} scenarios", count),
                fmt::format("at most {}", kMaxScenarios));
  std::vector<std::shared_ptr<const config::ScenarioBase>> out;
  Diagnostics errors;
  for (std::size_t s = 0; s < count; ++s) {
    // The levels that make scenario s: those of the last axis run fastest.
    std::vector<config::Setting> parts;
    std::size_t rest = s;
    for (std::size_t a = study.axes.size(); a-- > 0;) {
      const Axis& axis = study.axes[a];
      if (axis.is_parameter) continue;
      parts.insert(parts.begin(), {axis.key, axis.levels[rest % axis.levels.size()].value});
      rest /= axis.levels.size();
    }
    config::ScenarioBase base = study.base;
    if (auto exchanged = base.exchange(parts); !exchanged)
      errors.insert(errors.end(), exchanged.error().begin(), exchanged.error().end());
    else
      out.push_back(std::make_shared<const config::ScenarioBase>(std::move(base)));
  }
  if (!errors.empty()) return tl::unexpected<Diagnostics>(std::move(errors));
  return out;
}

Scenarios::Scenarios(const Plan& plan) : plan_(&plan) {
  for (const auto& base : plan.study().bases) {
    const auto& used = base->scenario().used;
    Part part{run::ScenarioHash(used), {}};
    for (const Axis& axis : plan.study().axes) {
      auto& names = part.set.emplace_back();
      for (const ParamValue& p : used) {
        if (!axis.is_parameter || !config::matches_path(axis.key, p.name)) continue;
        part.rest.remove(p.name, p.value);
        names.push_back(p.name);
      }
    }
    parts_.push_back(std::move(part));
  }
}

run::ScenarioHash Scenarios::hash(const Position& position) const {
  const Part& part = parts_[plan_->scenario_index(position)];
  run::ScenarioHash hash = part.rest;
  for (std::size_t a = 0; a < part.set.size(); ++a)
    for (const std::string& name : part.set[a]) hash.add(name, plan_->text(a, position[a]));
  return hash;
}

const config::ScenarioBase& Scenarios::base(const Position& position) const {
  return *plan_->study().bases[plan_->scenario_index(position)];
}

Result<void> ScenarioCursor::begin(const config::ScenarioBase& base) {
  origin_ = nullptr;
  position_.clear();
  parameters_.clear();
  for (const Axis& axis : scenarios_.plan().study().axes) {
    auto& parameter = parameters_.emplace_back();
    if (!axis.is_parameter) continue;
    auto found = base.find(axis.key, axis.where);
    if (!found) return tl::unexpected<Diagnostics>(found.error());
    parameter = std::move(*found);
  }
  current_ = base;
  origin_ = &base;
  return {};
}

Result<const config::ScenarioBase*> ScenarioCursor::at(const Position& position) {
  const config::ScenarioBase& base = scenarios_.base(position);
  const bool exchanged = &base != origin_;
  if (exchanged)
    if (auto begun = begin(base); !begun) return tl::unexpected<Diagnostics>(begun.error());
  std::vector<config::Change> changes;
  for (std::size_t a = 0; a < parameters_.size(); ++a)
    if (!parameters_[a].empty() && (position_.empty() || !(position_[a] == position[a])))
      changes.push_back({&parameters_[a], scenarios_.plan().value(a, position[a])});
  position_.clear();
  if (exchanged || !changes.empty())
    if (auto set = current_.set(changes); !set) return tl::unexpected<Diagnostics>(set.error());
  position_ = position;
  return &current_;
}

Result<void> check_points(const Study& study) {
  const Plan plan(study);
  const double runs =
      static_cast<double>(plan.points()) * static_cast<double>(study.max_replicates());
  if (plan.points() == 0 || runs > kMaxRuns)
    return fail(study.axes.empty() ? Location{} : study.axes.front().where,
                fmt::format("the study has {:.0f} runs", runs),
                fmt::format("give its axes fewer values: at most {:.0f} runs", kMaxRuns));
  const Scenarios scenarios(plan);
  ScenarioCursor cursor(scenarios);
  Diagnostics errors;
  const std::uint64_t count = std::min(plan.points(), kTried);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto point =
        static_cast<std::uint64_t>(static_cast<unsigned __int128>(plan.points()) * i / count);
    const Position position = plan.at(point);
    if (plan.excluded(position)) continue;
    const auto scenario = cursor.at(position);
    if (scenario) continue;
    for (const Diagnostic& d : scenario.error())
      if (std::none_of(errors.begin(), errors.end(),
                       [&](const Diagnostic& e) { return e.text() == d.text(); }))
        errors.push_back(d);
  }
  if (!errors.empty()) return tl::unexpected<Diagnostics>(std::move(errors));
  return {};
}

}  // namespace mhp::study
