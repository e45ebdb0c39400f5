#pragma once

#include <nlohmann/json.hpp>

namespace mhp::report {

/// A number as documents have it: whole ones as such, others to nine digits, none as null.
nlohmann::ordered_json number_json(double value);

}  // namespace mhp::report
