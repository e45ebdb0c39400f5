#include "sim/study/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/config/overrides.hpp"
#include "sim/core/units.hpp"
#include "sim/study/sampling.hpp"

namespace mhp::study {

namespace {

/// Points whose scenarios are tried before a study begins.
constexpr std::uint64_t kTried = 1000;
/// Runs that a study may have.
constexpr double kMaxRuns = 1e9;
/// Scenarios that axes may make by exchanging parts.
constexpr std::size_t kMaxScenarios = 4096;

/// The level or number of an axis at a fraction (of 2^64) of its way.
Coordinate sampled(const Axis& axis, std::uint64_t fraction) {
  if (axis.range) return {-1, axis.range->at(fraction)};
  const auto levels = static_cast<std::uint64_t>(axis.levels.size());
  return {static_cast<std::int64_t>((static_cast<unsigned __int128>(fraction) * levels) >> 64)};
}

}  // namespace

Plan::Plan(const Study& study) : study_(study) {
  for (std::size_t i = 0; i < study.axes.size(); ++i) {
    const Axis& axis = study.axes[i];
    const auto same = std::find_if(dimensions_.begin(), dimensions_.end(), [&](const auto& d) {
      return d.design == axis.design && d.design != Design::cartesian;
    });
    if (same != dimensions_.end()) {
      same->axes.push_back(i);
      continue;
    }
    Dimension d{axis.name, axis.design, axis.levels.size(), {i}};
    if (axis.design == Design::zipped) d.name = "point";
    if (axis.design == Design::latin_hypercube) d.name = "sample";
    if (axis.design == Design::sobol) d.name = "sobol";
    if (axis.design == Design::latin_hypercube || axis.design == Design::sobol)
      d.size = static_cast<std::uint64_t>(study.params.samples);
    dimensions_.push_back(std::move(d));
  }
  for (const Dimension& d : dimensions_) points_ *= d.size;
}

Position Plan::at(std::uint64_t point) const {
  Position position(study_.axes.size());
  for (std::size_t d = dimensions_.size(); d-- > 0;) {
    const Dimension& dimension = dimensions_[d];
    const std::uint64_t i = point % dimension.size;
    point /= dimension.size;
    std::vector<std::uint64_t> fractions;
    if (dimension.design == Design::sobol) fractions = sobol(i, dimension.axes.size());
    for (std::size_t k = 0; k < dimension.axes.size(); ++k) {
      const std::size_t a = dimension.axes[k];
      const Axis& axis = study_.axes[a];
      if (dimension.design == Design::latin_hypercube)
        position[a] = sampled(
            axis, latin_hypercube(i, dimension.size,
                                  static_cast<std::uint64_t>(study_.params.design_seed), axis.key));
      else if (dimension.design == Design::sobol)
        position[a] = sampled(axis, fractions[k]);
      else
        position[a] = {static_cast<std::int64_t>(i)};
    }
  }
  return position;
}

bool Plan::excluded(const Position& position) const {
  if (study_.constraints.empty()) return false;
  const Lookup values = lookup(position);
  return std::any_of(study_.constraints.begin(), study_.constraints.end(),
                     [&](const Constraint& c) { return !c.holds(values); });
}

Value Plan::value(std::size_t axis, const Coordinate& c) const {
  const Axis& a = study_.axes[axis];
  return c.level >= 0 ? a.levels[static_cast<std::size_t>(c.level)].value
                      : number_value(c.number, a.unit, a.where);
}

std::string Plan::text(std::size_t axis, const Coordinate& c) const {
  const Axis& a = study_.axes[axis];
  return c.level >= 0 ? a.levels[static_cast<std::size_t>(c.level)].text
                      : fmt::format("{}", c.number);
}

std::int64_t Plan::number(std::size_t axis, const Coordinate& c) const {
  const Axis& a = study_.axes[axis];
  return c.level >= 0 ? a.levels[static_cast<std::size_t>(c.level)].number.value_or(c.level)
                      : c.number;
}

std::string Plan::shown(std::size_t axis, const Coordinate& c) const {
  const std::string& unit = study_.axes[axis].unit;
  const std::int64_t n = number(axis, c);
  std::string out = unit == "byte"     ? format_bytes(Bytes{n})
                    : unit == "ns"     ? format_time_exact(SimTime{n})
                    : unit == "ps"     ? format_picoseconds(Picoseconds{n})
                    : unit == "byte/s" ? format_bandwidth(BytesPerSecond{n})
                                       : text(axis, c);
  out.erase(std::remove(out.begin(), out.end(), ' '), out.end());
  return out;
}

std::string Plan::label(const Position& position) const {
  std::string out;
  for (std::size_t a = 0; a < position.size(); ++a)
    out +=
        fmt::format("{}{}={}", out.empty() ? "" : ",", study_.axes[a].name, shown(a, position[a]));
  return out;
}

std::size_t Plan::scenario_index(const Position& position) const {
  std::size_t index = 0;
  for (std::size_t a = 0; a < position.size(); ++a)
    if (!study_.axes[a].is_parameter)
      index = index * study_.axes[a].levels.size() + static_cast<std::size_t>(position[a].level);
  return index;
}

std::size_t Plan::scenario_count() const {
  std::size_t count = 1;
  for (const Axis& axis : study_.axes)
    if (!axis.is_parameter) count *= axis.levels.size();
  return count;
}

Lookup Plan::lookup(Position position) const {
  return [this, position = std::move(position)](const std::string& name) -> std::optional<Operand> {
    for (std::size_t a = 0; a < position.size(); ++a) {
      const Axis& axis = study_.axes[a];
      if (axis.name != name && !config::matches_path(axis.key, name)) continue;
      Operand out{text(a, position[a]), {}, axis.unit};
      const bool numeric =
          position[a].level < 0 || axis.levels[static_cast<std::size_t>(position[a].level)].number;
      if (numeric) out.number = number(a, position[a]);
      return out;
    }
    for (const ParamValue& p : study_.base.scenario().used) {
      if (p.name != name) continue;
      Operand out{p.value, {}, p.unit.empty() ? "1" : p.unit};
      if (const auto number = amount(p.value, "1", {})) out.number = *number;
      return out;
    }
    return std::nullopt;
  };
}

Result<Scenarios> Scenarios::make(const Plan& plan) {
  const Study& study = plan.study();
  Scenarios out;
  out.plan_ = &plan;
  const std::size_t count = plan.scenario_count();
  if (count > kMaxScenarios)
    return fail(study.axes.front().where,
                fmt::format("axes that exchange parts make {} scenarios", count),
                fmt::format("at most {}", kMaxScenarios));
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
    auto made = std::make_shared<Part>();
    made->base = study.base;
    if (auto exchanged = made->base.exchange(parts); !exchanged) {
      errors.insert(errors.end(), exchanged.error().begin(), exchanged.error().end());
      continue;
    }
    const auto& used = made->base.scenario().used;
    made->rest = ScenarioHash(used);
    for (const Axis& axis : study.axes) {
      auto& names = made->set.emplace_back();
      for (const ParamValue& p : used) {
        if (!axis.is_parameter || !config::matches_path(axis.key, p.name)) continue;
        made->rest.remove(p.name, p.value);
        names.push_back(p.name);
      }
    }
    out.parts_.push_back(std::move(made));
  }
  if (!errors.empty()) return tl::unexpected<Diagnostics>(std::move(errors));
  return out;
}

ScenarioHash Scenarios::hash(const Position& position) const {
  const Part& part = *parts_[plan_->scenario_index(position)];
  ScenarioHash hash = part.rest;
  for (std::size_t a = 0; a < part.set.size(); ++a)
    for (const std::string& name : part.set[a]) hash.add(name, plan_->text(a, position[a]));
  return hash;
}

const config::ScenarioBase& Scenarios::base(const Position& position) const {
  return parts_[plan_->scenario_index(position)]->base;
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
  const auto scenarios = Scenarios::make(plan);
  if (!scenarios) return tl::unexpected<Diagnostics>(scenarios.error());
  ScenarioCursor cursor(*scenarios);
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
