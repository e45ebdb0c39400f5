#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/study/design/study.hpp"

namespace mhp::study {

/// Where a point lies on one axis: at a level, or at a number of a sampled range.
struct Coordinate {
  std::int64_t level = -1;
  std::int64_t number = 0;

  bool operator==(const Coordinate&) const = default;
};

/// A point of a study: one coordinate for each axis, in their order.
using Position = std::vector<Coordinate>;

/// Axes that move together: a cartesian axis alone, all zipped ones, all of one sampled design.
struct Dimension {
  std::string name;  ///< the axis, or "point" (zipped), "sample" (Latin hypercube), "sobol"
  Design design = Design::cartesian;
  std::uint64_t size = 0;
  std::vector<std::size_t> axes;
};

/// A parameter of a scenario as constraints see it; nothing if it has none of that name.
std::optional<Operand> parameter(const config::ScenarioBase& scenario, const std::string& name);

/// The points of a study, each computed from its number when it is asked for: the last dimension
/// runs fastest. Decides what is run; not when or where.
class Plan {
 public:
  /// `study` outlives the plan.
  explicit Plan(const Study& study);

  const Study& study() const { return study_; }
  const std::vector<Dimension>& dimensions() const { return dimensions_; }
  std::uint64_t points() const { return points_; }
  /// Runs if no point is excluded or stops early.
  std::uint64_t runs() const {
    return points_ * static_cast<std::uint64_t>(study_.max_replicates());
  }

  Position at(std::uint64_t point) const;
  /// Whether a constraint rules the point out.
  bool excluded(const Position& position) const;

  /// The value of an axis at a position: as it is set, as it is recorded, and as a number.
  Value value(std::size_t axis, const Coordinate& c) const;
  std::string text(std::size_t axis, const Coordinate& c) const;
  std::int64_t number(std::size_t axis, const Coordinate& c) const;
  /// The value for people: "3GiB".
  std::string shown(std::size_t axis, const Coordinate& c) const;
  /// "size=3GiB,memmap_placement=boot_memory": for people and patterns.
  std::string label(const Position& position) const;

  /// Which of Study::bases: the levels of the last axis that exchanges parts run fastest.
  std::size_t scenario_index(const Position& position) const;
  std::size_t scenario_count() const;

  /// Axes and parameters of a position by name, the latter as the exchanged parts state them, for
  /// constraints. The plan outlives it.
  Lookup lookup(Position position) const;

 private:
  const Study& study_;
  std::vector<Dimension> dimensions_;
  std::uint64_t points_ = 1;
};

}  // namespace mhp::study
