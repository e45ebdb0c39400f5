#include "workloads/common/tally.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace mhp::workloads::tally_test {
namespace {

// Little's law as an identity: the integral of the number in progress is the sum of all durations.
RC_GTEST_PROP(Tally, operations_in_progress_integrate_to_the_sum_of_their_durations, ()) {
  const auto time = rc::gen::inRange<std::int64_t>(0, 1'000'000);
  const auto spans = *rc::gen::container<std::vector<std::pair<std::int64_t, std::int64_t>>>(
      rc::gen::pair(time, time));
  std::vector<std::pair<std::int64_t, std::int64_t>> edges;  // time, start of the span or -1
  for (const auto& [a, b] : spans) {
    edges.push_back({std::min(a, b), -1});
    edges.push_back({std::max(a, b), std::min(a, b)});
  }
  std::stable_sort(edges.begin(), edges.end(),
                   [](const auto& x, const auto& y) { return x.first < y.first; });
  Tally tally;
  for (const auto& [t, began] : edges) {
    if (began < 0)
      tally.begin(SimTime{t});
    else
      tally.end(SimTime{t}, SimTime{began});
  }
  RC_ASSERT(tally.in_flight().value == tally.latency().sum());
  RC_ASSERT(tally.operations() == static_cast<std::int64_t>(spans.size()));
}

TEST(Tally, a_wait_of_no_time_is_no_stall) {
  Tally tally;
  tally.stall(SimTime{0});
  tally.stall(SimTime{5});
  EXPECT_EQ(tally.stalls(), 1);
  EXPECT_EQ(tally.stall_time(), SimTime{5});
}

}  // namespace
}  // namespace mhp::workloads::tally_test
