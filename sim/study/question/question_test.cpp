// Question files: what they come to, and what is said of wrong ones.
#include "sim/study/question/question.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "sim/core/scratch_folder.hpp"
#include "sim/study/design/plan.hpp"

namespace mhp::question::question_test {
namespace {

const std::string kHead =
    "name = 'x'\nscenario = '" MHP_SOURCE_DIR "/configs/scenarios/small-guest.toml'\n";  // 1, 2
const std::string kAsk =
    "[ask]\nfind = 'largest'\nkey = 'hotplug.0.size'\nfrom = '1GiB'\nto = '9088MiB'\n";
const std::string kAsk2 =
    "[ask]\nfind = 'largest'\nkey = 'hotplug.0.size'\nfrom = '2GiB'\nto = '8GiB'\nstep = '2GiB'\n";
const std::string kStep = "step = '512MiB'\n";

class QuestionTest : public testing::Test {
 protected:
  Result<Question> load(const std::string& text) const {
    std::ofstream(folder_ + "/q.toml") << text;
    return load_question(folder_ + "/q.toml", {});
  }

  Question good(const std::string& text) const {
    auto q = load(text);
    if (!q) throw std::runtime_error(q.error().front().text());
    return std::move(*q);
  }

  /// The only message, without the folder.
  std::string only(const std::string& text) const {
    const auto q = load(text);
    if (q) return "no error";
    std::string out;
    for (const Diagnostic& d : q.error()) out += d.text() + '\n';
    return q.error().size() == 1 ? out.substr(folder_.size() + 1) : "not one error: " + out;
  }

  void expect(const std::string& text, const std::string& place, const std::string& what) const {
    const std::string found = only(text);
    EXPECT_EQ(found.substr(0, place.size()), place) << found;
    EXPECT_NE(found.find(what), std::string::npos) << found;
  }

