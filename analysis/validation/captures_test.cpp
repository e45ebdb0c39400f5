// Recorded sessions of real kernels, replayed on the model. What must agree is exact; nothing is
// re-synchronised.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "analysis/validation/replay.hpp"
#include "sim/config/scenario.hpp"

namespace mhp::validation {
namespace {

const std::filesystem::path kRoot = MHP_SOURCE_DIR;

Capture load(const std::string& name) {
  auto capture = load_capture((kRoot / "analysis/validation/captures" / (name + ".json")).string());
  EXPECT_TRUE(capture.has_value());
  return std::move(*capture);
}

kernel::KernelProfile profile(const std::string& version) {
  auto p = config::load_kernel_profile(
      (kRoot / "configs/kernels" / ("linux-" + version + ".toml")).string());
  EXPECT_TRUE(p.has_value()) << (p ? "" : p.error().front().text());
  return *p;
}

/// Captures that ship, by name; those of which the model does not have every operation or quantity
/// are listed below.
std::vector<std::string> shipped() {
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(kRoot / "analysis/validation/captures"))
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

/// Where base-page fallback stops depends on per-CPU lists and the watermark boost, which the model
/// does not have.
const std::set<std::string> kLowMemory{"d-61-low512M-64G-mom0", "d-61-low512M-64G-mom0-ballast",
                                       "d-61-low512M-64G-mom1", "d-612-low512M-64G-mom0",
                                       "d-612-low512M-64G-mom0-ballast"};

class RealKernel : public ::testing::TestWithParam<std::string> {};

TEST_P(RealKernel, is_reproduced_at_every_step) {
  if (kLowMemory.contains(GetParam())) return;
  const Capture capture = load(GetParam());
  const CaptureReport report = replay(capture, profile(capture.kernel));
  for (const Mismatch& m : report.mismatches)
    ADD_FAILURE() << "step " << m.step << " (" << m.label << "): " << m.quantity << ": kernel "
                  << m.expected << ", model " << m.got;
  EXPECT_EQ(report.exact.passed, report.exact.checks);
  EXPECT_EQ(report.noise.passed, report.noise.checks);
  EXPECT_GT(report.exact.checks, 50) << "nothing was compared";
}

INSTANTIATE_TEST_SUITE_P(captures, RealKernel, ::testing::ValuesIn(shipped()),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// A failed add leaks what it took; how much is within a few sections of the kernel's.
TEST(replay, running_out_of_boot_memory_ends_within_four_sections_of_the_kernel) {
  for (const std::string& name : kLowMemory) {
    const CaptureReport report = replay(load(name), profile(load(name).kernel));
    for (const Mismatch& m : report.mismatches) {
      const bool leak = m.quantity == "vmstat/nr_memmap_pages" || m.quantity.ends_with("/free") ||
                        m.quantity.starts_with("alloc/");
      EXPECT_TRUE(leak) << name << ": " << m.quantity << ": kernel " << m.expected << ", model "
                        << m.got;
      if (m.quantity == "vmstat/nr_memmap_pages") {
        EXPECT_LE(std::abs(std::stoll(m.expected) - std::stoll(m.got)), 4 * 512) << name;
      }
    }
  }
}

TEST(replay, the_four_lifecycles_are_replayed_to_their_end) {
  for (const char* name : {"a-612-16G-mom0-movable", "a-612-64G-mom1-movable",
                           "c-612-n1-16G-mom1-kernel", "c-612-4nodes-cpus-mom0"}) {
    const CaptureReport report = replay(load(name), profile("6.12"));
    EXPECT_GT(report.exact.checks, 1000) << name;
    for (const auto& [what, count] : report.unmodelled)
      EXPECT_FALSE(what.starts_with("operation")) << name << ": " << what;
  }
}

// The checks can fail: another placement than the recorded kernel's is found out at the first add.
TEST(replay, a_wrong_placement_is_noticed) {
  Capture capture = load("a-612-16G-mom0-movable");
  capture.memmap_on_memory = true;
  const CaptureReport report = replay(capture, profile("6.12"));
  EXPECT_FALSE(report.all_passed());
  const bool memmap =
      std::any_of(report.mismatches.begin(), report.mismatches.end(), [](const Mismatch& m) {
        return m.quantity == "alloc/memmap/order9" && m.expected == "128" && m.got == "0";
      });
  EXPECT_TRUE(memmap);
}

TEST(replay, a_wrong_kernel_rule_is_noticed) {
  auto other = profile("6.12");
  other.watermarks_exclude_movable = false;
  EXPECT_FALSE(replay(load("a-612-16G-mom0-movable"), other).all_passed());
}

TEST(load_capture, a_file_that_is_no_capture_is_refused_with_its_name) {
  const auto path = std::filesystem::temp_directory_path() / "mhpsim-not-a-capture.json";
  std::ofstream(path) << "{\"steps\": 3";
  const auto capture = load_capture(path.string());
  ASSERT_FALSE(capture.has_value());
  EXPECT_EQ(capture.error().front().where.file, path.string());
  std::filesystem::remove(path);
  EXPECT_FALSE(load_capture("/nonexistent.json").has_value());
}

}  // namespace
}  // namespace mhp::validation
