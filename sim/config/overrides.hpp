#pragma once

#include <string_view>
#include <vector>

#include "sim/core/diagnostic.hpp"
#include "sim/core/value.hpp"

namespace mhp::config {

/// The file name of every value that came from the command line; the line is the number of the
/// --set.
inline constexpr const char* kOverrideFile = "--set";

/// Sets one value of `root` as "a.b.0.c=value" or "a.b[0].c=value" says; `nth` counts the --set
/// options from 1. The value is read as TOML if it is a TOML value, else it is a string as it
/// stands, so that size=3GiB needs no quotes. "*" in the place of an index sets every element of
/// the array. Tables and keys that do not exist are made: whether they may exist is for the
/// parameter records to say. Elements of arrays must exist. On failure `root` is unchanged.
Result<void> apply_override(Value& root, std::string_view setting, int nth);

/// Removes what the files say about single values that --set has replaced (NAME_source, NAME_basis,
/// NAME_range, NAME_data).
void forget_outdated(Value& root);

/// The places that a path stands for in `root`, more than one if it has "*"; not all of them need
/// to be there yet. `where` is who asks, for diagnostics.
Result<std::vector<ValuePlace>> find_places(const Value& root, std::string_view path,
                                            const Location& where);

/// Sets one value in a tree in which its place was found. What was said beside the old value about
/// it alone (NAME_source, NAME_basis, NAME_range, NAME_data) goes.
void put_value(Value& root, const ValuePlace& place, const Value& value);

/// Sets the values that a path stands for; the place of `value` is the one that diagnostics name.
Result<void> set_value(Value& root, std::string_view path, const Value& value);

/// Whether a path without "*" is one of those that `pattern` stands for.
bool matches_path(std::string_view pattern, std::string_view path);

}  // namespace mhp::config
