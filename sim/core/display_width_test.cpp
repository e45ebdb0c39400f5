#include "sim/core/display_width.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <locale.h>
#include <wchar.h>

#include "sim/core/encoded.hpp"

namespace mhp {
namespace {

TEST(display_width, is_by_character_and_not_by_byte) {
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("caf\xc3\xa9"), 4u);
  EXPECT_EQ(display_width("cafe\xcc\x81"), 4u);  // the accent as a character of its own
  EXPECT_EQ(display_width("\xe4\xb8\xad\xe6\x96\x87"), 4u);
  EXPECT_EQ(display_width("\xed\x95\x9c"), 2u);                          // a syllable of Hangul
  EXPECT_EQ(display_width("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab"), 2u);  // the same from its parts
  EXPECT_EQ(display_width("\xf0\x9f\x98\x80"), 2u);
  EXPECT_EQ(display_width("\xd7\xa9\xd7\x81"), 1u);  // a letter of Hebrew and its point
}

TEST(display_width, blanks_fill_up_to_a_column) {
  EXPECT_EQ(padded("\xe4\xb8\xad", 4) + "|", "\xe4\xb8\xad  |");
  EXPECT_EQ(padded_left("e\xcc\x81", 3), "  e\xcc\x81");
  EXPECT_EQ(padded("long", 2), "long");
}

// The C library's table is of another version of Unicode: it may differ in what is new there.
TEST(display_width, agrees_with_that_of_the_c_library) {
  const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (locale == nullptr) GTEST_SKIP() << "no locale C.UTF-8";
  const locale_t before = uselocale(locale);
  int known = 0;
  int other = 0;
  std::string which;
  for (char32_t c = 0x20; c < 0x30000; ++c) {
    const int width = wcwidth(static_cast<wchar_t>(c));
    if (width < 0) continue;  // not assigned, or a control
    ++known;
    if (display_width(encoded(c)) == static_cast<std::size_t>(width)) continue;
    ++other;
    if (other <= 20) which += fmt::format(" U+{:04X}", static_cast<std::uint32_t>(c));
  }
  uselocale(before);
  freelocale(locale);
  EXPECT_GT(known, 100'000);
  EXPECT_LT(other, known / 500) << which;
}

}  // namespace
}  // namespace mhp
