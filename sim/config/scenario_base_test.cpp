#include "sim/config/scenario_base.hpp"

#include <gtest/gtest.h>

#include "sim/config/toml_source.hpp"

namespace mhp::config::scenario_base_test {
namespace {

Value tree(const char* name) {
  return *load_toml(std::string(MHP_SOURCE_DIR "/configs/scenarios/") + name);
}

/// Sets parameters by their paths to what a study states.
Result<void> set(ScenarioBase& base,
                 const std::vector<std::pair<std::string, std::string>>& values) {
  std::vector<Parameter> parameters;
  for (const auto& [path, value] : values)
    parameters.push_back(*base.find(path, {"study.toml", 7, 1}));
  std::vector<Change> changes;
  for (std::size_t i = 0; i < values.size(); ++i)
    changes.push_back({&parameters[i], Value{values[i].second, {"study.toml", 7, 3}}});
  return base.set(changes);
}

TEST(scenario_base, a_set_value_is_read_as_if_it_stood_in_the_file) {
  auto base = ScenarioBase::make(tree("small-guest.toml"));
  ASSERT_TRUE(base);
  ASSERT_TRUE(set(*base, {{"hotplug.0.size", "3GiB"},
                          {"kernel.memmap_placement", "hotplugged_range"},
                          {"costs.block_device.cpu", "1ms"},
                          {"machine.node.0.memory", "512MiB"}}));
  const auto file =
      load_scenario(MHP_SOURCE_DIR "/configs/scenarios/small-guest.toml",
                    {"hotplug.0.size=3GiB", "kernel.memmap_placement=hotplugged_range",
                     "costs.block_device.cpu=1ms", "machine.node.0.memory=512MiB"});
  ASSERT_TRUE(file);
  EXPECT_EQ(base->scenario().hotplug.size(), 1u);
  EXPECT_EQ(base->scenario().hotplug[0].params.size, Bytes{3 * kGiB});
  EXPECT_EQ(base->scenario().kernel.memmap_placement, "hotplugged_range");
  EXPECT_EQ(base->scenario().machine.nodes[0].memory, Bytes{512 * kMiB});
  const auto recorded = base->recorded();
  ASSERT_TRUE(recorded);
  EXPECT_EQ(recorded->resolved_text, file->resolved_text);
  ASSERT_EQ(recorded->used.size(), file->used.size());
  for (std::size_t i = 0; i < file->used.size(); ++i)
    EXPECT_EQ(recorded->used[i].value, file->used[i].value) << file->used[i].name;
}

TEST(scenario_base, a_price_is_read_anew_alone) {
  auto base = ScenarioBase::make(tree("small-guest.toml"));
  ASSERT_TRUE(set(*base, {{"costs.block_device.cpu", "7us"}}));
  const auto& costs = base->scenario().costs;
  EXPECT_EQ(costs.of(kernel::Primitive::block_device).cpu, Picoseconds{7'000'000});
  const auto wrong = set(*base, {{"costs.block_device.cpu", "7 apples"}});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().front().where.line, 7);
}

TEST(scenario_base, a_wrong_value_is_reported_at_its_own_place_and_can_be_set_right) {
  auto base = ScenarioBase::make(tree("small-guest.toml"));
  const auto wrong = set(*base, {{"hotplug.0.size", "100MiB"}});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().front().where.file, "study.toml");
  EXPECT_EQ(wrong.error().front().where.line, 7);
  EXPECT_TRUE(set(*base, {{"hotplug.0.size", "1GiB"}}));
}

TEST(scenario_base, what_was_said_of_a_value_alone_goes_with_it) {
  const std::string text =
      "machine = '" MHP_SOURCE_DIR
      "/configs/machines/guest-256m.toml'\n"
      "costs = '" MHP_SOURCE_DIR
      "/configs/costs/xeon.toml'\n"
      "name = 'x'\nsettle = '1s'\nsettle_basis = 'assumed'\nsettle_range = ['1s', '2s']\n"
      "[kernel]\nprofile = '" MHP_SOURCE_DIR
      "/configs/kernels/linux-6.12.toml'\n"
      "[[hotplug]]\nsize = '1GiB'\ndevice = '" MHP_SOURCE_DIR
      "/configs/devices/virtual-dimm.toml'\n";
  auto base = ScenarioBase::make(*parse_toml(text, "study.toml"));
  ASSERT_TRUE(base) << base.error().front().text();
  // From the same file, as in the study that a sweep keeps; the range was for the old value.
  ASSERT_TRUE(set(*base, {{"settle", "9s"}}));
  EXPECT_EQ(base->scenario().run.settle, SimTime{9'000'000'000});
  EXPECT_EQ(base->recorded()->resolved_text.find("settle_range"), std::string::npos);
}

TEST(scenario_base, a_file_may_be_the_value) {
  auto base = ScenarioBase::make(tree("small-guest.toml"));
  const Value file{std::string("../machines/guest-2g.toml"),
                   {MHP_SOURCE_DIR "/configs/studies/study.toml", 1, 1}};
  ASSERT_TRUE(base->exchange(std::vector<Setting>{{"machine", file}}));
  ASSERT_TRUE(set(*base, {}));
  EXPECT_EQ(base->scenario().machine.nodes[0].memory, Bytes{2 * kGiB});
}

}  // namespace
}  // namespace mhp::config::scenario_base_test
