// What the headline counts, and that nothing leaves it.
#include "analysis/validation/published/headline.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "analysis/validation/published/verdict.hpp"
#include "sim/config/toml_source.hpp"

namespace mhp::published::headline_test {
namespace {

const std::string kTargets = MHP_SOURCE_DIR "/analysis/validation/published/targets/";

CaseResult case_of(double predicted, double published, bool inside, Interval interval,
                   Class kind = Class::prediction) {
  CaseResult c{"",          {predicted, true, "ok", {}},
               {published}, predicted / published - 1,
               kind,        {},
               true,        interval,
               {},          inside};
  return c;
}

CaseResult without_interval(double predicted, double published, bool inside) {
  CaseResult c = case_of(predicted, published, inside, {});
  c.interval.reset();
  return c;
}

/// A prediction whose simulation ended before what was published.
CaseResult unreached(double published) {
  CaseResult c = without_interval(1, published, false);
  c.measured.value.reset();
  c.measured.outcome = "enomem";
  c.deviation.reset();
  return c;
}

TEST(headline, is_of_the_predictions_alone) {
  Verdict v;
  v.cases = {case_of(100, 100, true, {90, 110}), case_of(110, 100, true, {105, 115}),
             case_of(70, 100, false, {49, 105}),
             case_of(500, 100, false, {1, 2}, Class::consistency),
             case_of(100, 100, true, {1, 2}, Class::arithmetic)};
  CaseResult unpublished = case_of(1, 1, true, {0, 2});
  unpublished.published.clear();
  unpublished.deviation.reset();
  v.cases.push_back(unpublished);
  Verdict other;
  other.cases = {case_of(160, 100, false, {120, 200})};
  const Headline h = headline_of({v, other});
  EXPECT_EQ(h.predictions, 4u);
  EXPECT_DOUBLE_EQ(*h.median_deviation, 0.2);  // of 0, 0.1, 0.3 and 0.6
  EXPECT_DOUBLE_EQ(*h.p90_deviation, 0.6);
  EXPECT_DOUBLE_EQ(*h.inside_criterion, 0.5);
  EXPECT_DOUBLE_EQ(*h.inside_interval, 0.5);
  EXPECT_DOUBLE_EQ(*h.median_half_width, (0.1 + 0.25) / 2);
  EXPECT_NEAR(*h.stretch, std::log(110.0 / 100) / std::log(110.0 / 105), 1e-9);
  EXPECT_FALSE(headline_of({}).median_deviation);
}

// Nothing leaves the headline because the simulation, or its samples, did not get there.
TEST(headline, counts_what_has_no_interval_or_no_value_as_outside) {
  Verdict v;
  v.cases = {case_of(100, 100, true, {90, 110}), without_interval(100, 100, true), unreached(100),
             unreached(200)};
  const Headline h = headline_of({v});
  EXPECT_EQ(h.predictions, 4u);
  EXPECT_EQ(h.unreached, 2u);
  EXPECT_EQ(h.unbounded, 3u);
  EXPECT_DOUBLE_EQ(*h.inside_criterion, 0.5);
  EXPECT_DOUBLE_EQ(*h.inside_interval, 0.25);
  EXPECT_TRUE(std::isinf(*h.p90_deviation));
  EXPECT_TRUE(std::isinf(*h.median_half_width));
  EXPECT_TRUE(std::isinf(*h.stretch));
  for (CaseResult& c : v.cases) c.sampled = false;
  EXPECT_FALSE(headline_of({v}).inside_interval) << "none was asked for";
}

// The guest has no room for the memmap: the published time is not reached.
TEST(headline, counts_a_run_that_fails_where_a_time_was_published) {
  const auto root = config::parse_toml(
      "id = \"X\"\nquantity = \"q\"\npublished = \"p\"\ncriterion = \"c\"\nsource = \"x\"\n"
      "data = [\"T-1\"]\n[[case]]\nname = \"one\"\npublished = [\"1s\"]\n[case.run]\n"
      "scenario = \"../../../../configs/scenarios/small-guest.toml\"\n"
      "placement = \"boot_memory\"\nmetric = \"time_to_usable\"\n"
      "[[check]]\nkind = \"deviation\"\neach = \"20%\"\n",
      kTargets + "x.toml");
  const auto target = read_target(*root);
  ASSERT_TRUE(target.has_value()) << target.error().front().text();
  const auto verdicts = judge({*target}, {.samples = 2});
  ASSERT_TRUE(verdicts.has_value());
  const CaseResult& c = verdicts->front().cases.front();
  EXPECT_FALSE(c.deviation);
  EXPECT_FALSE(c.inside);
  EXPECT_EQ(c.counts(), c.kind == Class::prediction);
  EXPECT_TRUE(c.sampled && !c.covered());
}

}  // namespace
}  // namespace mhp::published::headline_test
