#pragma once

#include <limits>

namespace mhp {

/// a * b, or `most` where it would be more: for sizes that somebody else has given, which then fit
/// nothing that is there. None may be negative.
template <class T>
constexpr T product_up_to(T a, T b, T most = std::numeric_limits<T>::max()) {
  return b != 0 && a > most / b ? most : a * b;
}

/// a + b, or `most` where it would be more. Neither may be negative.
template <class T>
constexpr T sum_up_to(T a, T b, T most = std::numeric_limits<T>::max()) {
  return a > most - b ? most : a + b;
}

}  // namespace mhp
