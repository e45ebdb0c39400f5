#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/param_spec.hpp"

namespace mhp::run {

/// What a scenario comes to, whatever the order and spelling of its file: one word over every
/// parameter in force but its name and doc. Parameters can be exchanged one by one, so that the
/// identity of each of a million runs costs no more than the parameters in which they differ.
class ScenarioHash {
 public:
  ScenarioHash() = default;
  explicit ScenarioHash(const std::vector<ParamValue>& used);

  void add(std::string_view parameter, std::string_view recorded_value);
  void remove(std::string_view parameter, std::string_view recorded_value);
  std::uint64_t value() const { return sum_; }

 private:
  std::uint64_t sum_ = 0;
};

/// Identifies a run among all runs of this version of the model: by scenario (seed and placement
/// included) and replicate.
std::uint64_t run_id(const ScenarioHash& scenario, std::uint64_t replicate);

/// 16 hex digits.
std::string hex_text(std::uint64_t word);

}  // namespace mhp::run
