#include "sim/core/invariant.hpp"

#include <gtest/gtest.h>

namespace mhp::invariant_test {
namespace {

TEST(invariant, a_true_condition_does_not_format_its_detail) {
  int formatted = 0;
  MHP_INVARIANT(true, "{}", ++formatted);
  EXPECT_EQ(formatted, 0);
}

TEST(invariant_death, a_false_condition_exits_with_code_6_and_says_what_was_found) {
  const int free_pages = -3;
  EXPECT_EXIT(MHP_INVARIANT(free_pages >= 0, "node {} has {}", 1, free_pages),
              testing::ExitedWithCode(6), "free_pages >= 0\n.*node 1 has -3\n.*invariant_test.cpp");
}

}  // namespace
}  // namespace mhp::invariant_test
