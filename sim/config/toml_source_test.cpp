#include "sim/config/toml_source.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>

#include "sim/core/encoded.hpp"
#include "sim/core/random.hpp"
#include "sim/core/scratch_folder.hpp"

namespace mhp::config::toml_source_test {
namespace {

std::string error(const Result<Value>& result) {
  return result ? "accepted" : result.error().front().text();
}
std::string error_of(std::string_view text) { return error(parse_toml(text, "f.toml")); }

std::string place(const Location& where) { return fmt::format("{}:{}", where.line, where.column); }

TEST(parse_toml, reads_every_kind_of_value) {
  const auto root =
      parse_toml("s = 'x'\ni = 1_000\nd = 1.5\nb = true\na = [1, 2]\nt = {k = 1}", "f.toml");
  ASSERT_TRUE(root) << error(root);
  EXPECT_EQ(*root->find("s")->string(), "x");
  EXPECT_EQ(std::get<std::int64_t>(root->find("i")->data), 1000);
  EXPECT_EQ(std::get<double>(root->find("d")->data), 1.5);
  EXPECT_TRUE(std::get<bool>(root->find("b")->data));
  EXPECT_EQ(root->find("a")->array()->size(), 2u);
  EXPECT_EQ(std::get<std::int64_t>(root->find("t")->find("k")->data), 1);
}

TEST(parse_toml, keeps_the_order_of_the_file) {
  const auto root = parse_toml("z = 1\na = 2\n[m]\n[b]\n", "f.toml");
  ASSERT_TRUE(root);
  std::string order;
  for (const Value::Member& member : *root->table()) order += member.key;
  EXPECT_EQ(order, "zamb");
}

TEST(parse_toml, keys_and_values_know_their_places) {
  const auto root = parse_toml("# comment\n[[hotplug]]\n  size = '3GiB'\n", "f.toml");
  ASSERT_TRUE(root);
  const Value& first = root->find("hotplug")->array()->front();
  EXPECT_EQ(place(first.where), "2:1");
  EXPECT_EQ(place(first.table()->front().where), "3:3");
  EXPECT_EQ(place(first.find("size")->where), "3:10");
  EXPECT_EQ(first.find("size")->where.file, "f.toml");
}

TEST(parse_toml, syntax_errors_are_one_line_with_line_and_column) {
  EXPECT_EQ(error_of("a = 1\na = 2"),
            "f.toml:2:5: not valid TOML: key-value pair: cannot redefine existing integer 'a'");
  EXPECT_EQ(
      error_of("size = 64GiB"),
      "f.toml:1:10: not valid TOML: decimal integer: expected digit, saw 'G'; texts and amounts "
      "with a unit stand in quotes, as in \"64GiB\"");
  EXPECT_EQ(error_of("a = \n"),
            "f.toml:1:5: not valid TOML: key-value pair: expected value, saw '\\n'");
}

TEST(parse_toml, a_text_without_an_end_is_refused_where_it_begins) {
  const auto wrong = [](const std::string& place, const std::string& quotes, bool line = true) {
    return fmt::format(
        "f.toml:{}: the text that begins here has no end; put {} behind its last word{}", place,
        quotes, line ? " on the same line" : "");
  };
  EXPECT_EQ(error_of("a = 1\nb = \"x y\nc = 2\n"), wrong("2:5", "\""));
  EXPECT_EQ(error_of("a = \"x"), wrong("1:5", "\"", false));
  EXPECT_EQ(error_of("a = \"x\\\nb = \"y\"\n"), wrong("1:5", "\""));
  EXPECT_EQ(error_of("a = \"x\\\"\n"), wrong("1:5", "\""));
  EXPECT_EQ(error_of("a = ['x', 'y\n]\n"), wrong("1:11", "'"));
  EXPECT_EQ(error_of("\"key = 1\n"), wrong("1:1", "\""));
  EXPECT_EQ(error_of("a = \"\"\"x\n\"\"\ny"), wrong("1:5", "\"\"\"", false));
  EXPECT_EQ(error_of("a = '''x\n''"), wrong("1:5", "'''", false));
  EXPECT_EQ(error_of("a = \"\"\nb = \"\\\\\"\nd = \"\"\"\n\\\"\"\"\"\n# it's \"open\n"),
            "accepted");
}

TEST(parse_toml, an_open_bracket_at_the_end_of_a_line_is_an_error_and_no_abort) {
  EXPECT_EQ(error_of("[\n"),
            "f.toml:1:2: not valid TOML: key: expected bare key starting character "
            "or string delimiter, saw '\\n'");
}

TEST(parse_toml, dates_are_refused_all_at_once) {
  const auto root = parse_toml("a = 1979-05-27\nb = 07:32:00\n", "f.toml");
  ASSERT_FALSE(root);
  ASSERT_EQ(root.error().size(), 2u);
  EXPECT_EQ(root.error()[1].text(),
            "f.toml:2:5: dates and times of day have no meaning here; put it "
            "in quotes if it is a text");
}

TEST(parse_toml, text_is_utf8_in_comments_strings_and_quoted_keys) {
  const auto root = parse_toml(
      "# 5 \xc2\xb5s \xe4\xb8\xad\nname = \"caf\xc3\xa9\"\n'cl\xc3\xa9' = '\xf0\x9f\x98\x80'\n"
      "long = \"\"\"\\\n  \xc3\xa9t\xc3\xa9\"\"\"\nraw = '''\n\xc2\xa0\xe3\x80\x80'''\n",
      "f.toml");
  ASSERT_TRUE(root) << error(root);
  EXPECT_EQ(*root->find("name")->string(), "caf\xc3\xa9");
  EXPECT_EQ(*root->find("cl\xc3\xa9")->string(), "\xf0\x9f\x98\x80");
  EXPECT_EQ(*root->find("long")->string(), "\xc3\xa9t\xc3\xa9");
  EXPECT_EQ(*root->find("raw")->string(), "\xc2\xa0\xe3\x80\x80");
}

// Behind the end of a line that a backslash joins, where the parser's own table of white space is
// wrong: each character stays, white space of other scripts too. The sanitizer builds run this too.
TEST(parse_toml, any_character_may_follow_a_line_that_a_backslash_joins) {
  for (char32_t c = 0xA0; c < 0x110000; c += c < 0x10000 ? 1 : 997) {
    if (c >= 0xD800 && c < 0xE000) continue;
    const auto joined = parse_toml("a = \"\"\"x\\\n \t" + encoded(c) + "y\"\"\"", "f.toml");
    const auto code = static_cast<std::uint32_t>(c);
    ASSERT_TRUE(joined) << error(joined) << fmt::format(" U+{:04X}", code);
    ASSERT_EQ(*joined->find("a")->string(), "x" + encoded(c) + "y")
        << fmt::format("U+{:04X}", code);
  }
}

TEST(parse_toml, what_stands_outside_of_quotes_is_ascii) {
  const std::string remedy =
      " stands outside of quotes; texts, and keys of other than A-Z, a-z, 0-9, _ and -, stand in "
      "quotes";
  EXPECT_EQ(error_of("a = '\xc3\xa9'\ncl\xc3\xa9 = 1"), "f.toml:2:3: '\xc3\xa9'" + remedy);
  EXPECT_EQ(error_of("a = 5\xc2\xb5s"), "f.toml:1:6: '\xc2\xb5'" + remedy);
  EXPECT_EQ(error_of("['\xc3\xa9'.\xc3\xa9]"), "f.toml:1:6: '\xc3\xa9'" + remedy);
  EXPECT_EQ(error_of("a =\xc2\xa0"
                     "1"),
            "f.toml:1:4: '\xc2\xa0'" + remedy);
}

TEST(parse_toml, columns_behind_other_than_ascii_count_characters) {
  EXPECT_EQ(
      error_of("a = '\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80' b"),
      "f.toml:1:11: not valid TOML: key-value pair: expected a comment or whitespace, saw 'b'; "
      "texts and amounts with a unit stand in quotes, as in \"64GiB\"");
  const auto root = parse_toml("'\xc3\xa9' = {'\xe4\xb8\xad' = 1, b = 2}", "f.toml");
  ASSERT_TRUE(root) << error(root);
  EXPECT_EQ(place(root->find("\xc3\xa9")->table()->back().where), "1:17");
  EXPECT_EQ(error_of(fmt::format("'\xc3\xa9' = {:[>{}}", "", kMaxTomlDepth + 1)),
            "f.toml:1:39: nested more than 32 levels deep");
}

TEST(parse_toml, bytes_that_are_no_text_are_refused_wherever_they_stand) {
  EXPECT_EQ(error_of("a = 1\n# \xc2\xb5s \xb5s\n"),
            "f.toml:2:6: not UTF-8: byte 0xb5: it continues a character that was not begun; save "
            "the file as UTF-8, or write \\u00b5 for a character in a string");
  EXPECT_EQ(error_of("\xef\xbb\xbf# with a mark"),
            "f.toml:1:1: the file begins with a byte order mark; save it as UTF-8 without one");
  EXPECT_EQ(
      error_of("a = '\x1b[31m'"),
      "f.toml:1:6: the character U+001B, which is not shown but obeyed; take it out, or write "
      "\\u001b in a string of double quotes");
}

std::string repeated(std::string_view what, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += what;
  return text;
}

TEST(parse_toml, nesting_is_limited_on_both_sides_of_the_edge) {
  const auto brackets = [](int n) { return fmt::format("a = {:[>{}}{:]>{}}", "", n, "", n); };
  EXPECT_EQ(error_of(brackets(kMaxTomlDepth)), "accepted");
  EXPECT_EQ(error_of(brackets(kMaxTomlDepth + 1)), "f.toml:1:37: nested more than 32 levels deep");
  // n parts have n - 1 dots.
  const auto dotted = [](int n) { return repeated("a.", n - 1) + "a = 1"; };
  EXPECT_EQ(error_of(dotted(kMaxTomlDepth)), "accepted");
  EXPECT_EQ(error_of(dotted(kMaxTomlDepth + 1)), "f.toml:1:64: nested more than 32 levels deep");
  EXPECT_EQ(error_of(fmt::format("[{}a]", repeated("a.", 100'000))),
            "f.toml:1:65: nested more than 32 levels deep");
  EXPECT_EQ(error_of(repeated("a = {", 100'000)), "f.toml:1:165: nested more than 32 levels deep");
}

TEST(parse_toml, brackets_and_dots_in_strings_comments_and_numbers_are_no_nesting) {
  const std::string many = repeated("[.", 100);
  EXPECT_EQ(error_of("a = '" + many + "'\nb = \"\\\"" + many + "\"\nc = '''\n" + many + "''''\n" +
                     "d = \"\"\"\\\"\"" + many + "\"\"\"\n# " + many + "\ne = [" +
                     repeated("1.5, ", 100) + "]"),
            "accepted");
}

TEST(parse_toml, size_is_limited_on_both_sides_of_the_edge) {
  std::string text(kMaxTomlBytes, '\n');
  EXPECT_EQ(error_of(text), "accepted");
  text += '\n';
  EXPECT_EQ(error_of(text),
            "f.toml: 4194305 bytes are too many for a configuration; at most 4194304 are read");
}

// Bytes from every region of the grammar, in random order, and valid text with random damage: none
// may crash or hang. The sanitizer builds run this too.
TEST(parse_toml, random_input_is_parsed_or_refused) {
  constexpr std::string_view kPieces[] = {
      "a",    ".",        "=",          "\n",         "[",    "]",
      "[[",   "]]",       "{",          "}",          ",",    "\"",
      "'",    "\"\"\"",   "'''",        "\\",         "#",    "1",
      "0x",   "1e5",      "1979-05-27", "T07:32:00Z", "true", "inf",
      " ",    "\t",       "\r\n",       "\\u00e9",    "_",    std::string_view("\0", 1),
      "\x7f", "\xc3\xa9", "+",          "-"};
  Stream random(2024, 0, "toml");
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = i % 2 == 0 ? "a = 1\n[b.c]\nd = [1, {e = 'f'}]\n[[g]]\nh = \"i\"\n" : "";
    for (std::int64_t n = random.uniform(1, 12); n > 0; --n) {
      const auto at =
          static_cast<std::size_t>(random.uniform(0, static_cast<std::int64_t>(text.size())));
      text.insert(at, kPieces[random.uniform(0, std::size(kPieces) - 1)]);
    }
    for (std::int64_t n = random.uniform(-20, 3); n > 0; --n)
      text += static_cast<char>(random.uniform(0, 255));
    const auto result = parse_toml(text, "f.toml");
    accepted += result ? 1 : 0;
    EXPECT_TRUE(result || !result.error().empty()) << text;
  }
  EXPECT_GT(accepted, 100);
  EXPECT_LT(accepted, 19'900);
}

TEST(load_toml, reads_a_file_and_names_it) {
  const ScratchFolder folder;
  const std::string path = folder.path("a.toml");
  std::ofstream(path) << "a = 1\nb = \n";
  EXPECT_EQ(error(load_toml(path)),
            path + ":2:5: not valid TOML: key-value pair: expected value, saw '\\n'");
  std::filesystem::remove(path);
  EXPECT_EQ(error(load_toml(path)), path + ": cannot be read: No such file or directory");
  EXPECT_EQ(error(load_toml(folder.path())), folder.path() + ": is not a regular file");
}

}  // namespace
}  // namespace mhp::config::toml_source_test
