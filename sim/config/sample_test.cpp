// Samples are reproducible one by one and keep to their ranges.
#include "sim/config/sample.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace mhp::config::sample_test {
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

/// Of 10,000 draws between 0 and 3000, how many lie below each of some values; of a share p, all
/// but one case in 10,000 are within 3.9 sqrt(p (1 - p) 10,000) < 200.
std::vector<int> below(std::int64_t value, const std::vector<std::int64_t>& limits) {
  std::vector<int> n(limits.size());
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const auto drawn = draw_sample({constant("a", 0, value, 3000)}, 7, i)[0].value;
    for (std::size_t k = 0; k < limits.size(); ++k) n[k] += drawn < limits[k];
  }
  return n;
}

TEST(sample, draws_lie_as_often_on_either_side_of_the_value_and_evenly_on_each) {
  const std::vector<int> n = below(900, {450, 900, 1950});
  EXPECT_NEAR(n[0], 2500, 200);
  EXPECT_NEAR(n[1], 5000, 200);
  EXPECT_NEAR(n[2], 7500, 200);
}

TEST(sample, a_value_at_an_end_of_its_range_has_one_side) {
  for (const std::int64_t end : {0, 3000}) {
    const std::vector<int> n = below(end, {750, 1500, 2250});
    EXPECT_NEAR(n[0], 2500, 200);
    EXPECT_NEAR(n[1], 5000, 200);
    EXPECT_NEAR(n[2], 7500, 200);
  }
  EXPECT_EQ(draw_sample({constant("a", 5, 5, 5)}, 7, 0)[0].value, 5);
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
}  // namespace mhp::config::sample_test
