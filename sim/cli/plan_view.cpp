#include "sim/cli/plan_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/cli/figures.hpp"
#include "sim/cli/origin_view.hpp"
#include "sim/core/display_width.hpp"
#include "sim/study/collect/study_schema.hpp"
#include "sim/study/question/judge.hpp"

namespace mhp::cli {

using nlohmann::ordered_json;
using question::Find;
using question::Part;
using question::Point;

namespace {

using Row = std::vector<std::string>;

/// Rows with their columns set flush, the first row being the head.
std::string aligned(const std::vector<Row>& rows) {
  std::vector<std::size_t> width(rows.front().size());
  for (const Row& row : rows)
    for (std::size_t c = 0; c < row.size(); ++c)
      width[c] = std::max(width[c], display_width(row[c]));
  std::string out;
  for (const Row& row : rows) {
    std::string line = "  ";
    for (std::size_t c = 0; c < row.size(); ++c) line += padded(row[c], width[c]) + "  ";
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

std::string objective_head(const question::Objective& o) {
  return o.of_mean() ? "mean(" + o.metric() + ")" : o.metric();
}

/// The short form of what was found: outcomes without their reason.
std::string short_text(const question::Objective& o, const question::Finding& f) {
  return o.is_outcome() ? outcome_text(f) : found_text(o, f);
}

Row head(const PlanView& view) {
  const question::Question& q = view.question;
  Row row;
  if (q.find == Find::cheapest)
    for (const study::Axis& axis : q.study.axes) row.push_back(axis.name);
  else
    row.push_back(q.key().key);
  row.emplace_back(q.find == Find::break_even ? "better" : "verdict");
  row.emplace_back("replicates");
  if (q.find == Find::break_even) {
    const auto& levels = q.study.axes[q.between()].levels;
    row.push_back(levels[0].text);
    row.push_back(levels[1].text);
    row.emplace_back("difference");
    return row;
  }
  for (const question::Objective& o : q.objectives) row.push_back(objective_head(o));
  if (q.find == Find::cheapest) row.push_back(q.metric);
  return row;
}

Row row_of(const PlanView& view, const Point& point) {
  const question::Question& q = view.question;
  const Unit unit = metric_unit(view);
  const auto figure = [&](const std::optional<analysis::Estimate>& e) {
    return e ? estimate_text(*e, unit) : std::string("-");
  };
  Row row;
  if (q.find == Find::cheapest)
    for (std::size_t a = 0; a < point.position.size(); ++a)
      row.push_back(view.plan().shown(a, point.position[a]));
  else
    row.push_back(view.plan().shown(q.keys.front(), {-1, point.value}));
  row.push_back(verdict_text(view, point));
  row.push_back(fmt::format("{}", point.replicates));
  if (q.find == Find::break_even) {
    row.push_back(figure(point.first));
    row.push_back(figure(point.second));
    row.push_back(figure(point.figure));
    return row;
  }
  for (std::size_t i = 0; i < q.objectives.size(); ++i)
    row.push_back(point.excluded ? "-" : short_text(q.objectives[i], point.findings[i]));
  if (q.find == Find::cheapest) row.push_back(figure(point.figure));
  return row;
}

std::string part_name(const PlanView& view, const Part& part) {
  return view.question.find == Find::cheapest
             ? ""
             : axes_text(view.plan(), part.at, 0, view.question.free_axes);
}

ordered_json estimate_json(const std::optional<analysis::Estimate>& e) {
  if (!e) return nullptr;
  return {{"mean", json_number(e->mean)}, {"lo", json_number(e->lo)}, {"hi", json_number(e->hi)}};
}

const char* standing_name(question::Standing s) {
  return s == question::Standing::holds   ? "holds"
         : s == question::Standing::fails ? "fails"
                                          : "open";
}

/// The values of some axes at a position: numbers in the unit of the axis, or words.
ordered_json axes_json(const PlanView& view, const study::Position& position, std::size_t count) {
  ordered_json out = ordered_json::object();
  for (std::size_t a = 0; a < count; ++a) {
    const study::Axis& axis = view.question.study.axes[a];
    const auto operand = view.plan().lookup(position)(axis.name);
    out[axis.name] = operand && operand->number ? ordered_json(*operand->number)
                                                : ordered_json(view.plan().text(a, position[a]));
  }
  return out;
}

ordered_json findings_json(const PlanView& view, const Point& point, std::size_t first) {
  ordered_json out = ordered_json::array();
  const auto& objectives = view.question.objectives;
  for (std::size_t i = 0; i < objectives.size() && first + i < point.findings.size(); ++i) {
    const question::Finding& f = point.findings[first + i];
    ordered_json row{{"objective", objectives[i].text()}, {"standing", standing_name(f.standing)}};
    if (objectives[i].is_outcome()) {
      row["outcome"] = outcome_text(f);
      row["reason"] = f.reason;
    } else {
      row["unit"] = f.unit ? word(*f.unit) : "";
      row["low"] = json_number(f.low);
      row["high"] = json_number(f.high);
    }
    out.push_back(std::move(row));
  }
  return out;
}

ordered_json point_json(const PlanView& view, const Point& point) {
  const question::Question& q = view.question;
  ordered_json out;
  if (q.find == Find::cheapest)
    out["at"] = axes_json(view, point.position, point.position.size());
  else
    out["value"] = point.value;
  out["verdict"] = verdict_text(view, point);
  out["replicates"] = point.replicates;
  out["runs"] = ordered_json::array();
  for (const question::Wanted& w : question::Judge(q, view.runs).runs_of(point))
    out["runs"].push_back(run::hex_text(view.runs.id(w)));
  if (q.find == Find::break_even) {
    out["first"] = estimate_json(point.first);
    out["second"] = estimate_json(point.second);
    out["difference"] = estimate_json(point.figure);
    out["objectives_first"] = findings_json(view, point, 0);
    out["objectives_second"] = findings_json(view, point, q.objectives.size());
    return out;
  }
  out["objectives"] = findings_json(view, point, 0);
  if (q.find == Find::cheapest) out["cost"] = estimate_json(point.figure);
  return out;
}

/// The objectives that fail at a point.
ordered_json binding_json(const PlanView& view, const Point& point) {
  ordered_json out = ordered_json::array();
  for (std::size_t i = 0; i < point.findings.size(); ++i)
    if (point.findings[i].standing == question::Standing::fails)
      out.push_back(view.question.objectives[i].text());
  return out;
}

ordered_json part_json(const PlanView& view, const Part& part) {
  const question::Question& q = view.question;
  const bool chosen = q.find == Find::cheapest;
  ordered_json out;
  if (!chosen) out["at"] = axes_json(view, part.at, q.free_axes);
  out["status"] = status_name(part.status);
  out["sentence"] = plan_sentence(view, part);
  const auto place = [&](const std::optional<std::size_t>& i) {
    if (!i) return ordered_json(nullptr);
    const Point& p = part.points[*i];
    return chosen ? axes_json(view, p.position, p.position.size()) : ordered_json(p.value);
  };
  if (q.find == Find::break_even) {
    out["changes"] = ordered_json::array();
    for (const auto& [before, after] : part.changes)
      out["changes"].push_back({{"before", part.points[before].value},
                                {"after", part.points[after].value},
                                {"better_before", verdict_text(view, part.points[before])},
                                {"better_after", verdict_text(view, part.points[after])}});
  } else {
    out[chosen ? "cheapest" : "value"] = place(part.best);
    out["fails"] = place(part.beyond);
    out["binding"] =
        part.beyond ? binding_json(view, part.points[*part.beyond]) : ordered_json::array();
  }
  if (chosen) {
    out["equals"] = ordered_json::array();
    out["rivals"] = ordered_json::array();
    for (const std::size_t i : part.equals) out["equals"].push_back(place(i));
    for (const std::size_t i : part.rivals) out["rivals"].push_back(place(i));
  } else {
    out["one_stretch"] = part.one_stretch;
  }
  out["points"] = ordered_json::array();
  for (const Point& point : part.points) out["points"].push_back(point_json(view, point));
  return out;
}

}  // namespace

std::string plan_text(const PlanView& view) {
  const question::Question& q = view.question;
  std::string out = fmt::format("{}: {}\n", q.study.params.name, q.study.params.doc);
  out += fmt::format("seed {}, {} of at most {} runs\n\n", q.study.base.scenario().run.seed,
                     view.answer.runs, q.effort.budget);
  out += origin_text(q.study.base.scenario().origin);
  for (const Part& part : view.answer.parts) {
    const std::string name = part_name(view, part);
    out += fmt::format("{}{}{}.\n", name, name.empty() ? "" : ": ", plan_sentence(view, part));
  }
  for (const Part& part : view.answer.parts) {
    const std::string name = part_name(view, part);
    out += name.empty() ? "\n" : fmt::format("\n{}\n", name);
    std::vector<Row> rows{head(view)};
    for (const Point& point : part.points) rows.push_back(row_of(view, point));
    out += aligned(rows);
  }
  return out;
}

std::string plan_json(const PlanView& view) {
  const question::Question& q = view.question;
  static const std::vector<std::string> kinds{"least", "largest", "break_even", "cheapest"};
  ordered_json out;
  out["schema"] = "mhpsim-plan/1";
  out["question"] = q.study.params.name;
  out["scenario"] = q.study.base.scenario().run.name;
  out["seed"] = q.study.base.scenario().run.seed;
  if (const auto note = study::kernel_notes(q.study); !note.empty()) out["kernel_note"] = note;
  if (const auto& origin = q.study.base.scenario().origin) out["machine"] = origin_json(origin);
  out["find"] = kinds[static_cast<std::size_t>(q.find)];
  if (q.find != Find::cheapest)
    out["key"] = {{"key", q.key().key},
                  {"unit", word(q.key().unit)},
                  {"from", q.grid.from},
                  {"to", q.grid.at(q.grid.count - 1)},
                  {"step", q.grid.step}};
  if (!q.metric.empty()) out["metric"] = {{"name", q.metric}, {"unit", word(metric_unit(view))}};
  if (q.find == Find::break_even) {
    const study::Axis& axis = q.study.axes[q.between()];
    out["between"] = {
        {"key", axis.key}, {"first", axis.levels[0].text}, {"second", axis.levels[1].text}};
  }
  out["objectives"] = ordered_json::array();
  for (const question::Objective& o : q.objectives) out["objectives"].push_back(o.text());
  out["confidence"] = q.effort.confidence;
  out["budget"] = q.effort.budget;
  out["runs"] = view.answer.runs;
  out["status"] = status_name(plan_status(view.answer));
  out["answers"] = ordered_json::array();
  for (const Part& part : view.answer.parts) out["answers"].push_back(part_json(view, part));
  return out.dump(2) + "\n";
}

}  // namespace mhp::cli
