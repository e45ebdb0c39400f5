#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/core/param_spec.hpp"
#include "sim/core/value.hpp"

namespace mhp {

/// The first number of `data` outside the bounds of `spec`.
std::optional<std::int64_t> out_of_range(const ParamSpec& spec, const ParamData& data);

bool is_choice(const ParamSpec& spec, const std::string& name);

/// `value` as the type of `spec`, within its bounds and choices; else nothing, and what is wrong
/// with it in `errors`. `path` is what messages call the parameter.
std::optional<ParamData> read_param(const ParamSpec& spec, const std::string& path,
                                    const Value& value, Diagnostics& errors);

}  // namespace mhp
