#include <gtest/gtest.h>

#include "analysis/validation/captures/capture_form.hpp"

namespace mhp::validation::sequence_form_test {
namespace {

/// What is wrong with the page frames of an operation on a machine of 1,000 pages; nothing: empty.
std::string wrong_with(const std::string& pfns) {
  Capture::Step step;
  step.op = "runmap";
  step.args = {0};
  step.recorded = {{"result", {{"rc", 0}}}, {"pfns", pfns}};
  MachineForm machine;
  machine.end = 1'000 * 4'096;
  try {
    EXPECT_TRUE(check_sequence_step_form(step, machine));
    return {};
  } catch (const BadField& e) {
    return e.what();
  }
}

TEST(sequence_form, page_frames_are_single_or_runs) {
  for (const char* good : {"", "5", "0 999", "5:3:1", "999:1000:-1", "7:1:0", "7:10:0", "1:2:998"})
    EXPECT_EQ(wrong_with(good), "") << good;
  for (const char* bad : {"x", "-1", "5:", "5:3", "5:3:", "5:3:-", "5:3:1x", "5:-3:1", "5,6", ":5",
                          "12345678901234", "1:12345678901:1", "5:3:12345678901"})
    EXPECT_NE(wrong_with(bad).find("is no run of frames"), std::string::npos) << bad;
}

TEST(sequence_form, page_frames_lie_in_memory) {
  for (const char* beyond : {"1000", "9999999999999", "998:3:1", "1:3:-1", "5:0:1", "0:2:1000",
                             "9:9999999999:9999999999", "9:9999999999:-9999999999"})
    EXPECT_NE(wrong_with(beyond).find("lies beyond all memory"), std::string::npos) << beyond;
}

}  // namespace
}  // namespace mhp::validation::sequence_form_test
