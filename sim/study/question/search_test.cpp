// The search alone, on labels that formulas give: no simulation takes part.
#include "sim/study/question/search.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <functional>

namespace mhp::question::search_test {
namespace {

constexpr Label kLow = 0;
constexpr Label kHigh = 1;
using Function = std::function<Label(std::int64_t)>;

/// Answers what the search asks until it asks no more; at most `budget` labels, if given.
Search searched(std::int64_t count, std::int64_t grid, std::optional<Label> sought,
                const Function& label, std::size_t budget = 1'000'000) {
  Search search(count, grid, sought);
  for (auto wanted = search.next(); !wanted.empty(); wanted = search.next())
    for (const std::int64_t point : wanted) {
      EXPECT_TRUE(point >= 0 && point < count) << point;
      EXPECT_EQ(search.labels().count(point), 0u) << "nothing is asked twice: " << point;
      if (search.labels().size() >= budget) return search;
      search.tell(point, label(point));
    }
  return search;
}

std::size_t log2_up(std::int64_t n) {
  std::size_t bits = 0;
  while ((std::int64_t{1} << bits) < n) ++bits;
  return bits;
}

// Bisection halves the width of the gap: from (count - 1) / (grid - 1), rounded up, to 1.
RC_GTEST_PROP(search, finds_the_threshold_of_a_monotone_function_with_few_labels, ()) {
  const auto count = *rc::gen::inRange<std::int64_t>(1, std::int64_t{1} << 40);
  const auto grid = *rc::gen::inRange<std::int64_t>(2, 12);
  const auto threshold = *rc::gen::inRange<std::int64_t>(0, count + 1);
  const Search s =
      searched(count, grid, kHigh, [&](std::int64_t i) { return i < threshold ? kHigh : kLow; });
  RC_ASSERT(s.one_stretch_each());
  RC_ASSERT(s.last().value_or(-1) == threshold - 1);
  RC_ASSERT(s.labels().size() <=
            static_cast<std::size_t>(grid) + log2_up((count - 1) / (grid - 1) + 1));
  // The neighbour was tried: the answer is exact.
  if (threshold > 0 && threshold < count) RC_ASSERT(s.labels().count(threshold) == 1u);
}

// Whatever the function: an answer that the search is done with is a true one, up to what it could
// not see. Either the labels told fall into one stretch each, and the point after the answer was
// tried; or everything from the answer on was.
RC_GTEST_PROP(search, never_ends_with_a_wrong_answer_that_it_could_have_seen, ()) {
  const auto labels =
      *rc::gen::nonEmpty(rc::gen::container<std::vector<bool>>(rc::gen::arbitrary<bool>()));
  const auto count = static_cast<std::int64_t>(labels.size());
  const auto grid = *rc::gen::inRange<std::int64_t>(2, 8);
  const auto at = [&](std::int64_t i) {
    return labels[static_cast<std::size_t>(i)] ? kHigh : kLow;
  };
  const Search s = searched(count, grid, kHigh, at);
  std::int64_t truth = count - 1;
  while (truth >= 0 && at(truth) == kLow) --truth;
  const std::int64_t found = s.last().value_or(-1);
  if (s.one_stretch_each()) {
    RC_ASSERT(found == count - 1 || found == -1 || s.labels().count(found + 1) == 1u);
    RC_ASSERT(found <= truth);
  } else {
    RC_ASSERT(found == truth);
  }
}

// Two stretches that hold, 10..19 and 60..69, of 100: once the grid meets the failure between them,
// all that lies beyond the answer is tried before the search ends.
TEST(search, looks_everywhere_beyond_the_answer_once_it_is_not_monotone) {
  const auto label = [](std::int64_t i) {
    return (i >= 10 && i < 20) || (i >= 60 && i < 70) ? kHigh : kLow;
  };
  const Search s = searched(100, 12, kHigh, label);
  EXPECT_FALSE(s.one_stretch_each());
  EXPECT_EQ(s.last(), 69);
  for (std::int64_t i = 70; i < 100; ++i) EXPECT_EQ(s.labels().count(i), 1u) << i;
}

TEST(search, has_the_best_of_what_it_saw_when_it_is_told_no_more) {
  const auto label = [](std::int64_t i) { return i == 0 || i == 600'000 ? kHigh : kLow; };
  const Search s = searched(1'000'000, 2, kHigh, label, 10);
  EXPECT_EQ(s.last(), 0);
  EXPECT_EQ(s.labels().size(), 10u) << "bisection of 999,999 would take 20";
}

// Open points between: what is known is the last that surely holds and the first that
// surely fails. They are found like any other change, one bisection each.
RC_GTEST_PROP(search, brackets_what_stays_open, ()) {
  const auto count = *rc::gen::inRange<std::int64_t>(3, 100'000);
  const auto from = *rc::gen::inRange<std::int64_t>(1, count - 1);
  const auto to = *rc::gen::inRange<std::int64_t>(from, count);  // open: [from, to)
  const auto label = [&](std::int64_t i) { return i < from ? kHigh : i < to ? kOpen : kLow; };
  const Search s = searched(count, 5, kHigh, label);
  std::int64_t fails = count;
  for (const auto& [point, l] : s.labels())
    if (l == kLow) fails = std::min(fails, point);
  RC_ASSERT(s.last() == from - 1);
  RC_ASSERT(fails == to);
  RC_ASSERT(s.labels().size() <= 5 + 2 * log2_up(count));
}

// Three labels in a row, as of a break-even with a stretch where both are equal: both changes are
// found.
RC_GTEST_PROP(search, finds_every_change_that_the_grid_shows, ()) {
  const auto count = *rc::gen::inRange<std::int64_t>(10, 1'000'000);
  const auto first = *rc::gen::inRange<std::int64_t>(1, count);
  const auto second = *rc::gen::inRange<std::int64_t>(first, count);
  const auto label = [&](std::int64_t i) { return i < first ? 2 : i < second ? 3 : 4; };
  const Search s = searched(count, 5, std::nullopt, label);
  RC_ASSERT(s.one_stretch_each());
  RC_ASSERT(s.labels().count(first - 1) == 1u);
  RC_ASSERT(s.labels().count(second) == 1u);
}

TEST(search, of_one_or_two_points_asks_for_these) {
  EXPECT_EQ(Search(1, 5, kHigh).next(), (std::vector<std::int64_t>{0}));
  EXPECT_EQ(Search(2, 5, kHigh).next(), (std::vector<std::int64_t>{0, 1}));
  EXPECT_EQ(searched(2, 5, kHigh, [](std::int64_t) { return kLow; }).labels().size(), 2u);
}

TEST(search, asks_for_nothing_before_the_answer) {
  const Search s = searched(1000, 5, kHigh, [](std::int64_t) { return kHigh; });
  EXPECT_EQ(s.last(), 999);
  EXPECT_EQ(s.labels().size(), 2u) << "the ends: the last point holds";
}

}  // namespace
}  // namespace mhp::question::search_test
