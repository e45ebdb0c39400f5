#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "analysis/validation/captures/capture.hpp"

namespace mhp::validation {

/// For tests: where a capture may be falsified, and how.
using Rng = std::mt19937_64;

/// A number from 0 to below `n`; the same on every machine.
inline std::size_t below(Rng& rng, std::size_t n) { return static_cast<std::size_t>(rng() % n); }

/// Values of a capture that are compared, or that what is compared follows from, by the class that
/// they belong to, such as "zone/managed" or "op/fail_block".
std::map<std::string, std::vector<nlohmann::json*>> numbers_of(Capture& capture);

/// Changes a number, or a number in a text, by more than any noise; `of`: its class.
void change_number(const std::string& of, nlohmann::json& value, Rng& rng);

/// One random fault of structure in a file: a member or an element less, another type, a list cut
/// short, an index that is far out. Returns where, "steps/3/snapshot/zones"; whether what was
/// touched is compared is `compared`.
struct Damage {
  std::string where;
  std::string what;
  bool compared = true;
};
Damage damage(nlohmann::json& file, Rng& rng);

}  // namespace mhp::validation
