#include "sim/core/diagnostic.hpp"

#include <gtest/gtest.h>

namespace mhp::diagnostic_test {
namespace {

using Names = std::vector<std::string>;

TEST(diagnostic, text_names_file_line_and_column) {
  const Diagnostic d{{"a.toml", 3, 7}, "size is negative", "write 0 or more"};
  EXPECT_EQ(d.text(), "a.toml:3:7: size is negative; write 0 or more");
}

TEST(diagnostic, text_leaves_out_what_is_unknown) {
  EXPECT_EQ((Diagnostic{{"--set", 2, 0}, "no '='", {}}.text()), "--set:2: no '='");
  EXPECT_EQ((Diagnostic{{"a.toml", 0, 0}, "cannot be read", {}}.text()), "a.toml: cannot be read");
  EXPECT_EQ((Diagnostic{{}, "nothing to do", "name a file"}.text()), "nothing to do; name a file");
}

TEST(nearest_names, one_slip_in_three_letters_is_near_and_two_are_not) {
  EXPECT_EQ(nearest_names("abx", {"abc"}), Names{"abc"});
  EXPECT_EQ(nearest_names("axx", {"abc"}), Names{});
}

TEST(nearest_names, two_swapped_letters_are_one_slip) {
  EXPECT_EQ(nearest_names("nuam", {"numa"}), Names{"numa"});
}

TEST(nearest_names, best_comes_first_and_at_most_as_many_as_asked) {
  // Distances from "section": 1, 2, 2 of 7 letters.
  const Names known{"selctiom", "sections", "selctio", "block"};
  EXPECT_EQ(nearest_names("section", known, 1), Names{"sections"});
  EXPECT_EQ(nearest_names("section", known), (Names{"sections", "selctio", "selctiom"}));
}

TEST(nearest_names, wrong_letter_case_hides_worse_guesses) {
  EXPECT_EQ(nearest_names("gib", {"KiB", "MiB", "GiB"}), Names{"GiB"});
}

TEST(did_you_mean, joins_the_near_names) {
  EXPECT_EQ(did_you_mean("onlin", {"online", "offline"}), "did you mean online?");
  EXPECT_EQ(did_you_mean("node9", {"node0", "node1"}), "did you mean node0 or node1?");
  EXPECT_EQ(did_you_mean("node9", {"node0", "node1", "node2"}),
            "did you mean node0, node1 or node2?");
}

TEST(did_you_mean, lists_up_to_eight_names_when_none_is_near) {
  const Names eight{"a", "b", "c", "d", "e", "f", "g", "h"};
  EXPECT_EQ(did_you_mean("xyzzy", eight), "known: a, b, c, d, e, f, g, h");
  Names nine = eight;
  nine.push_back("i");
  EXPECT_EQ(did_you_mean("xyzzy", nine), "");
  EXPECT_EQ(did_you_mean("xyzzy", {}), "");
}

// A title of a window, a colour, a cursor that moves: text from a file must not do that.
TEST(diagnostic, text_shows_control_characters_instead_of_sending_them) {
  const Diagnostic d{{"a\x1b[2J.toml", 1, 1}, std::string("'\x1b]0;owned\x07\0\r'", 14), "\x7f"};
  EXPECT_EQ(d.text(), "a\\x1b[2J.toml:1:1: '\\x1b]0;owned\\x07\\x00\\x0d'; \\x7f");
  EXPECT_EQ((Diagnostic{{}, "choices:\n  a\n  b", ""}.text()), "choices:\n  a\n  b");
}

}  // namespace
}  // namespace mhp::diagnostic_test
