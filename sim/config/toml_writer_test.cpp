#include "sim/config/toml_writer.hpp"

#include <gtest/gtest.h>

#include "sim/config/toml_source.hpp"
#include "sim/core/encoded.hpp"

namespace mhp::config::toml_writer_test {
namespace {

TEST(to_toml, what_is_written_reads_back_as_the_same) {
  const char* text =
      "a = 1\n\"odd key\" = \"quote \\\" slash \\\\ line \\n\"\nf = 1.0\nb = true\nlist = [1, "
      "2]\ninline = {x = 1}\n"
      "[t]\nc = -3\n[t.u]\nd = \"e\"\n[[r]]\nn = 1\n[[r]]\nn = 2\n[r.s]\nm = 5\n";
  const auto first = parse_toml(text, "first");
  ASSERT_TRUE(first.has_value());
  const std::string written = to_toml(*first);
  const auto second = parse_toml(written, "second");
  ASSERT_TRUE(second.has_value()) << written;
  EXPECT_EQ(to_toml(*second), written);
  EXPECT_EQ(*second->find("odd key")->string(), "quote \" slash \\ line \n");
  EXPECT_TRUE(std::holds_alternative<double>(second->find("f")->data));
  EXPECT_EQ(std::get<std::int64_t>((*second->find("r")->array())[1].find("s")->find("m")->data), 5);
}

// What the reader refuses in a file stands there as an escape.
TEST(to_toml, any_text_reads_back_as_itself) {
  std::string all;
  for (char32_t c = 0; c < 0x110000; c += c < 0x3000 ? 1 : 211)
    if (c < 0xD800 || c > 0xDFFF) all += encoded(c);
  const Value root{Value::Table{{all, {all, {}}, {}}}, {}};
  const auto back = parse_toml(to_toml(root), "back");
  ASSERT_TRUE(back) << back.error().front().text();
  EXPECT_EQ(back->table()->front().key, all);
  EXPECT_EQ(*back->table()->front().value.string(), all);
}

TEST(to_toml, an_amount_is_written_with_its_unit) {
  const Value root{Value::Table{{"size", {Amount{3072, Unit::byte}, {}}}}, {}};
  EXPECT_EQ(to_toml(root), "size = \"3072B\"\n");
}

}  // namespace
}  // namespace mhp::config::toml_writer_test
