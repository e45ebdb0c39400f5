#pragma once

#include <string>

#include "sim/study/question/answer.hpp"

namespace mhp::cli {

/// The answer of `plan`, with what it is about.
struct PlanView {
  const question::Question& question;
  const question::Answer& answer;
  const question::Runs& runs;

  const study::Plan& plan() const { return runs.scenarios().plan(); }
};

/// answered if any part is and all are determined; else not_determined, or none.
question::Status plan_status(const question::Answer& answer);
const char* status_name(question::Status status);

/// The answer at one point of the file's axes, in a sentence without a full stop.
std::string plan_sentence(const PlanView& view, const question::Part& part);
/// "memmap_placement=boot_memory", of axes `from` to `to`; empty if there are none.
std::string axes_text(const study::Plan& plan, const study::Position& position, std::size_t from,
                      std::size_t to);
/// The word of the worst outcome that was found; empty if there is none.
std::string outcome_text(const question::Finding& finding);
/// What was found of an objective: "3.2 ms", "enomem: no memory for ...".
std::string found_text(const question::Objective& objective, const question::Finding& finding);
/// How a point stands, in a word or two.
std::string verdict_text(const PlanView& view, const question::Point& point);
/// A mean with its interval, if it has a width.
std::string estimate_text(const analysis::Estimate& e, Unit unit);
/// Unit of the question's metric.
Unit metric_unit(const PlanView& view);

/// All of it for people: sentences, then every point that was tried.
std::string plan_text(const PlanView& view);
/// The same as JSON (schema mhpsim-plan/1).
std::string plan_json(const PlanView& view);

}  // namespace mhp::cli
