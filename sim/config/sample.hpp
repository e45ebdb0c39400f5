#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/config/scenario.hpp"

namespace mhp::config {

/// A constant as one sample has it, in the unit of the parameter.
struct Drawn {
  std::string name;
  Unit unit = Unit::one;
  std::string quantity;  ///< what is unknown, by quantity_of
  std::int64_t value = 0;
};

/// What is unknown of a parameter: its path without the numbers of array members, so that
/// "machine.node.1.latency" is machine.node.latency.
std::string quantity_of(const std::string& path);

/// Sample `number` of a scenario: every constant that has a range, drawn from it. The value in
/// force is the median, unless it is an end of the range; nothing else is taken to be known, so all
/// values on one side of it are as likely. A pure function of seed, number and parameter; the same
/// quantity of several nodes, links or devices is one unknown and gets the same draws.
std::vector<Drawn> draw_sample(const std::vector<ParamValue>& used, std::uint64_t seed,
                               std::uint64_t number);

/// The setting that gives a constant its drawn value, as --set takes it.
std::string setting_of(const Drawn& drawn);

/// The scenario with those values in place of its own.
Result<Scenario> with_sample(const Scenario& scenario, const std::vector<Drawn>& sample);

}  // namespace mhp::config
