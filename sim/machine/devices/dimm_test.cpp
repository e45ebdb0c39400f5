#include <gtest/gtest.h>

#include "sim/machine/devices/device.hpp"

namespace mhp::machine::dimm_test {
namespace {

Value table(std::vector<std::pair<std::string, std::string>> members) {
  Value v{Value::Table{}, {"test", 1, 1}};
  for (auto& [key, text] : members) v.table()->push_back({key, Value{text, {"test", 2, 1}}});
  return v;
}

// Scrub time = size / rate; all other stages as configured, in the order of a hot-add.
TEST(dimm, stages_come_in_order_and_scrubbing_follows_the_size) {
  const DeviceModel* dimm = devices().find("dimm");
  ASSERT_NE(dimm, nullptr);
  Diagnostics errors;
  const auto plan = dimm->configure(
      table(
          {{"kind", "dimm"}, {"insertion", "30s"}, {"training", "60s"}, {"scrub_rate", "1GiB/s"}}),
      "device", errors, nullptr);
  ASSERT_TRUE(errors.empty()) << errors.front().text();
  const auto stages = plan(Bytes{64 * kGiB});
  ASSERT_EQ(stages.size(), 5u);
  const char* names[] = {"insertion", "power", "training", "scrub", "notification"};
  const std::int64_t seconds[] = {30, 0, 60, 64, 0};
  for (std::size_t i = 0; i < stages.size(); ++i) {
    EXPECT_EQ(stages[i].name, names[i]);
    EXPECT_EQ(stages[i].duration, kSecond * seconds[i]);
  }
}

TEST(dimm, an_unknown_stage_is_refused) {
  Diagnostics errors;
  devices().find("dimm")->configure(table({{"kind", "dimm"}, {"trainin", "60s"}}), "device", errors,
                                    nullptr);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_NE(errors.front().text().find("training"), std::string::npos);
}

}  // namespace
}  // namespace mhp::machine::dimm_test
