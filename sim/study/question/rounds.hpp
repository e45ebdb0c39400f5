#pragma once

#include "sim/study/question/judge.hpp"

namespace mhp::question {

/// What became of the points of a round.
struct Round {
  std::size_t judged = 0;      ///< so many of them, from the first on
  bool out_of_budget = false;  ///< there was no room for the others, or for all their replicates
};

/// Takes the runs of as many of the points as the budget has room for and judges them. Those that
/// stay open get more replicates, as many as the question allows. When stopped, none is judged. An
/// error if a run cannot be had or a metric does not exist.
Result<Round> judge_round(const Judge& judge, Runs& runs, std::vector<Point>& points);

/// Gives each of these points more replicates, as far as the budget goes, and judges those anew.
/// Returns whether it went far enough for all; when stopped, none gets any.
Result<bool> add_replicates(const Judge& judge, Runs& runs, const std::vector<Point*>& points);

}  // namespace mhp::question
