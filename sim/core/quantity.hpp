#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace mhp {

/// An amount of one kind (pages, bytes, nanoseconds): a signed 64-bit integer that mixes with no
/// other kind. Amounts add, subtract, scale by integers and compare; two amounts of one kind divide
/// to a plain number.
template <class Tag>
struct Quantity {
  std::int64_t value = 0;

  constexpr Quantity() = default;
  explicit constexpr Quantity(std::int64_t v) : value(v) {}

  constexpr auto operator<=>(const Quantity&) const = default;
  constexpr Quantity& operator+=(Quantity o) { return value += o.value, *this; }
  constexpr Quantity& operator-=(Quantity o) { return value -= o.value, *this; }
  friend constexpr Quantity operator+(Quantity a, Quantity b) { return a += b; }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return a -= b; }
  friend constexpr Quantity operator-(Quantity a) { return Quantity{-a.value}; }
  friend constexpr Quantity operator*(Quantity a, std::int64_t n) { return Quantity{a.value * n}; }
  friend constexpr Quantity operator*(std::int64_t n, Quantity a) { return Quantity{a.value * n}; }
  friend constexpr Quantity operator/(Quantity a, std::int64_t n) { return Quantity{a.value / n}; }
  friend constexpr std::int64_t operator/(Quantity a, Quantity b) { return a.value / b.value; }
  friend constexpr Quantity operator%(Quantity a, Quantity b) {
    return Quantity{a.value % b.value};
  }
};

#ifdef MHP_CHECKED
namespace detail {
/// Ends the program as a broken invariant does.
[[noreturn]] void nothing_named(std::int32_t id);
}  // namespace detail
#endif

/// A name of one thing among many (node 3, block 17): comparable, never added.
template <class Tag>
struct Id {
  std::int32_t value = -1;

  constexpr Id() = default;
  explicit constexpr Id(std::int32_t v) : value(v) {}
  constexpr auto operator<=>(const Id&) const = default;
  constexpr bool valid() const { return value >= 0; }
  /// Its place in a table. Checked builds end where it names nothing: it would be before the first.
  constexpr std::size_t index() const {
#ifdef MHP_CHECKED
    if (value < 0) detail::nothing_named(value);
#endif
    return static_cast<std::size_t>(value);
  }
};

}  // namespace mhp
