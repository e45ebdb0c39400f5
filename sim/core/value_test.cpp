#include "sim/core/value.hpp"

#include <gtest/gtest.h>

namespace mhp::value_test {
namespace {

TEST(value, find_sees_the_members_of_a_table_only) {
  Value table{Value::Table{{"a", {std::int64_t{1}, {}}}, {"b", {std::string("x"), {}}}}, {}};
  ASSERT_NE(table.find("b"), nullptr);
  EXPECT_EQ(*table.find("b")->string(), "x");
  EXPECT_EQ(table.find("c"), nullptr);
  EXPECT_EQ(table.find("a")->find("b"), nullptr);
}

TEST(value, kind_name_follows_the_alternative) {
  EXPECT_STREQ((Value{std::string(), {}}.kind_name()), "a string");
  EXPECT_STREQ((Value{std::int64_t{1}, {}}.kind_name()), "an integer");
  EXPECT_STREQ((Value{1.5, {}}.kind_name()), "a number");
  EXPECT_STREQ((Value{true, {}}.kind_name()), "a boolean");
  EXPECT_STREQ((Value{Value::Array{}, {}}.kind_name()), "an array");
  EXPECT_STREQ((Value{Value::Table{}, {}}.kind_name()), "a table");
  EXPECT_STREQ((Value{Amount{5, Unit::ns}, {}}.kind_name()), "an amount");
}

TEST(value, an_amount_is_written_as_files_write_it) {
  EXPECT_EQ((Amount{5, Unit::byte}.text()), "5B");
  EXPECT_EQ((Amount{5, Unit::byte_per_second}.text()), "5B/s");
  EXPECT_EQ((Amount{5, Unit::ps}.text()), "5ps");
  EXPECT_EQ((Amount{-5, Unit::ns}.text()), "-5ns");
  EXPECT_EQ((Amount{5, Unit::page}.text()), "5");
}

}  // namespace
}  // namespace mhp::value_test
