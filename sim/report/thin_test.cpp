#include "sim/report/thin.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace mhp::report {
namespace {

using Column = std::vector<std::int64_t>;

TEST(Thin, few_samples_are_all_kept) {
  const Column column{3, 1, 2};
  EXPECT_EQ(thinned({&column}, 3, 3), (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_TRUE(thinned({&column}, 0, 3).empty());
}

RC_GTEST_PROP(Thin, extremes_and_ends_survive, ()) {
  const auto count = *rc::gen::inRange<std::size_t>(1, 400);
  const auto most = *rc::gen::inRange<std::size_t>(10, 60);
  const auto a = *rc::gen::container<Column>(count, rc::gen::inRange(-1000, 1000));
  const auto b = *rc::gen::container<Column>(count, rc::gen::inRange(-1000, 1000));
  const auto kept = thinned({&a, &b}, count, most);
  RC_ASSERT(std::is_sorted(kept.begin(), kept.end()));
  RC_ASSERT(kept.front() == 0u);
  RC_ASSERT(kept.back() == count - 1);
  RC_ASSERT(kept.size() <= most);
  for (const Column* column : {&a, &b}) {
    const Column shown = at(*column, kept);
    RC_ASSERT(*std::min_element(shown.begin(), shown.end()) ==
              *std::min_element(column->begin(), column->end()));
    RC_ASSERT(*std::max_element(shown.begin(), shown.end()) ==
              *std::max_element(column->begin(), column->end()));
  }
}

}  // namespace
}  // namespace mhp::report
