#pragma once

#include <optional>
#include <vector>

#include "sim/stats/stats.hpp"
#include "sim/study/question/question.hpp"
#include "sim/study/question/runs.hpp"
#include "sim/study/question/search.hpp"

namespace mhp::question {

// Labels of a search for the least or largest value ...
constexpr Label kFails = 0;
constexpr Label kHolds = 1;
// ... and of one for a break-even: which of the two settings has the better metric. "Only": the
// other does not meet the objectives or does not reach the metric.
constexpr Label kFirst = 2;
constexpr Label kEqual = 3;
constexpr Label kSecond = 4;
constexpr Label kOnlyFirst = 5;
constexpr Label kOnlySecond = 6;
constexpr Label kNeither = 7;

/// A point that was tried: a value of the key, or a combination of the axes.
struct Point {
  study::Position position;  ///< of break_even with the first setting
  std::int64_t value = 0;    ///< of the key
  Label label = kOpen;
  bool excluded = false;  ///< by a constraint: fails without a run
  std::int64_t replicates = 0;
  std::vector<Finding> findings;  ///< of each objective; of break_even first those of one setting
  /// Of cheapest the cost; of break_even the second setting's metric less the first's.
  std::optional<analysis::Estimate> figure;
  std::optional<analysis::Estimate> first, second;  ///< of break_even: the metric of each setting
};

enum class Status : std::uint8_t {
  answered,
  none,           ///< nothing that was allowed meets the objectives
  not_determined  ///< by this budget, or by any with intervals as wide
};

/// The answer at one point of the file's axes; of cheapest, over all of them.
struct Part {
  study::Position at;
  Status status = Status::not_determined;
  std::vector<Point> points;  ///< those tried, by value; of cheapest in the order of the axes
  bool one_stretch = true;    ///< false: what holds once failed nearer to the easy end, or so
  /// Positions in `points`: the answer, and what fails beyond it: of least and largest the nearest
  /// that surely does, or where nothing holds the easiest; of cheapest the cheapest.
  std::optional<std::size_t> best, beyond;
  /// Of break_even: neighbours that differ.
  std::vector<std::pair<std::size_t, std::size_t>> changes;
  /// Of cheapest: others that cost the same, or that cannot be told from the best.
  std::vector<std::size_t> equals, rivals;
};

struct Answer {
  std::vector<Part> parts;
  std::int64_t runs = 0;
  bool out_of_budget = false;
};

/// Answers a question. Depends on the question alone, not on threads. An error if a metric that it
/// names does not exist, or a run cannot be had. When stopped, the answer is not complete.
Result<Answer> answer(const Question& question, Runs& runs);

}  // namespace mhp::question
