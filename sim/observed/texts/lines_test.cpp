#include "sim/observed/texts/lines.hpp"

#include <gtest/gtest.h>

namespace mhp::observed::lines_test {
namespace {

std::string_view message(std::string_view line) {
  return without_log_prefix(lines_of(line).front()).text;
}

TEST(Lines, lose_quoting_indentation_and_line_ends_but_keep_their_place) {
  const auto lines = lines_of("> > Node 0, zone Normal\r\n\n\t pages free 12 \nlast");
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0].text, "Node 0, zone Normal");
  EXPECT_EQ(lines[0].number, 1);
  EXPECT_EQ(lines[0].column, 5);
  EXPECT_EQ(lines[1].text, "");
  EXPECT_EQ(lines[2].text, "pages free 12");
  EXPECT_EQ(lines[2].column, 3);
  EXPECT_EQ(lines[3].number, 4);
}

TEST(Lines, of_a_kernel_log_lose_what_stands_in_front_of_the_message) {
  for (const std::string_view line :
       {"Mem-Info:", "[   12.345678] Mem-Info:", "<4>[   12.345678] Mem-Info:",
        "[Mon Jan  1 00:00:00 2024] Mem-Info:", "[12.345678][  T123] Mem-Info:",
        "Jan  1 00:00:00 somewhere kernel: Mem-Info:",
        "Jan  1 00:00:00 somewhere kernel: [   12.345678] Mem-Info:",
        "2024-01-01T00:00:00.123456+01:00 somewhere kernel: [   12.3][    C1] Mem-Info:",
        "2024-01-01T00:00:00,123456+01:00 Mem-Info:", "kern  :warn  : [   12.345678] Mem-Info:",
        "[  +0.000012] Mem-Info:"})
    EXPECT_EQ(message(line), "Mem-Info:") << line;
}

TEST(Lines, of_a_task_dump_keep_their_brackets) {
  EXPECT_EQ(message("[  1234]     0  1234    5000"), "[  1234]     0  1234    5000");
  EXPECT_EQ(message("[  12.3] [ pid ]   uid"), "[ pid ]   uid");
}

TEST(Scan, names_the_place_of_a_number_that_is_none) {
  Scan scan("first\n  free twelve\nmore\n", Location("x", 5, 0));
  ASSERT_TRUE(scan.next_line());
  ASSERT_TRUE(scan.next_line());
  EXPECT_EQ(scan.word(), "free");
  EXPECT_EQ(scan.number("free", 100), 0);
  EXPECT_FALSE(scan.next_line());
  const auto result = scan.result();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().front().text(), "x:6:8: free: 'twelve' is no number");
}

TEST(Scan, takes_numbers_up_to_the_most_and_none_above) {
  Scan scan("100 101\n", Location("x", 1, 0));
  ASSERT_TRUE(scan.next_line());
  EXPECT_EQ(scan.number("n", 100), 100);
  EXPECT_FALSE(scan.failed());
  scan.number("n", 100);
  ASSERT_TRUE(scan.failed());
  EXPECT_EQ(scan.result().error().front().text(), "x:1:5: n: 101 is too much; at most 100");
}

TEST(Scan, of_a_text_that_breaks_off_in_a_line_ends_there_without_an_error) {
  Scan scan("free 12\nmin 1x", Location("x", 1, 0));
  while (scan.next_line()) {
    scan.word();
    scan.number("n", 100);
  }
  EXPECT_TRUE(scan.failed());
  EXPECT_TRUE(scan.result().has_value());
}

TEST(Scan, refuses_a_text_that_is_too_long) {
  const std::string longest(kMostText + 1, '\n');
  Scan scan(longest, Location("x", 1, 0));
  EXPECT_FALSE(scan.next_line());
  EXPECT_FALSE(scan.result());
}

}  // namespace
}  // namespace mhp::observed::lines_test
