#pragma once

#include "sim/study/question/answer.hpp"

namespace mhp::question {

/// Tries every combination of the axes; those that meet the objectives and cost nearly the same get
/// more replicates until the cheapest stands out.
Result<Answer> cheapest(const Question& question, Runs& runs);

}  // namespace mhp::question
