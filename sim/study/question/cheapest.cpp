#include "sim/study/question/cheapest.hpp"

#include <algorithm>

#include "sim/study/question/rounds.hpp"

namespace mhp::question {

namespace {

class Cheapest {
 public:
  Cheapest(const Question& q, Runs& runs) : q_(q), runs_(runs), judge_(q, runs) {
    const study::Plan& plan = runs.scenarios().plan();
    part_.at = plan.at(0);
    for (std::uint64_t p = 0; p < plan.points(); ++p) {
      Point point{.position = plan.at(p), .replicates = q.effort.replicates};
      if (!plan.excluded(point.position)) part_.points.push_back(std::move(point));
    }
  }

  Result<Answer> go() {
    std::vector<Point>& points = part_.points;
    auto round = judge_round(judge_, runs_, points);
    if (!round) return tl::unexpected<Diagnostics>(round.error());
    bool out_of_budget = round->out_of_budget;
    points.resize(round->judged);
    rank();
    while (!out_of_budget && !runs_.stopped()) {
      const std::vector<Point*> close = undecided();
      if (close.empty()) break;
      const auto enough = add_replicates(judge_, runs_, close);
      if (!enough) return tl::unexpected<Diagnostics>(enough.error());
      out_of_budget = !*enough;
      rank();
    }
    conclude();
    if (runs_.stopped()) out_of_budget = false;
    return Answer{.parts = {std::move(part_)}, .out_of_budget = out_of_budget};
  }

 private:
  /// Finds the best by mean cost, and who cannot be told from it.
  void rank() {
    std::vector<Point>& points = part_.points;
    part_.best.reset();
    part_.equals.clear();
    part_.rivals.clear();
    const double sign = judge_.more_is_better() ? -1 : 1;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const auto costs = judge_.costs(points[i]);
      points[i].figure.reset();
      if (costs.empty()) points[i].label = kFails;
      if (costs.empty()) continue;
      points[i].figure = analysis::estimate(costs, judge_.confidence());
      if (points[i].label != kHolds) continue;
      if (!part_.best || sign * points[i].figure->mean < sign * points[*part_.best].figure->mean)
        part_.best = i;
    }
    if (!part_.best) return;
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (i == *part_.best || points[i].label != kHolds) continue;
      const analysis::Estimate d = difference(points[i], points[*part_.best]);
      if (d.mean == 0 && d.hi.value_or(0) == 0)
        part_.equals.push_back(i);
      else if (d.lo && *d.lo <= 0 && *d.hi >= 0)
        part_.rivals.push_back(i);
    }
  }

  /// Of the cost, over the replicates that both have.
  analysis::Estimate difference(const Point& of, const Point& from) const {
    auto a = judge_.costs(of);
    auto b = judge_.costs(from);
    a.resize(std::min(a.size(), b.size()));
    b.resize(a.size());
    return analysis::paired_difference(a, b, judge_.confidence());
  }

  /// The best and its rivals, those that may have more replicates.
  std::vector<Point*> undecided() {
    std::vector<Point*> out;
    if (part_.rivals.empty()) return out;
    const auto consider = [&](std::size_t i) {
      if (part_.points[i].replicates < q_.effort.max_replicates) out.push_back(&part_.points[i]);
    };
    consider(*part_.best);
    for (const std::size_t i : part_.rivals) consider(i);
    return out;
  }

  void conclude() {
    const auto& points = part_.points;
    const double sign = judge_.more_is_better() ? -1 : 1;
    const study::Plan& plan = runs_.scenarios().plan();
    const bool all = runs_.stopped() ? false : points.size() == candidates(plan);
    // Who is open and cheaper may be the answer.
    const bool open = std::any_of(points.begin(), points.end(), [&](const Point& p) {
      return p.label == kOpen && (!part_.best || !p.figure ||
                                  sign * p.figure->mean <= sign * points[*part_.best].figure->mean);
    });
    if (!all || open || !part_.rivals.empty())
      part_.status = Status::not_determined;
    else
      part_.status = part_.best ? Status::answered : Status::none;
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (points[i].label != kFails || !points[i].figure) continue;
      const auto costs_less = [&](const std::optional<std::size_t>& than) {
        return !than || sign * points[i].figure->mean < sign * points[*than].figure->mean;
      };
      if (costs_less(part_.best) && costs_less(part_.beyond)) part_.beyond = i;
    }
  }

  static std::size_t candidates(const study::Plan& plan) {
    std::size_t count = 0;
    for (std::uint64_t p = 0; p < plan.points(); ++p) count += plan.excluded(plan.at(p)) ? 0 : 1;
    return count;
  }

  const Question& q_;
  Runs& runs_;
  const Judge judge_;
  Part part_;
};

}  // namespace

Result<Answer> cheapest(const Question& question, Runs& runs) {
  return Cheapest(question, runs).go();
}

}  // namespace mhp::question
