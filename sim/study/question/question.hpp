#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/study/design/study.hpp"
#include "sim/study/question/objective.hpp"

namespace mhp::question {

/// What is asked.
enum class Find : std::uint8_t {
  least,       ///< value of the key for which the objectives hold
  largest,     ///< the same
  break_even,  ///< value of the key at which two settings change places
  cheapest     ///< of all combinations of the axes
};

/// How hard to try.
struct Effort {
  std::int64_t budget = 200;        ///< runs that the answer may rest on
  std::int64_t replicates = 1;      ///< of each point
  std::int64_t max_replicates = 0;  ///< of one that stays open; 0: four times as many
  std::int64_t grid = 5;            ///< points to begin with
  std::int64_t confidence = 95;     ///< of intervals of means and differences, in percent
};

/// The values that the key may take: from, from + step, ..., not beyond `to` of the file.
struct Grid {
  std::int64_t from = 0;
  std::int64_t step = 1;
  std::int64_t count = 1;

  std::int64_t at(std::int64_t i) const { return from + i * step; }
};

/// A question about a scenario whose answer is searched by simulation.
struct Question {
  Find find = Find::largest;
  Effort effort;
  study::Study study;             ///< axes: those of the file, [between], the key and those with it
  std::size_t free_axes = 0;      ///< of them: the file's own; there is an answer for each of their
                                  ///< points, and of cheapest it is one of them
  std::vector<std::size_t> keys;  ///< axes that take the value asked for; none of cheapest
  Grid grid;
  std::vector<Objective> objectives;
  std::string metric;  ///< that changes places (break_even) or is the cost (cheapest)
  Location metric_where;

  const study::Axis& key() const { return study.axes[keys.front()]; }
  /// The axis of the two settings that change places.
  std::size_t between() const { return free_axes; }
};

/// Reads a question file and its scenario; `settings` ("key=value") are applied to the scenario.
/// All errors come at once.
Result<Question> load_question(const std::string& path, const std::vector<std::string>& settings);
/// The same from the tree of a question file.
Result<Question> make_question(Value root, const std::vector<std::string>& settings);

/// The parameters of a question file, for documentation and messages.
std::vector<ParamInfo> describe_question();

}  // namespace mhp::question
