#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/core/param_spec.hpp"
#include "sim/core/value.hpp"

namespace mhp {

/// What messages call a parameter: its name behind the path of its table. Put together only when
/// there is something to say.
struct ParamPath {
  std::string_view table;  ///< "kernel.zones", empty for the root
  std::string_view name;

  std::string text() const;
};

/// The first number of `data` outside the bounds of `spec`.
std::optional<std::int64_t> out_of_range(const ParamSpec& spec, const ParamData& data);

/// The choice of that name; nothing if there is none.
std::optional<Chosen> choice_of(const ParamSpec& spec, const std::string& name);

/// `value` as the type of `spec`, within its bounds and choices; else nothing, and what is wrong
/// with it in `errors`.
std::optional<ParamData> read_param(const ParamSpec& spec, const ParamPath& path,
                                    const Value& value, Diagnostics& errors);

}  // namespace mhp
