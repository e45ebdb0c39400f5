#pragma once

#include "sim/core/json_field.hpp"

namespace mhp::validation {

using BadField = BadJson;
using Field = JsonField;

/// A number of a snapshot whose form was checked; 0 if it is not there, as the kernel's counters
/// that are 0 are left out.
inline std::int64_t field(const nlohmann::json& object, const char* name) {
  return object.value(name, std::int64_t{0});
}

}  // namespace mhp::validation
