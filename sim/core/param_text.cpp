#include "sim/core/param_text.hpp"

#include <fmt/format.h>

#include <array>
#include <type_traits>
#include <variant>

#include "sim/core/is_amount.hpp"
#include "sim/core/units.hpp"

namespace mhp {
namespace {

/// What a file writes for each alternative of ParamData, and the unit of ParamValue::value.
struct TypeNames {
  const char* type;
  Unit unit = Unit::one;
};
constexpr std::array<TypeNames, std::variant_size_v<ParamData>> kTypes = {{
    {"string"},
    {"boolean"},
    {"integer"},
    {"size", Unit::byte},
    {"pages", Unit::page},
    {"time", Unit::ns},
    {"cost", Unit::ps},
    {"bandwidth", Unit::byte_per_second},
    {"node"},
    {"list of integers"},
    {"list of strings"},
    {"string"},
}};

template <class... F>
struct Overload : F... {
  using F::operator()...;
};
template <class... F>
Overload(F...) -> Overload<F...>;

template <class T>
constexpr bool kIsList = requires(T t) {
  t.push_back({});
}
&&!std::is_same_v<T, std::string>;

}  // namespace

const char* type_name(const ParamData& data) { return kTypes.at(data.index()).type; }

Unit unit_of(const ParamData& data) { return kTypes.at(data.index()).unit; }

std::string unit_text(Unit unit) { return unit == Unit::one ? "" : std::string(word(unit)); }

std::string shown_text(const ParamData& data) {
  return std::visit(
      Overload{[](const std::string& v) { return v; },
               [](bool v) { return std::string(v ? "true" : "false"); },
               [](std::int64_t v) { return fmt::format("{}", v); },
               [](Bytes v) { return format_bytes(v); },
               [](PageCount v) { return fmt::format("{}", v.value); },
               [](SimTime v) { return format_time_exact(v); },
               [](Picoseconds v) { return format_picoseconds(v); },
               [](BytesPerSecond v) { return format_bandwidth(v); },
               [](const Chosen& v) { return v.word; },
               [](NodeId v) { return v.valid() ? fmt::format("{}", v.value) : "none"; },
               [](const auto& list) { return fmt::format("[{}]", fmt::join(list, ", ")); }},
      data);
}

std::string recorded_text(const ParamData& data) {
  return std::visit(
      [&data](const auto& v) -> std::string {
        using T = std::decay_t<decltype(v)>;
        if constexpr (kIsAmount<T>)
          return fmt::format("{}", v.value);
        else if constexpr (kIsList<T>)
          return fmt::format("{}", fmt::join(v, ","));
        else
          return shown_text(data);
      },
      data);
}

std::optional<std::int64_t> recorded_number(const ParamData& data) {
  return std::visit(
      [](const auto& v) -> std::optional<std::int64_t> {
        using T = std::decay_t<decltype(v)>;
        if constexpr (kIsAmount<T>)
          return v.value;
        else if constexpr (std::is_same_v<T, std::int64_t>)
          return v;
        else
          return std::nullopt;
      },
      data);
}

std::string shown_text_as(const ParamData& like, std::int64_t n) {
  return std::visit(
      [n](const auto& v) -> std::string {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, NodeId>)
          return fmt::format("{}", n);
        else if constexpr (kIsAmount<T>)
          return shown_text(ParamData{T{n}});
        else
          return fmt::format("{}", n);
      },
      like);
}

std::string shown_range(const ParamData& like, const ParamRange& range) {
  return fmt::format("{} .. {}", shown_text_as(like, range.low), shown_text_as(like, range.high));
}

std::string range_text(const ParamSpec& spec) {
  if (spec.min && spec.max) return shown_range(spec.preset, {*spec.min, *spec.max});
  if (spec.min) return ">= " + shown_text_as(spec.preset, *spec.min);
  if (spec.max) return "<= " + shown_text_as(spec.preset, *spec.max);
  return {};
}

}  // namespace mhp
