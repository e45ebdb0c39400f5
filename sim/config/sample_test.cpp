// Samples are reproducible one by one and keep to their ranges.
#include "sim/config/sample.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace mhp::config {
namespace {

ParamValue constant(const std::string& name, std::int64_t low, std::int64_t value,
                    std::int64_t high) {
  return {name,      std::to_string(value), Unit::ns, "", "", false,
          "assumed", ParamRange{low, high}, value};
}

RC_GTEST_PROP(sample, draws_keep_to_their_range, ()) {
  const auto low = *rc::gen::inRange<std::int64_t>(0, 1000);
  const auto value = low + *rc::gen::inRange<std::int64_t>(0, 1000);
  const auto high = value + *rc::gen::inRange<std::int64_t>(0, 1000);
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  const auto drawn = draw_sample({constant("a", low, value, high)}, seed, 3);
  RC_ASSERT(drawn.size() == 1u);
  RC_ASSERT(low <= drawn[0].value && drawn[0].value <= high);
}

// Mean of a triangular distribution: (low + mode + high) / 3 = 1300 here; its standard deviation is
// sqrt((a^2 + b^2 + c^2 - ab - ac - bc) / 18) = 624, so the mean of 10,000 draws is within 25 of it
// but for one case in 10,000. Below the mode lie (mode - low) / (high - low) = 30 %.
TEST(sample, draws_are_triangular_about_the_value) {
  double sum = 0;
  int below = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const auto value = draw_sample({constant("a", 0, 900, 3000)}, 7, i)[0].value;
    sum += static_cast<double>(value);
    below += value < 900;
  }
  EXPECT_NEAR(sum / 10'000, 1300, 25);
  EXPECT_NEAR(below, 3000, 200);
}

TEST(sample, a_draw_depends_on_its_own_parameter_alone) {
  const auto a = constant("costs.a", 0, 500'000, 1'000'000);
  const auto b = constant("costs.b", 0, 500'000, 1'000'000);
  EXPECT_EQ(draw_sample({b}, 1, 4)[0].value, draw_sample({a, b}, 1, 4)[1].value);
  EXPECT_NE(draw_sample({a}, 1, 4)[0].value, draw_sample({b}, 1, 4)[0].value);
  EXPECT_NE(draw_sample({a}, 1, 4)[0].value, draw_sample({a}, 1, 5)[0].value);
  EXPECT_NE(draw_sample({a}, 1, 4)[0].value, draw_sample({a}, 2, 4)[0].value);
}

TEST(sample, one_quantity_of_several_nodes_is_one_unknown) {
  const auto drawn = draw_sample({constant("machine.node.0.latency", 70, 82, 140),
                                  constant("machine.node.1.latency", 70, 82, 140)},
                                 1, 0);
  EXPECT_EQ(drawn[0].value, drawn[1].value);
  EXPECT_EQ(drawn[0].quantity, "machine.node.latency");
}

}  // namespace
}  // namespace mhp::config
