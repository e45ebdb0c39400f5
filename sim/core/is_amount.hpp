#pragma once

namespace mhp {

/// Whether a parameter's type is a number with a unit (Bytes, SimTime, PageCount).
template <class T>
constexpr bool kIsAmount = requires(T t) {
  t.value;
};

}  // namespace mhp
