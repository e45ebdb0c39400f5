#include "sim/study/design/constraint.hpp"

#include <gtest/gtest.h>

#include <map>

#include "sim/core/types.hpp"

namespace mhp::study::constraint_test {
namespace {

const std::map<std::string, Operand> kPoint{
    {"size", {"", 3 * kGiB, Unit::byte}},
    {"hotplug.0.count", {"", 5, Unit::one}},
    {"latency", {"", 2'000'000, Unit::ns}},
    {"placement", {"boot_memory", {}, Unit::one}},
};

std::optional<Operand> lookup(const std::string& name) {
  const auto it = kPoint.find(name);
  return it == kPoint.end() ? std::nullopt : std::optional(it->second);
}

bool holds(const std::string& text) {
  const auto c = Constraint::parse(text, {"s.toml", 1, 1}, lookup);
  if (!c) throw std::runtime_error(c.error().front().text());
  return c->holds(lookup);
}

std::string error_of(const std::string& text) {
  const auto c = Constraint::parse(text, {"s.toml", 4, 2}, lookup);
  return c ? "accepted" : c.error().front().text();
}

TEST(constraint, compares_amounts_in_the_unit_of_the_parameter) {
  EXPECT_TRUE(holds("size <= 3GiB"));
  EXPECT_FALSE(holds("size < 3GiB"));
  EXPECT_TRUE(holds("1.5GiB < size"));
  EXPECT_TRUE(holds("latency == 2ms"));
  EXPECT_TRUE(holds("hotplug.0.count != 4"));
  EXPECT_TRUE(holds("hotplug.0.count >= 5"));
}

TEST(constraint, a_side_may_be_a_product) {
  EXPECT_TRUE(holds("size * hotplug.0.count == 15GiB"));
  EXPECT_FALSE(holds("size * hotplug.0.count > 15GiB"));
  EXPECT_FALSE(holds("size * size * size * size * size <= 8000000TiB")) << "no overflow";
}

TEST(constraint, compares_words) {
  EXPECT_TRUE(holds("placement == boot_memory"));
  EXPECT_TRUE(holds("placement != hotplugged_range"));
}

TEST(constraint, what_is_wrong_is_said) {
  EXPECT_NE(error_of("size").find("s.toml:4:2: 'size' compares nothing"), std::string::npos);
  EXPECT_NE(error_of("size <= 3 GiB").find("have their unit at once"), std::string::npos);
  EXPECT_NE(error_of("size * sice <= 3GiB").find("'sice' is neither"), std::string::npos);
  EXPECT_NE(error_of("placement < boot_memory").find("words know"), std::string::npos);
  EXPECT_NE(error_of("size <=").find("not complete"), std::string::npos);
}

}  // namespace
}  // namespace mhp::study::constraint_test
