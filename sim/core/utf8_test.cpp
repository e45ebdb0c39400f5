#include "sim/core/utf8.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "sim/core/encoded.hpp"

namespace mhp {
namespace {

// Every code that four bytes can say, in every form that is long enough for it: it is a character
// in its shortest form alone, unless it is half of a surrogate pair or beyond the last.
TEST(utf8, a_code_is_a_character_in_its_shortest_form_alone) {
  for (char32_t c = 0; c < 0x200000; ++c) {
    const bool exists = c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
    for (std::size_t bytes = encoded_bytes(c); bytes <= 4; ++bytes) {
      const Utf8Char read = first_character(encoded(c, bytes));
      const bool right = exists && bytes == encoded_bytes(c);
      ASSERT_EQ(read.wrong == nullptr, right)
          << fmt::format("U+{:04X} in {} bytes", static_cast<std::uint32_t>(c), bytes);
      ASSERT_EQ(read.bytes, bytes);
      ASSERT_TRUE(!right || read.code == c);
    }
  }
}

std::string fault(std::string_view text) {
  const auto found = text_fault(text, "f");
  return found ? found->text() : "none";
}

TEST(utf8, what_is_no_text_is_told_with_line_and_column_in_characters) {
  EXPECT_EQ(fault("\xc2\xb5s \xe4\xb8\xad \xf0\x9f\x98\x80\tA\r\nB\n"), "none");
  const std::string save = "; save the file as UTF-8, or write \\u00b5 for a character in a string";
  const struct {
    std::string_view text;
    std::string said;
  } kCases[] = {
      {"a\n# \xc2\xb5 \x80",
       "f:2:5: not UTF-8: byte 0x80: it continues a character that was not "
       "begun" +
           save},
      {"\xc0\xaf", "f:1:1: not UTF-8: bytes 0xc0 0xaf: an overlong form of UTF-8" + save},
      {"\xe0\x80\xaf", "f:1:1: not UTF-8: bytes 0xe0 0x80 0xaf: an overlong form of UTF-8" + save},
      {"\xf0\x80\x80\xaf",
       "f:1:1: not UTF-8: bytes 0xf0 0x80 0x80 0xaf: an overlong form of UTF-8" + save},
      {"x\xed\xa0\x80",
       "f:1:2: not UTF-8: bytes 0xed 0xa0 0x80: half of a surrogate pair, as UTF-16 "
       "has them" +
           save},
      {"x\xf4\x90\x80\x80",
       "f:1:2: not UTF-8: bytes 0xf4 0x90 0x80 0x80: beyond U+10FFFF, the last "
       "character there is" +
           save},
      {"\xc3\xa9\xe4\xb8", "f:1:2: not UTF-8: bytes 0xe4 0xb8: a character is cut short" + save},
      {"\xe4\xb8x", "f:1:1: not UTF-8: bytes 0xe4 0xb8: a character is cut short" + save},
      {"\xff", "f:1:1: not UTF-8: byte 0xff: UTF-8 never has this byte" + save},
      {"\xef\xbb\xbf"
       "a",
       "f:1:1: the file begins with a byte order mark; save it as UTF-8 without "
       "one"},
      {std::string_view("a\0b", 3), "f:1:2: the character NUL, which no text holds; take it out"},
      {"a\x1b[31m",
       "f:1:2: the character U+001B, which is not shown but obeyed; take it out, or "
       "write \\u001b in a string of double quotes"},
      {"\xc3\xa9\x7f",
       "f:1:2: the character U+007F, which is not shown but obeyed; take it out, or "
       "write \\u007f in a string of double quotes"},
      {"\xc2\x9b",
       "f:1:1: the character U+009B, which is not shown but obeyed; take it out, or "
       "write \\u009b in a string of double quotes"},
      {"a\rb", "f:1:2: a carriage return without a line feed; end lines with LF or CR LF"},
  };
  for (const auto& c : kCases) EXPECT_EQ(fault(c.text), c.said);
}

TEST(utf8, characters_are_counted_and_not_bytes) {
  EXPECT_EQ(characters_in(""), 0u);
  EXPECT_EQ(characters_in("\xc2\xb5s"), 2u);
  EXPECT_EQ(characters_in("\xf0\x9f\x98\x80"), 1u);
  EXPECT_EQ(characters_in("a\xff\xe4\xb8"), 3u);
}

TEST(utf8, a_word_has_letters_of_any_script) {
  for (const char* word : {"a", "size_2",
                           "Gr\xc3\xb6\xc3\x9f"
                           "e",
                           "\xe4\xb8\xad", "e\xcc\x81t\xc3\xa9"})
    EXPECT_TRUE(is_word(word)) << word;
  for (const char* none :
       {"", "_a", "2a", "a b", "a-b", "a\xc2\xa0", "a\xff", "a\xe2\x80\xae", "a/b"})
    EXPECT_FALSE(is_word(none)) << none;
}

TEST(utf8, what_a_terminal_would_obey_is_made_visible) {
  EXPECT_EQ(visible("caf\xc3\xa9 \xe4\xb8\xad"), "caf\xc3\xa9 \xe4\xb8\xad");
  EXPECT_EQ(visible("a\x1b[31m\n\t"), "a\\x1b[31m\\x0a\\x09");
  EXPECT_EQ(visible("a\n\tb\x7f", true), "a\n\tb\\x7f");
  EXPECT_EQ(visible("\xc2\x9b"
                    "31m"),
            "\\u009b31m");
  EXPECT_EQ(visible("a\xe2\x80\xae"
                    "b"),
            "a\\u202eb");
  EXPECT_EQ(visible("\xff\xc3"), "\\xff\\xc3");
}

}  // namespace
}  // namespace mhp
