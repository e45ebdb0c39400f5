// Which constant widens an interval, where the answer is known.
#include "sim/run/explain/drivers.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace mhp::run::drivers_test {
namespace {

std::vector<ParamValue> open_constants(int n) {
  std::vector<ParamValue> out;
  for (int i = 0; i < n; ++i) {
    ParamValue p;
    p.name = "costs.p" + std::to_string(i) + ".cpu";
    p.unit = Unit::ns;
    p.number = 1000;
    p.range = ParamRange{500, 2000};
    out.push_back(p);
  }
  return out;
}

std::vector<std::vector<config::Drawn>> draws(const std::vector<ParamValue>& used,
                                              std::uint64_t samples) {
  std::vector<std::vector<config::Drawn>> out;
  for (std::uint64_t n = 0; n < samples; ++n) out.push_back(config::draw_sample(used, 1, n));
  return out;
}

// y = 10 a + b - 3 c of draws that are alike: 10, 3 and 1 parts of the width.
TEST(drivers, are_ranked_by_what_they_add_to_the_width) {
  const auto drawn = draws(open_constants(3), 400);
  std::vector<double> y;
  for (const auto& d : drawn)
    y.push_back(10 * static_cast<double>(d[0].value) + static_cast<double>(d[1].value) -
                3 * static_cast<double>(d[2].value));
  const auto found = drivers_of(drawn, y);
  ASSERT_GE(found.size(), 2u);
  EXPECT_EQ(found[0].name, "costs.p0.cpu");
  EXPECT_NEAR(found[0].correlation, 10 / std::sqrt(100.0 + 9 + 1), 0.03);
  EXPECT_EQ(found[1].name, "costs.p2.cpu");
  EXPECT_NEAR(found[1].correlation, -3 / std::sqrt(100.0 + 9 + 1), 0.1);
  EXPECT_EQ(drivers_of(drawn, y, 1).size(), 1u);
}

TEST(drivers, are_none_where_nothing_stands_out) {
  const auto drawn = draws(open_constants(2), 40);
  EXPECT_TRUE(drivers_of(drawn, std::vector<double>(40, 7.0)).empty()) << "no width";
  std::vector<double> unrelated;
  for (int i = 0; i < 40; ++i) unrelated.push_back(i % 2);
  for (const Driver& d : drivers_of(drawn, unrelated)) EXPECT_GT(std::abs(d.correlation), 0.41);
  EXPECT_TRUE(drivers_of({}, {}).empty()) << "no samples";
}

// What was not reached lies above all else and is ranked with it.
TEST(drivers, take_what_was_not_reached_for_the_greatest) {
  const auto drawn = draws(open_constants(2), 40);
  std::vector<double> y;
  for (const auto& d : drawn)
    y.push_back(d[1].value > 1200 ? std::numeric_limits<double>::infinity()
                                  : static_cast<double>(d[1].value));
  const auto found = drivers_of(drawn, y, 1);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].name, "costs.p1.cpu");
}

// Members of an array are one unknown.
TEST(drivers, name_a_quantity_once) {
  auto used = open_constants(2);
  used[0].name = "machine.node.0.latency";
  used[1].name = "machine.node.1.latency";
  EXPECT_EQ(quantities_of(config::draw_sample(used, 1, 0)),
            std::vector<std::string>{"machine.node.latency"});
}

}  // namespace
}  // namespace mhp::run::drivers_test
