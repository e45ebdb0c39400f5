// Stages of devices without electricity of their own, or with a link: what passes once, what
// before every call, and how long.
#include <gtest/gtest.h>

#include "sim/machine/devices/device.hpp"

namespace mhp::machine::stages_test {
namespace {

using Members = std::vector<std::pair<std::string, std::string>>;

std::vector<Stage> stages(const std::string& kind, const Members& members, Bytes size = Bytes{}) {
  Value table{Value::Table{}, {"test", 1, 1}};
  table.table()->push_back({"kind", Value{kind, {"test", 2, 1}}});
  for (const auto& [key, text] : members) {
    const bool number = text.find_first_not_of("0123456789") == std::string::npos;
    table.table()->push_back({key, number ? Value{std::int64_t{std::stoll(text)}, {"test", 3, 1}}
                                          : Value{text, {"test", 3, 1}}});
  }
  Diagnostics errors;
  const auto plan = devices().find(kind)->configure(table, "device", errors, nullptr);
  EXPECT_TRUE(errors.empty()) << errors.front().text();
  return plan(size);
}

SimTime total(const std::vector<Stage>& stages, bool each_call) {
  SimTime sum;
  for (const Stage& s : stages)
    if (s.each_call == each_call) sum += s.duration;
  return sum;
}

// 12 exchanges of 10 ms, 2 decoders of 1 ms.
TEST(cxl_expander, exchanges_and_decoders_pass_one_after_the_other) {
  const auto s = stages("cxl_expander", {{"link_training", "200ms"},
                                         {"media_ready", "10s"},
                                         {"doe_exchanges", "12"},
                                         {"doe_exchange", "10ms"},
                                         {"decoders", "2"},
                                         {"decoder_commit", "1ms"}});
  EXPECT_EQ(total(s, false), SimTime{200'000'000 + 10'000'000'000 + 120'000'000 + 2'000'000});
  EXPECT_EQ(total(s, true), SimTime{});
  std::vector<std::string> names;
  for (const Stage& stage : s) names.push_back(stage.name);
  EXPECT_EQ(names, (std::vector<std::string>{"insertion", "power", "link_training", "media_ready",
                                             "enumeration", "decoders", "region", "binding"}));
}

TEST(virtual_dimm, is_touched_beforehand_only_if_it_has_a_rate_for_that) {
  const Members plain{{"device_add", "1ms"}, {"notification", "2ms"}};
  EXPECT_EQ(total(stages("virtual_dimm", plain, Bytes{kGiB}), false), SimTime{3'000'000});
  Members touched = plain;
  touched.push_back({"populate_rate", "1GiB/s"});
  EXPECT_EQ(total(stages("virtual_dimm", touched, Bytes{4 * kGiB}), false), SimTime{4'003'000'000});
}

TEST(virtio_mem, asks_for_every_block) {
  const auto s = stages("virtio_mem", {{"notification", "1ms"}, {"request", "50us"}});
  EXPECT_EQ(total(s, false), SimTime{1'000'000});
  EXPECT_EQ(total(s, true), SimTime{50'000});
}

// 8 GiB at 4 GiB/s.
TEST(gpu_memory, is_cleared_by_its_size_once_the_gpu_is_up) {
  const Members up{{"initialisation", "3s"}};
  EXPECT_EQ(total(stages("gpu_memory", up, Bytes{8 * kGiB}), false), SimTime{3'000'000'000});
  Members cleared = up;
  cleared.push_back({"clear_rate", "4GiB/s"});
  EXPECT_EQ(total(stages("gpu_memory", cleared, Bytes{8 * kGiB}), false), SimTime{5'000'000'000});
  EXPECT_EQ(total(stages("gpu_memory", cleared, Bytes{8 * kGiB}), true), SimTime{});
}

TEST(lmb, is_acquired_block_by_block) {
  const auto s = stages("lmb", {{"assignment", "1s"}, {"drmgr", "13ms"}, {"acquire", "10ms"}});
  EXPECT_EQ(total(s, false), SimTime{1'013'000'000});
  EXPECT_EQ(total(s, true), SimTime{10'000'000});
}

}  // namespace
}  // namespace mhp::machine::stages_test
