// The score cannot be fooled: captures in which something was changed are not exact, and nothing
// that a file may hold brings the program down.
#include "analysis/validation/captures/corruption.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "analysis/validation/captures/replay.hpp"
#include "sim/config/kernel_profiles.hpp"
#include "sim/core/scratch_folder.hpp"

namespace mhp::validation::corruption_test {
namespace {

using nlohmann::json;

const std::filesystem::path kRoot = MHP_SOURCE_DIR;

/// Small ones of every family that are exact.
const std::vector<std::string> kCaptures{"a-612-1G-mom0-kernel",
                                         "a-612-1G-mom1-movable",
                                         "a-612-128M-mom1-kernel",
                                         "a-73-1G-mom1-movable",
                                         "b-61-1G-mom0-movable",
                                         "b-61-1G-mom1-movable",
                                         "b-61-128Mx4-mom0-kernel",
                                         "c-612-n1-4G-mom0-kernel",
                                         "d-612-low512M-64G-mom0",
                                         "d-612-low512M-64G-mom0-ballast",
                                         "e-612-auto-online",
                                         "e-73-automovable-r301-mom1",
                                         "f-612-huge2M-16G-mom1-movable",
                                         "f-612-huge1G-16G-mom0-kernel",
                                         "h-612-boot64G-16G-mom0-movable",
                                         "j-612-holes-mom1",
                                         "j-73-holes-mom1",
                                         "n-61-mixed-sizes-mom1",
                                         "o-612-auto_online_w",
                                         "o-612-migrate-mom0",
                                         "r-612-hugeboot-mom0",
                                         "r-612-migrate-traced",
                                         "r-61-movablecore-mom0",
                                         "s-612-random5-mom0",
                                         "p-612-every2nd-512M-mom1",
                                         "p-612-huge-1G-mom1",
                                         "p-61-hugemix-768M-mom1",
                                         "r-p-612-free-nothing"};

std::string path_of(const std::string& name) {
  return (kRoot / "analysis/validation/captures/recordings" / (name + ".json")).string();
}

const kernel::KernelProfile& profile(const std::string& series) {
  static std::map<std::string, kernel::KernelProfile> read;
  const std::string folder = (kRoot / "configs/kernels").string();
  const auto [it, first] = read.try_emplace(series);
  if (first) {
    auto p = config::load_nearest_kernel_profile(series, folder);
    EXPECT_TRUE(p.has_value());
    it->second = *p;
  }
  return it->second;
}

Verdict verdict_of(const Capture& capture) {
  return replay(capture, profile(capture.series())).verdict();
}

class Corrupted : public ::testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(captures, Corrupted, ::testing::ValuesIn(kCaptures), [](const auto& test) {
  std::string name = test.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

// One number of each class of quantities, by more than noise.
TEST_P(Corrupted, a_number_is_caught_in_each_class) {
  auto read = load_capture(path_of(GetParam()));
  ASSERT_TRUE(read.has_value());
  Capture& capture = *read;
  ASSERT_EQ(verdict_of(capture), Verdict::exact);
  Rng rng(20210324);
  int caught = 0;
  int all = 0;
  std::string missed;
  for (auto& [of, numbers] : numbers_of(capture)) {
    json& value = *numbers[below(rng, numbers.size())];
    const json was = value;
    change_number(of, value, rng);
    ++all;
    if (verdict_of(capture) == Verdict::exact)
      missed += fmt::format("\n{}: {} -> {}", of, was.dump(), value.dump());
    else
      ++caught;
    value = was;
  }
  EXPECT_GE(all, 15);
  EXPECT_GE(caught * 100, all * 99) << missed;
}

// Any other damage is an error or a miss, if what was damaged is compared; and never a crash.
TEST_P(Corrupted, damage_is_no_crash_and_not_exact) {
  constexpr int kTimes = 12;
  const ScratchFolder folder;
  std::ifstream in(path_of(GetParam()));
  const json file = json::parse(in);
  Rng rng(file.dump().size());
  for (int i = 0; i < kTimes; ++i) {
    json broken = file;
    const Damage done = damage(broken, rng);
    const std::string path = folder.path("broken.json");
    std::ofstream(path) << broken.dump();
    const auto capture = load_capture(path);
    const Verdict verdict = capture ? verdict_of(*capture) : Verdict::broken;
    if (!done.compared) continue;
    EXPECT_NE(verdict, Verdict::exact) << done.where << " " << done.what;
  }
}

TEST_P(Corrupted, a_file_that_is_cut_off_is_no_capture) {
  const ScratchFolder folder;
  std::ifstream in(path_of(GetParam()));
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const std::string path = folder.path("short.json");
  std::ofstream(path) << text.substr(0, text.size() / 2);
  EXPECT_FALSE(load_capture(path).has_value());
}

}  // namespace
}  // namespace mhp::validation::corruption_test
