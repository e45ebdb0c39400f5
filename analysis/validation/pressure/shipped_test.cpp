// The recordings that ship: all can be replayed, and a model that did as any of their runs did
// would be right.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "analysis/validation/pressure/compare.hpp"
#include "analysis/validation/pressure/known_misses.hpp"

namespace mhp::pressure::shipped_test {
namespace {

const std::string kFolder = MHP_SOURCE_DIR "/analysis/validation/pressure/recordings";
const std::string kConfigs = MHP_SOURCE_DIR "/configs";

std::vector<Recording> all() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder))
    if (entry.path().extension() == ".json") files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  std::vector<Recording> out;
  for (const std::string& file : files) {
    auto read = load_recording(file);
    EXPECT_TRUE(read.has_value()) << file << ": " << read.error().front().problem;
    if (read) out.push_back(std::move(*read));
  }
  return out;
}

Spread spread_of(const std::vector<Recording>& recordings) {
  Spread spread;
  for (const Recording& r : recordings) spread.add(recorded_quantities(r));
  return spread;
}

TEST(PressureRecordings, every_recording_becomes_a_scenario) {
  const auto recordings = all();
  EXPECT_GE(recordings.size(), 29u);
  for (const Recording& r : recordings) {
    const auto plan = plan_of(r, kConfigs);
    ASSERT_TRUE(plan) << r.name << ": " << plan.error().front().problem;
    EXPECT_TRUE(scenario_of(*plan, r)) << r.name;
  }
}

TEST(PressureRecordings, every_run_is_inside_the_band_that_it_helps_to_make) {
  const auto recordings = all();
  const Spread spread = spread_of(recordings);
  std::size_t bands = 0;
  for (const Recording& r : recordings)
    for (const Recorded& q : recorded_quantities(r)) {
      const Band band = spread.band(q);
      for (const double value : q.runs) EXPECT_TRUE(band.holds(value)) << r.name << q.quantity.name;
      ++bands;
    }
  EXPECT_GT(bands, 1000u);
}

TEST(PressureRecordings, what_is_named_as_missing_is_there) {
  const auto known = load_known_misses(kFolder);
  ASSERT_TRUE(known);
  for (const auto& [name, quantities] : *known) {
    const auto recording = load_recording(kFolder + "/" + name + ".json");
    ASSERT_TRUE(recording) << name;
    const auto recorded = recorded_quantities(*recording);
    for (const auto& [quantity, reason] : quantities)
      EXPECT_TRUE(std::any_of(
          recorded.begin(), recorded.end(),
          [&, &name_of = quantity](const Recorded& q) { return q.quantity.name == name_of; }))
          << name << quantity;
  }
}

// The same simulation gives the same values, and with the model's own values no band is missed.
TEST(PressureRecordings, a_comparison_is_the_same_twice) {
  const auto recordings = all();
  const Spread spread = spread_of(recordings);
  const auto one = std::find_if(recordings.begin(), recordings.end(), [](const Recording& r) {
    return r.name == "q-612-1G-cache-16G-mom1";
  });
  ASSERT_NE(one, recordings.end());
  const auto first = compare(*one, spread, kConfigs);
  const auto second = compare(*one, spread, kConfigs);
  ASSERT_TRUE(first && second);
  ASSERT_EQ(first->quantities.size(), second->quantities.size());
  EXPECT_GT(first->quantities.size(), 20u);
  EXPECT_GT(first->unmodelled.size(), 0u);
  for (std::size_t i = 0; i < first->quantities.size(); ++i) {
    EXPECT_EQ(first->quantities[i].model, second->quantities[i].model);
    EXPECT_EQ(first->quantities[i].inside,
              first->quantities[i].band.holds(first->quantities[i].model));
  }
}

}  // namespace
}  // namespace mhp::pressure::shipped_test
