#include "sim/core/units.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

namespace mhp::units_test {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

template <class T>
std::string problem(const Result<T>& result) {
  return result ? "accepted" : result.error().front().text();
}

TEST(parse_bytes, binary_units_are_powers_of_1024) {
  EXPECT_EQ(parse_bytes("4096B")->value, 4096);
  EXPECT_EQ(parse_bytes("3KiB")->value, 3 * 1024);
  EXPECT_EQ(parse_bytes("128MiB")->value, 134'217'728);
  EXPECT_EQ(parse_bytes("64GiB")->value, 68'719'476'736);
  EXPECT_EQ(parse_bytes("1.5TiB")->value, 1'649'267'441'664);  // 3 * 2^39
  EXPECT_EQ(parse_bytes("2PiB")->value, std::int64_t{1} << 51);
}

TEST(parse_bytes, decimal_units_are_powers_of_1000) {
  EXPECT_EQ(parse_bytes("80GB")->value, 80'000'000'000);
  EXPECT_EQ(parse_bytes("0.001KB")->value, 1);
  EXPECT_EQ(parse_bytes("1.5PB")->value, 1'500'000'000'000'000);
}

TEST(parse_bytes, takes_separators_one_space_and_trailing_zeros) {
  EXPECT_EQ(parse_bytes("1_048_576B")->value, 1'048'576);
  EXPECT_EQ(parse_bytes("1.5 GiB")->value, 1'610'612'736);
  EXPECT_EQ(parse_bytes("1.50000000000000000000000000GiB")->value, 1'610'612'736);
  EXPECT_EQ(parse_bytes("007B")->value, 7);
}

TEST(parse_bytes, refuses_what_is_no_whole_byte) {
  // 1 / 1024 = 0.0009765625.
  EXPECT_EQ(problem(parse_bytes("0.3B")),
            "'0.3B' is finer than a byte; write a whole multiple of a byte");
  EXPECT_EQ(parse_bytes("0.25KiB")->value, 256);
  EXPECT_EQ(parse_bytes("0.0009765625KiB")->value, 1);
  EXPECT_FALSE(parse_bytes("0.0009765624KiB"));
  EXPECT_FALSE(parse_bytes("0.1KiB"));
  EXPECT_FALSE(parse_bytes("1.0000000000000000001GiB"));
}

TEST(parse_bytes, refuses_a_bare_multiplier_and_says_what_to_write) {
  EXPECT_EQ(
      problem(parse_bytes("64G")),
      "'64G' has the unknown unit 'G'; write GiB for 1073741824 bytes or GB for 1000000000 bytes");
  EXPECT_FALSE(parse_bytes("128M"));
  EXPECT_EQ(problem(parse_bytes("64")), "'64' has no unit; write a unit, as in 4096B or 64GiB");
  EXPECT_EQ(problem(parse_bytes("64gib")), "'64gib' has the unknown unit 'gib'; did you mean GiB?");
}

TEST(parse_bytes, refuses_what_is_no_number) {
  for (const char* text : {"", "GiB", ".5GiB", "1.GiB", "1..5GiB", "1e3B", "_1B", "1_B", "1__0B",
                           "1  B", " 1B", "1B ", "+1B", "0x10B", "1.5.2GiB", "1,5GiB", "1\nB"})
    EXPECT_FALSE(parse_bytes(text)) << text;
  EXPECT_EQ(problem(parse_bytes("-1B")), "'-1B' is negative; a size is zero or more");
}

TEST(parse_bytes, the_largest_is_one_byte_below_2_to_the_63) {
  EXPECT_EQ(parse_bytes("9223372036854775807B")->value, kMax);
  EXPECT_EQ(problem(parse_bytes("9223372036854775808B")),
            "'9223372036854775808B' is too large; a size is less than 2^63 times a byte");
  EXPECT_EQ(parse_bytes("8191PiB")->value, std::int64_t{8191} << 50);
  EXPECT_FALSE(parse_bytes("8192PiB"));
  EXPECT_EQ(parse_bytes("8191.5PiB")->value, (std::int64_t{8191} << 50) + (std::int64_t{1} << 49));
  EXPECT_FALSE(parse_bytes("99999999999999999999999999999999999999999999999999PiB"));
}

TEST(parse_bytes, carries_the_location_into_the_message) {
  EXPECT_EQ(problem(parse_bytes("7", {"m.toml", 4, 12})),
            "m.toml:4:12: '7' has no unit; write a unit, as in 4096B or 64GiB");
}

TEST(parse_time, units_count_nanoseconds) {
  EXPECT_EQ(parse_time("250ns")->value, 250);
  EXPECT_EQ(parse_time("10us")->value, 10'000);
  EXPECT_EQ(parse_time("1.5ms")->value, 1'500'000);
  EXPECT_EQ(parse_time("90s")->value, 90'000'000'000);
  EXPECT_EQ(parse_time("15min")->value, 900'000'000'000);
  EXPECT_EQ(parse_time("2h")->value, 7'200'000'000'000);
  EXPECT_EQ(parse_time("3000ps")->value, 3);
}

TEST(parse_time, refuses_what_is_finer_than_a_nanosecond) {
  EXPECT_EQ(problem(parse_time("54.7ns")),
            "'54.7ns' is finer than a nanosecond; write a whole multiple of a nanosecond");
  EXPECT_EQ(parse_time("0.001us")->value, 1);
  EXPECT_FALSE(parse_time("0.0005us"));
  EXPECT_FALSE(parse_time("999ps"));
}

TEST(parse_time, the_largest_is_one_nanosecond_below_2_to_the_63) {
  EXPECT_EQ(parse_time("9223372036854775807ns")->value, kMax);
  EXPECT_FALSE(parse_time("9223372036854775808ns"));
  EXPECT_EQ(parse_time("9223372036.854775807s")->value, kMax);
  EXPECT_FALSE(parse_time("9223372036.854775808s"));
  EXPECT_FALSE(parse_time("2562048h"));  // 2^63 ns is 2562047.8 h
  EXPECT_TRUE(parse_time("2562047h"));
}

TEST(parse_picoseconds, costs_go_down_to_one_picosecond) {
  EXPECT_EQ(parse_picoseconds("54.7ns")->value, 54'700);
  EXPECT_EQ(parse_picoseconds("1ps")->value, 1);
  EXPECT_EQ(parse_picoseconds("2us")->value, 2'000'000);
  EXPECT_EQ(problem(parse_picoseconds("54.7005ns")),
            "'54.7005ns' is finer than a picosecond; write a whole multiple of a picosecond");
}

TEST(parse_bandwidth, is_a_size_per_second) {
  EXPECT_EQ(parse_bandwidth("113.1GB/s")->value, 113'100'000'000);
  EXPECT_EQ(parse_bandwidth("90GiB/s")->value, 96'636'764'160);
  EXPECT_FALSE(parse_bandwidth("90GiB"));
  EXPECT_FALSE(parse_bandwidth("90GiB/min"));
  EXPECT_FALSE(parse_bandwidth("90/s"));
}

TEST(format_bytes, uses_the_largest_unit_that_is_exact) {
  EXPECT_EQ(format_bytes(Bytes{1536 * kMiB}), "1.5 GiB");
  EXPECT_EQ(format_bytes(Bytes{64 * kGiB}), "64 GiB");
  EXPECT_EQ(format_bytes(Bytes{64 * kGiB - 4 * kKiB}), "67108860 KiB");
  EXPECT_EQ(format_bytes(Bytes{80'000'000'000}), "80 GB");
  EXPECT_EQ(format_bytes(Bytes{1023}), "1.023 KB");
  EXPECT_EQ(format_bytes(Bytes{999}), "999 B");
  EXPECT_EQ(format_bytes(Bytes{0}), "0 B");
  EXPECT_EQ(format_bytes(Bytes{-2 * kMiB}), "-2 MiB");
  EXPECT_EQ(format_bytes(Bytes{kMin}), "-8192 PiB");
}

TEST(format_time, shows_four_significant_digits) {
  EXPECT_EQ(format_time(SimTime{412'123'456}), "412.1 ms");
  EXPECT_EQ(format_time(SimTime{412'150'000}), "412.2 ms");
  EXPECT_EQ(format_time(SimTime{412'149'999}), "412.1 ms");
  EXPECT_EQ(format_time(SimTime{999'949'999}), "999.9 ms");
  EXPECT_EQ(format_time(SimTime{999'950'000}), "1 s");
  EXPECT_EQ(format_time(SimTime{86'400'000'000'000}), "86400 s");
  EXPECT_EQ(format_time(SimTime{7}), "7 ns");
  EXPECT_EQ(format_time(SimTime{0}), "0 ns");
  EXPECT_EQ(format_time(SimTime{-1'500'000}), "-1.5 ms");
  EXPECT_EQ(format_time(SimTime{kMax}), "9223000000 s");
  EXPECT_EQ(format_time(SimTime{kMin}), "-9223000000 s");
}

TEST(format_exact, of_times_costs_and_rates) {
  EXPECT_EQ(format_time_exact(SimTime{1'500'000}), "1.5 ms");
  EXPECT_EQ(format_time_exact(SimTime{1'000'001}), "1000.001 us");
  EXPECT_EQ(format_picoseconds(Picoseconds{54'700}), "54.7 ns");
  EXPECT_EQ(format_picoseconds(Picoseconds{999}), "999 ps");
  EXPECT_EQ(format_bandwidth(BytesPerSecond{113'100'000'000}), "113.1 GB/s");
  EXPECT_EQ(format_bandwidth(BytesPerSecond{96'636'764'160}), "90 GiB/s");
}

/// From 0 to 2^63 - 1; every order of magnitude is as likely.
std::int64_t any_amount() {
  const auto bits = *rc::gen::arbitrary<std::uint64_t>();
  const auto shift = *rc::gen::inRange(1, 64);
  // RapidCheck draws small numbers while its size is small: spread them over the word.
  return static_cast<std::int64_t>((bits * 0x9e3779b97f4a7c15) >> shift);
}

RC_GTEST_PROP(units, exact_texts_read_back_as_the_same_amount, ()) {
  const std::int64_t n = any_amount();
  RC_ASSERT(parse_bytes(format_bytes(Bytes{n})).value() == Bytes{n});
  RC_ASSERT(parse_time(format_time_exact(SimTime{n})).value() == SimTime{n});
  RC_ASSERT(parse_picoseconds(format_picoseconds(Picoseconds{n})).value() == Picoseconds{n});
  RC_ASSERT(parse_bandwidth(format_bandwidth(BytesPerSecond{n})).value() == BytesPerSecond{n});
}

RC_GTEST_PROP(units, the_rounded_time_is_within_half_of_its_fourth_digit, ()) {
  const std::int64_t n = any_amount();
  const std::int64_t shown = parse_time(format_time(SimTime{n}))->value;
  // |shown - n| <= n / 2000, as four digits leave at most half a thousandth.
  RC_ASSERT((shown > n ? shown - n : n - shown) <= n / 2000);
}

RC_GTEST_PROP(units, no_text_breaks_the_reader, (const std::string& text)) {
  const auto result = parse_bytes(text);
  RC_ASSERT(!result || result->value >= 0);
}

}  // namespace
}  // namespace mhp::units_test
