#include "sim/study/question/answer.hpp"

#include <algorithm>

#include "sim/study/question/cheapest.hpp"
#include "sim/study/question/judge.hpp"
#include "sim/study/question/rounds.hpp"

namespace mhp::question {

using study::Plan;
using study::Position;

namespace {

/// The points of the file's own axes: the key at its beginning, the first of two settings.
std::vector<Position> free_points(const Question& q, const Plan& plan) {
  std::vector<Position> out;
  for (std::uint64_t p = 0; p < plan.points(); ++p) {
    const Position position = plan.at(p);
    const auto first = [&](std::size_t axis) { return position[axis].level == 0; };
    if (std::all_of(q.keys.begin(), q.keys.end(), first) &&
        (q.find != Find::break_even || first(q.between())))
      out.push_back(position);
  }
  return out;
}

/// The search at one point of the file's axes.
class Front {
 public:
  Front(const Question& q, const Plan& plan, Position at)
      : q_(q),
        plan_(plan),
        at_(std::move(at)),
        search_(q.grid.count, q.effort.grid,
                q.find == Find::break_even ? std::nullopt : std::optional(kHolds)) {}

  /// The points that are wanted next.
  std::vector<Point> next() const {
    std::vector<Point> out;
    for (const std::int64_t i : search_.next()) {
      Point point{.position = at_, .value = q_.grid.at(index(i))};
      for (const std::size_t k : q_.keys) point.position[k] = {-1, point.value};
      point.excluded = excluded(point.position);
      point.replicates = point.excluded ? 0 : q_.effort.replicates;
      out.push_back(std::move(point));
    }
    return out;
  }

  void tell(Point point) {
    search_.tell(index((point.value - q_.grid.from) / q_.grid.step), point.label);
    points_.push_back(std::move(point));
  }

  Part conclude() {
    std::sort(points_.begin(), points_.end(),
              [](const Point& a, const Point& b) { return a.value < b.value; });
    Part part{.at = at_, .points = std::move(points_), .one_stretch = search_.one_stretch_each()};
    q_.find == Find::break_even ? conclude_changes(part) : conclude_extreme(part);
    return part;
  }

 private:
  /// A search looks for the last point; of the least value that is the first of the grid.
  std::int64_t index(std::int64_t i) const {
    return q_.find == Find::least ? q_.grid.count - 1 - i : i;
  }

  /// Of two settings neither may be.
  bool excluded(Position position) const {
    bool out = plan_.excluded(position);
    if (q_.find != Find::break_even) return out;
    position[q_.between()].level = 1;
    return out || plan_.excluded(position);
  }

  bool adjacent(const Point& a, const Point& b) const {
    return std::max(a.value, b.value) - std::min(a.value, b.value) == q_.grid.step;
  }

  void conclude_extreme(Part& part) const {
    auto& points = part.points;
    const bool up = q_.find == Find::largest;
    // From the easy end of the grid to the other.
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < points.size(); ++i) order.push_back(up ? i : points.size() - 1 - i);
    bool open_beyond = false;
    for (const std::size_t i : order) {
      if (points[i].label == kHolds) {
        part.best = i;
        part.beyond.reset();
        open_beyond = false;
      } else if (points[i].label == kOpen) {
        open_beyond = true;
      } else if (!part.beyond) {
        part.beyond = i;
      }
    }
    const bool all_known = search_.next().empty();
    const bool at_end = part.best && *part.best == order.back() &&
                        points[*part.best].value == q_.grid.at(up ? q_.grid.count - 1 : 0);
    if (at_end)
      part.status = Status::answered;
    else if (!all_known || (open_beyond && !part.one_stretch))
      part.status = Status::not_determined;
    else if (!part.best)
      part.status = open_beyond ? Status::not_determined : Status::none;
    else if (part.beyond && adjacent(points[*part.best], points[*part.beyond]))
      part.status = Status::answered;
  }

  void conclude_changes(Part& part) const {
    const auto& points = part.points;
    std::optional<std::size_t> before;
    bool exact = search_.next().empty() && !points.empty() && points.front().label != kOpen &&
                 points.back().label != kOpen;
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (points[i].label == kOpen) continue;
      if (before && points[*before].label != points[i].label) {
        part.changes.emplace_back(*before, i);
        exact = exact && adjacent(points[*before], points[i]);
      }
      before = i;
    }
    if (exact) part.status = Status::answered;
  }

  const Question& q_;
  const Plan& plan_;
  Position at_;
  Search search_;
  std::vector<Point> points_;
};

/// All fronts go on side by side, so that threads have work and none takes the budget first.
Result<Answer> search(const Question& q, Runs& runs) {
  const Plan& plan = runs.scenarios().plan();
  const Judge judge(q, runs);
  std::vector<Front> fronts;
  for (Position& at : free_points(q, plan)) fronts.emplace_back(q, plan, std::move(at));
  Answer out;
  while (!out.out_of_budget && !runs.stopped()) {
    std::vector<Point> wanted;
    std::vector<std::size_t> front_of;
    for (std::size_t f = 0; f < fronts.size(); ++f)
      for (Point& point : fronts[f].next()) {
        wanted.push_back(std::move(point));
        front_of.push_back(f);
      }
    if (wanted.empty()) break;
    const auto round = judge_round(judge, runs, wanted);
    if (!round) return tl::unexpected<Diagnostics>(round.error());
    for (std::size_t i = 0; i < round->judged; ++i) fronts[front_of[i]].tell(std::move(wanted[i]));
    out.out_of_budget = round->out_of_budget;
  }
  for (Front& front : fronts) out.parts.push_back(front.conclude());
  return out;
}

}  // namespace

Result<Answer> answer(const Question& question, Runs& runs) {
  auto out = question.find == Find::cheapest ? cheapest(question, runs) : search(question, runs);
  if (out) out->runs = runs.taken();
  return out;
}

}  // namespace mhp::question
