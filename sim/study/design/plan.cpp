#include "sim/study/design/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/config/overrides.hpp"
#include "sim/core/units.hpp"
#include "sim/study/design/sampling.hpp"

namespace mhp::study {

namespace {

/// The level or number of an axis at a fraction (of 2^64) of its way.
Coordinate sampled(const Axis& axis, std::uint64_t fraction) {
  if (axis.range) return {-1, axis.range->at(fraction)};
  const auto levels = static_cast<std::uint64_t>(axis.levels.size());
  return {static_cast<std::int64_t>((static_cast<unsigned __int128>(fraction) * levels) >> 64)};
}

}  // namespace

std::optional<Operand> parameter(const config::ScenarioBase& scenario, const std::string& name) {
  for (const ParamValue& p : scenario.scenario().used) {
    if (p.name != name) continue;
    return Operand{p.value, p.number, p.unit};
  }
  return std::nullopt;
}

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
  return c.level >= 0 ? a.levels[static_cast<std::size_t>(c.level)].text : std::to_string(c.number);
}

std::int64_t Plan::number(std::size_t axis, const Coordinate& c) const {
  const Axis& a = study_.axes[axis];
  return c.level >= 0 ? a.levels[static_cast<std::size_t>(c.level)].number.value_or(c.level)
                      : c.number;
}

std::string Plan::shown(std::size_t axis, const Coordinate& c) const {
  const Unit unit = study_.axes[axis].unit;
  const Value value = number_value(number(axis, c), unit, {});
  std::string out = value.amount() != nullptr ? value.amount()->shown() : text(axis, c);
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
    return parameter(*study_.bases[scenario_index(position)], name);
  };
}

}  // namespace mhp::study
