#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/kernel/mm/zone_type.hpp"
#include "sim/record/dataset.hpp"

namespace mhp::run::content {

// Columns of a result file, made of rows of the program's own records.

using Ints = std::vector<std::int64_t>;
using Texts = std::vector<std::string>;
using record::Flags;
using record::Group;

inline Texts zone_names() {
  Texts names;
  for (int t = 0; t < kernel::kZoneTypes; ++t)
    names.emplace_back(kernel::zone_name(static_cast<kernel::ZoneType>(t)));
  return names;
}

/// 0, 1, ..., n - 1.
inline Ints count_up(std::size_t n) {
  Ints out(n);
  for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<std::int64_t>(i);
  return out;
}

template <class Range, class F>
Ints column(const Range& rows, F&& f) {
  Ints out;
  for (const auto& row : rows) out.push_back(f(row));
  return out;
}

template <class Range, class F>
Texts texts(const Range& rows, F&& f) {
  Texts out;
  for (const auto& row : rows) out.emplace_back(f(row));
  return out;
}

template <class Range, class F>
Flags flags(const Range& rows, Texts meanings, F&& f) {
  Flags out{{}, std::move(meanings)};
  for (const auto& row : rows) out.values.push_back(static_cast<std::uint8_t>(f(row)));
  return out;
}

}  // namespace mhp::run::content
