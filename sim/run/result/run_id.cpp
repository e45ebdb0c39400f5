#include "sim/run/result/run_id.hpp"

#include <fmt/format.h>

#include "sim/core/hash.hpp"
#include "sim/core/version.hpp"

namespace mhp::run {

namespace {

/// What is added up for one parameter. A sum does not depend on the order; mix64 keeps the terms of
/// like parameters apart.
std::uint64_t term(std::string_view parameter, std::string_view value) {
  return hash_combine(fnv1a64(parameter), fnv1a64(value));
}

}  // namespace

ScenarioHash::ScenarioHash(const std::vector<ParamValue>& used) {
  for (const ParamValue& p : used)
    if (p.name != "name" && p.name != "doc") add(p.name, p.value);
}

void ScenarioHash::add(std::string_view parameter, std::string_view value) {
  sum_ += term(parameter, value);
}

void ScenarioHash::remove(std::string_view parameter, std::string_view value) {
  sum_ -= term(parameter, value);
}

std::uint64_t run_id(const ScenarioHash& scenario, std::uint64_t replicate) {
  return hash_combine(hash_combine(fnv1a64(kModelVersion), scenario.value()), replicate);
}

std::string hex_text(std::uint64_t word) { return fmt::format("{:016x}", word); }

}  // namespace mhp::run
