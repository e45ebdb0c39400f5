// Recordings of other architectures: what the model does not know is refused, and a rule that is
// not theirs shows.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "analysis/validation/captures/capture.hpp"
#include "analysis/validation/captures/replay.hpp"
#include "sim/config/kernel_profiles.hpp"
#include "sim/core/scratch_folder.hpp"

namespace mhp::validation::architectures_test {
namespace {

using kernel::Architecture;
using nlohmann::json;

const std::filesystem::path kRecordings =
    std::filesystem::path(MHP_SOURCE_DIR) / "analysis/validation/captures/recordings";

std::string path_of(const std::string& name) { return (kRecordings / (name + ".json")).string(); }

/// What is said of a recording with other members at its head.
std::string refusal(const std::string& name, const json& members) {
  std::ifstream in(path_of(name));
  json file = json::parse(in);
  file.update(members);
  const ScratchFolder folder;
  std::ofstream(folder.path("capture.json")) << file;
  const auto capture = load_capture(folder.path("capture.json"));
  return capture ? "" : capture.error().front().problem;
}

TEST(architectures_of_captures, what_the_model_does_not_know_is_refused_in_a_sentence) {
  EXPECT_NE(refusal("m-arm64-1G-mom0-kernel", {{"arch", "mips64"}})
                .find("recordings of mips64 are not replayed"),
            std::string::npos);
  EXPECT_NE(refusal("m-arm64-1G-mom0-kernel", {{"page_size", 8192}})
                .find("recordings of arm64 with pages of 8192 bytes are not replayed"),
            std::string::npos);
  EXPECT_NE(refusal("a-612-1G-mom0-kernel", {{"page_size", 16384}})
                .find("recordings of x86-64 with pages of 16384 bytes are not replayed"),
            std::string::npos);
  EXPECT_EQ(refusal("p-61-huge-1G-mom0", {{"arch", "arm64"}}),
            "allocator sequences of arm64 are not replayed");
  EXPECT_EQ(refusal("m-arm64-1G-mom0-kernel", json::object()), "");
}

// Of another page size everything differs; the recording is looked at before it is replayed.
TEST(architectures_of_captures, pages_of_another_size_are_found_out) {
  const auto capture = load_capture(path_of("m-ppc64_64k-1G-mom0-kernel"));
  ASSERT_TRUE(capture.has_value());
  const auto profile =
      config::load_nearest_kernel_profile(capture->series(), MHP_SOURCE_DIR "/configs/kernels");
  Capture small = *capture;
  small.arch.page_size = Bytes{4 * kKiB};
  small.arch.max_order = 12;
  small.geometry = small.arch.geometry();
  const CaptureReport report = replay(small, *profile);
  EXPECT_TRUE(report.fault.has_value() || !report.all_passed());
}

/// A rule of an architecture, and a recording that shows it.
struct Rule {
  const char* name;
  const char* capture;
  void (*change)(Architecture&);
};
void PrintTo(const Rule& r, std::ostream* out) { *out << r.name; }

const Rule kRules[] = {
    {"direct_map", "m-arm64-4G-mom0-movable",
     [](Architecture& a) { a.direct_map = kernel::DirectMap::leaves; }},
    {"direct_map_of_leaves", "m-ppc64-4G-mom0-movable",
     [](Architecture& a) { a.direct_map = kernel::DirectMap::leaves_unless_protected; }},
    {"vmemmap", "m-arm64_16k-1G-mom0-kernel",
     [](Architecture& a) { a.vmemmap = kernel::VmemmapMapping::pmd; }},
    {"memmap_alignment", "m-arm64_16k-16G-momforce-movable",
     [](Architecture& a) { a.memmap_alignment = kernel::MemmapAlignment::anything; }},
    {"memmap_alignment_of_radix", "m-ppc64_64k-1G-momforce-kernel",
     [](Architecture& a) { a.memmap_alignment = kernel::MemmapAlignment::whole_pmds; }},
    {"table_size", "m-ppc64_64k-1G-mom0-kernel",
     [](Architecture& a) { a.table_size = a.page_size; }},
    {"section_size", "m-ppc64_64k-1G-mom0-kernel",
     [](Architecture& a) { a.section_size = Bytes{128 * kMiB}; }},
    {"pageblock_order", "m-arm64_16k-1G-mom0-kernel",
     [](Architecture& a) { a.pageblock_order = 9; }},
    {"max_order", "m-ppc64-4G-mom1-movable", [](Architecture& a) { a.max_order = 10; }},
    {"pud_leaves", "m-arm64-4G-mom0-movable-leaves", [](Architecture& a) { a.pud_leaves = false; }},
    {"block_size", "m-ppc64-1G-mom0-kernel",
     [](Architecture& a) { a.block_size = Bytes{512 * kMiB}; }},
    {"dma_end", "m-arm64-1G-mom0-kernel", [](Architecture& a) { a.dma_end = Bytes{kGiB}; }},
    {"firmware", "m-ppc64-4G-mom0-movable",
     [](Architecture& a) { a.firmware = kernel::Firmware::acpi; }},
    {"block_device_slab", "m-arm64-16G-mom0-movable",
     [](Architecture& a) { a.block_device_slab = Bytes{4718}; }},
    {"direct_map_that_panics", "m-arm64-low512M-256G-mom1",
     [](Architecture& a) { a.direct_map = kernel::DirectMap::leaves; }},
};

class ArchitectureRules : public ::testing::TestWithParam<Rule> {};

TEST_P(ArchitectureRules, show_in_a_recording) {
  auto capture = load_capture(path_of(GetParam().capture));
  ASSERT_TRUE(capture.has_value());
  const auto profile =
      config::load_nearest_kernel_profile(capture->series(), MHP_SOURCE_DIR "/configs/kernels");
  ASSERT_TRUE(profile.has_value());
  ASSERT_TRUE(replay(*capture, *profile).all_passed());
  GetParam().change(capture->arch);
  capture->geometry = capture->arch.geometry();
  const CaptureReport changed = replay(*capture, *profile);
  EXPECT_TRUE(changed.fault.has_value() || !changed.all_passed());
}

INSTANTIATE_TEST_SUITE_P(all, ArchitectureRules, ::testing::ValuesIn(kRules),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace mhp::validation::architectures_test
