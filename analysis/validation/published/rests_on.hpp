#pragma once

#include <string>
#include <vector>

#include "sim/core/params.hpp"
#include "sim/cost/cost_profile.hpp"
#include "sim/kernel/primitives.hpp"
#include "sim/machine/machine.hpp"

namespace mhp::published {

/// Of all parameters in force the numbers that a simulated time may hang on: all but the prices of
/// primitives that took no time, and the misses in flight of ways to access memory that none of
/// the others has.
std::vector<ParamValue> rests_on(const std::vector<ParamValue>& used, kernel::PrimitiveSet spent,
                                 const machine::CoreParams& core, const cost::CostProfile& costs);

/// A constant that a measurement set which it is to be compared with.
struct SetBy {
  std::string constant;
  std::string datum;  ///< its id; empty if nobody says what set the constant
};

/// Of the numbers that a case rests on, those that one of its data set; and those that were put in
/// without a basis, as nobody knows what set them. An experiment that does not say what it rests on
/// may rest on anything.
std::vector<SetBy> set_by(const std::vector<ParamValue>& rests_on,
                          const std::vector<std::string>& data);

}  // namespace mhp::published
