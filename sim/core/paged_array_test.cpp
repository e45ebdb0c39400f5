#include "sim/core/paged_array.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

namespace mhp::paged_array_test {
namespace {

// Against a map of what was written.
RC_GTEST_PROP(paged_array, agrees_with_a_map, ()) {
  PagedArray<int> array;
  std::map<std::int64_t, int> plain;
  const auto place = [] { return *rc::gen::inRange<std::int64_t>(0, 20'000); };
  const int steps = *rc::gen::inRange(0, 100);
  for (int i = 0; i < steps; ++i) {
    const std::int64_t at = place();
    array.at(at) += i;
    plain[at] += i;
    const std::int64_t start = place();
    const std::int64_t end = place();
    int sum = 0;
    for (const auto& [where, value] : plain) sum += where >= start && where < end ? value : 0;
    RC_ASSERT(array.sum(start, end) == sum);
    RC_ASSERT(array[start] == (plain.contains(start) ? plain[start] : 0));
  }
  RC_ASSERT(array.total() == array.sum(0, 20'000));
}

}  // namespace
}  // namespace mhp::paged_array_test
