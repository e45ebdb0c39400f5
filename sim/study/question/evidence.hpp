#pragma once

#include "sim/study/question/answer.hpp"

namespace mhp::question {

/// The study of all points that an answer rests on, as if it had been swept: the free axes of the
/// question crossed with the values of the key that were tried at any of their points. What was not
/// needed is missing in it.
Result<study::Study> evidence(const Question& question, const Answer& answer);

}  // namespace mhp::question
