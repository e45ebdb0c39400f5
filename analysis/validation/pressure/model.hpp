#pragma once

#include "analysis/validation/pressure/plan.hpp"
#include "analysis/validation/pressure/story.hpp"

namespace mhp::pressure {

/// What the model makes of a plan: its scenario is simulated once, and looked at when each step
/// begins that looks at the guest. What the model cannot say is left out, and added to `left_out`.
Story model_story(const Recording& recording, const Plan& plan, const config::Scenario& scenario,
                  std::vector<LeftOut>& left_out);

}  // namespace mhp::pressure
