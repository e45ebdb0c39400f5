#pragma once

#include "sim/study/question/answer.hpp"

namespace mhp::question {

/// Judges the points of a question by the runs that were taken.
class Judge {
 public:
  Judge(const Question& question, const Runs& runs) : q_(question), runs_(runs) {}

  /// Fills in label, findings and figure of a point whose replicates were taken.
  void judge(Point& point) const;
  /// The runs that a point rests on.
  std::vector<Wanted> runs_of(const Point& point) const;
  /// Whether the point's label would be another with more replicates, for all that is known.
  bool wants_more(const Point& point) const {
    return point.label == kOpen && point.replicates < q_.effort.max_replicates;
  }
  /// As many more replicates as the question adds at a time.
  void add_replicates(Point& point) const;

  /// Whether every metric that the question names exists.
  Result<void> check_metrics() const;

  double confidence() const { return static_cast<double>(q_.effort.confidence) / 100; }
  /// Whether more of the question's metric is better.
  bool more_is_better() const;
  /// The cost of each replicate of a point; empty if one has none.
  std::vector<double> costs(const Point& point) const;

 private:
  study::Position other_side(const study::Position& position) const;
  /// Adds what was found at a position, and takes the values of the question's metric.
  Standing side(const study::Position& position, Point& point, std::vector<double>& values) const;
  void judge_break_even(Point& point) const;

  const Question& q_;
  const Runs& runs_;
};

}  // namespace mhp::question
