#include "sim/report/group_view.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace mhp::report::group_view_test {
namespace {

TEST(GroupView, numbers_that_no_run_has_are_none) {
  constexpr std::int64_t kMost = std::int64_t{1} << 60;
  for (const std::int64_t n :
       {INT64_MIN, -kMost - 1, -kMost, std::int64_t{-1}, kMost, kMost + 1, INT64_MAX}) {
    record::FileContent file;
    file.group("g")
        .coordinate("x", Ints{0, 1}, "1", "x")
        .variable("v", {"x"}, Ints{7, n}, "1", "-");
    const GroupView g(file, "g");
    EXPECT_EQ(g.ints("v", {"x"}) != nullptr, n >= -kMost && n <= kMost) << n;
    EXPECT_NE(g.axis("x"), nullptr);
  }
}

}  // namespace
}  // namespace mhp::report::group_view_test