  ScratchFolder scratch_;
  const std::string folder_ = scratch_.path();
};

// From 1024 MiB by 512 MiB, not beyond 9088 MiB: 15 steps to 8704 MiB.
TEST_F(QuestionTest, a_key_takes_the_values_of_its_grid) {
  const Question q = good(kHead + kAsk + kStep);
  EXPECT_EQ(q.find, Find::largest);
  EXPECT_EQ(q.key().key, "hotplug.0.size");
  EXPECT_EQ(q.grid.from, 1 * kGiB);
  EXPECT_EQ(q.grid.step, 512 * kMiB);
  EXPECT_EQ(q.grid.count, 16);
  EXPECT_EQ(q.grid.at(q.grid.count - 1), 8704 * kMiB);
  EXPECT_EQ(q.free_axes, 0u);
}

TEST_F(QuestionTest, no_failed_operation_is_an_objective_unless_another_speaks_of_the_outcome) {
  const auto texts = [&](const std::string& list) {
    std::vector<std::string> out;
    for (const Objective& o : good("objectives = " + list + "\n" + kHead + kAsk + kStep).objectives)
      out.push_back(o.text());
    return out;
  };
  using L = std::vector<std::string>;
  EXPECT_EQ(texts("[]"), (L{"outcome == ok"}));
  EXPECT_EQ(texts("['psi_longest <= 1ms']"), (L{"outcome == ok", "psi_longest <= 1ms"}));
  EXPECT_EQ(texts("['outcome != enomem']"), (L{"outcome != enomem"}));
}

TEST_F(QuestionTest, keys_that_take_the_same_value_are_axes_beside_the_key) {
  const Question q =
      good("name = 'x'\nscenario = '" MHP_SOURCE_DIR "/configs/scenarios/quickstart.toml'\n" +
           kAsk2 + "also = ['hotplug.1.size']\n[[axis]]\nkey = 'settle'\nvalues = ['1s']\n");
  ASSERT_EQ(q.keys.size(), 2u);
  EXPECT_EQ(q.study.axes[q.keys[1]].key, "hotplug.1.size");
  EXPECT_EQ(q.study.axes[q.keys[1]].name, "hotplug_1_size");
  EXPECT_EQ(q.free_axes, 1u);
}

TEST_F(QuestionTest, what_is_wrong_is_told_with_its_place_and_a_remedy) {
  expect(kHead, "q.toml: ", "no table 'ask'");
  expect(kHead + kAsk, "q.toml:3:1", "'ask' has no 'step'");
  expect(kHead + "[ask]\nfind = 'most'\n", "q.toml:4:8", "largest");
  expect("budgt = 3\n" + kHead + kAsk + kStep, "q.toml:1:1", "did you mean budget");
  expect("budget = 0\n" + kHead + kAsk + kStep, "q.toml:1:10", "budget");
  expect(kHead + kAsk + "step = 'abc'\n", "q.toml:8:8", "abc");
  expect(kHead + kAsk + "step = 0\n", "q.toml:8:8", "no amount above 0");
  expect(kHead + kAsk + kStep + "metric = 'psi_longest'\n", "q.toml:9:10", "has no 'metric'");
  expect(kHead + kAsk + kStep + "[between]\nkey = 'settle'\nvalues = ['1s', '2s']\n", "q.toml:9:1",
         "largest has no [between]");
  expect("objectives = ['psi_longest <= 1ms', 'x']\n" + kHead + kAsk + kStep, "q.toml:1:37",
         "'x' is no objective");
  expect("objectives = 'x == 1'\n" + kHead + kAsk + kStep, "q.toml:1:14", "no list");
  expect("objectives = ['mean(psi_longest) <= 1ms']\n" + kHead + kAsk + kStep, "q.toml:1:14",
         "no interval");
  expect("replicates = 9\nmax_replicates = 8\n" + kHead + kAsk + kStep, "q.toml:2:18",
         "below replicates");
  expect(kHead + "[ask]\nfind = 'cheapest'\nmetric = 'usable_bytes'\nkey = 'settle'\n",
         "q.toml:6:7", "cheapest has no 'key'");
  expect(kHead + "[ask]\nfind = 'cheapest'\n[[axis]]\nkey = 'settle'\nvalues = ['1s']\n",
         "q.toml:3:1", "needs a 'metric'");
}

// A block of this machine is 128 MiB; and what the study's reader finds stands at its place too.
TEST_F(QuestionTest, values_of_the_key_that_make_no_scenario_are_told) {
  expect(kHead + kAsk + "step = '100MiB'\n", "", "not a whole number of memory blocks");
  const std::string sice =
      kHead + "[ask]\nfind = 'largest'\nkey = 'hotplug.0.sice'\nfrom = '1GiB'\nto = '2GiB'\n" +
      kStep;
  expect(sice, "q.toml:5:7", "did you mean hotplug.0.size");
  expect(kHead + kAsk + kStep + "[[axis]]\nkey = 'kernel.memmap_placement'\nvalues = ['attic']\n",
         "q.toml:11:11", "attic");
}

TEST_F(QuestionTest, errors_of_the_question_and_of_its_study_come_at_once) {
  const auto q = load("budgt = 3\n" + kHead + kAsk + kStep +
                      "[[axis]]\nkey = 'hotplug.0.cout'\nvalues = [1]\n");
  ASSERT_FALSE(q);
  EXPECT_EQ(q.error().size(), 2u);
}

TEST_F(QuestionTest, axes_can_be_sampled_as_in_a_study) {
  const Question q = good("samples = 4\ndesign = 'sobol'\n" + kHead +
                          "[ask]\nfind = 'cheapest'\nmetric = 'usable_bytes'\n[[axis]]\n"
                          "key = 'hotplug.0.size'\nfrom = '1GiB'\nto = '8GiB'\n"
                          "multiple_of = '128MiB'\n");
  EXPECT_EQ(study::Plan(q.study).points(), 4u);
}

TEST_F(QuestionTest, a_break_even_is_between_two) {
  const std::string ask = kHead +
                          "[ask]\nfind = 'break_even'\nmetric = 'time_to_usable'\n"
                          "key = 'hotplug.0.size'\nfrom = '1GiB'\nto = '2GiB'\nstep = '1GiB'\n";
  expect(ask, "q.toml", "needs a table 'between'");
  expect(ask + "[between]\nkey = 'settle'\nvalues = ['1s', '2s', '3s']\n", "q.toml:11:7",
         "has 3 values");
  EXPECT_EQ(good(ask + "[between]\nkey = 'settle'\nvalues = ['1s', '2s']\n").between(), 0u);
}

TEST(shipped_questions, load_and_are_called_as_their_files) {
  int questions = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(MHP_SOURCE_DIR "/configs/questions")) {
    const auto q = load_question(entry.path().string(), {});
    ASSERT_TRUE(q) << q.error().front().text();
    EXPECT_EQ(q->study.params.name, entry.path().stem().string());
    EXPECT_FALSE(q->study.params.doc.empty());
    ++questions;
  }
  EXPECT_GE(questions, 1);
}

}  // namespace
}  // namespace mhp::question::question_test
