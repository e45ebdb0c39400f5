#include "sim/study/question/rounds.hpp"

#include <iterator>

namespace mhp::question {

namespace {

/// Takes the runs of as many of the points, from the first on, as the budget has room for.
Result<std::size_t> take_as_fits(const Judge& judge, Runs& runs,
                                 const std::vector<Point*>& points) {
  std::vector<Wanted> wanted;
  std::int64_t left = runs.left();
  std::size_t fit = 0;
  for (; fit < points.size(); ++fit) {
    std::vector<Wanted> more = judge.runs_of(*points[fit]);
    left -= runs.price(more);
    if (left < 0) break;
    wanted.insert(wanted.end(), std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
  }
  if (auto taken = runs.take(wanted); !taken) return tl::unexpected<Diagnostics>(taken.error());
  if (auto known = judge.check_metrics(); !known) return tl::unexpected<Diagnostics>(known.error());
  return fit;
}

}  // namespace

Result<bool> add_replicates(const Judge& judge, Runs& runs, const std::vector<Point*>& points) {
  std::vector<std::int64_t> before;
  for (Point* point : points) {
    before.push_back(point->replicates);
    judge.add_replicates(*point);
  }
  const auto fit = take_as_fits(judge, runs, points);
  if (!fit) return tl::unexpected<Diagnostics>(fit.error());
  const std::size_t got = runs.stopped() ? 0 : *fit;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (i >= got) points[i]->replicates = before[i];
    if (i < got) judge.judge(*points[i]);
  }
  return got == points.size();
}

Result<Round> judge_round(const Judge& judge, Runs& runs, std::vector<Point>& points) {
  std::vector<Point*> pending;
  for (Point& point : points) pending.push_back(&point);
  const auto fit = take_as_fits(judge, runs, pending);
  if (!fit) return tl::unexpected<Diagnostics>(fit.error());
  if (runs.stopped()) return Round{};
  Round round{*fit, *fit < points.size()};
  pending.resize(*fit);
  for (Point* point : pending) judge.judge(*point);
  while (!round.out_of_budget) {
    std::erase_if(pending, [&](const Point* point) { return !judge.wants_more(*point); });
    if (pending.empty()) break;
    const auto enough = add_replicates(judge, runs, pending);
    if (!enough) return tl::unexpected<Diagnostics>(enough.error());
    if (runs.stopped()) return Round{};
    round.out_of_budget = !*enough;
  }
  return round;
}

}  // namespace mhp::question
