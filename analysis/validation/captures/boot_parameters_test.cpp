// What recorded PCs set aside for bounce buffers, against what the model of the boot parameter does
// with a machine of their memory.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/boot/boot_state.hpp"

namespace mhp::validation::boot_parameters_test {
namespace {

namespace fs = std::filesystem;

/// The argument behind one of QEMU's options.
std::string argument(const nlohmann::json& capture, const std::string& option) {
  std::string before;
  for (const auto& arg : capture.at("qemu_args")) {
    if (before == option) return arg.get<std::string>();
    before = arg.get<std::string>();
  }
  return "";
}

TEST(swiotlb, of_every_recorded_PC_is_as_large_as_its_log_says) {
  const std::regex mapped(R"(software IO TLB: mapped \[mem 0x([0-9a-f]+)-0x([0-9a-f]+)\])");
  const std::regex size(R"(^([0-9]+)([MG]))");
  int compared = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(MHP_SOURCE_DIR) /
                                                  "analysis/validation/captures/recordings")) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream in(entry.path());
    const auto capture = nlohmann::json::parse(in);
    if (!capture.contains("qemu_args") || argument(capture, "-machine").rfind("q35", 0) != 0)
      continue;
    std::int64_t bytes = 0;
    for (const auto& line : capture.at("boot_dmesg")) {
      std::smatch at;
      const std::string text = line.get<std::string>();
      if (std::regex_search(text, at, mapped))
        bytes = std::stoll(at[2], nullptr, 16) - std::stoll(at[1], nullptr, 16);
    }
    const std::string memory = argument(capture, "-m");
    std::smatch amount;
    if (bytes == 0 || !std::regex_search(memory, amount, size)) continue;
    machine::Description machine;
    machine.nodes = {{Bytes{std::stoll(amount[1]) * (amount[2] == "G" ? kGiB : kMiB)}, 2}};
    machine.distance = {{10}};
    kernel::KernelConfig config;
    config.swiotlb = "default";
    config.max_hotpluggable = Bytes{memory.find("maxmem=") != std::string::npos ? kGiB : 0};
    const kernel::BootState state = kernel::boot(machine, config);
    ASSERT_FALSE(state.early.made.empty()) << entry.path();
    EXPECT_EQ(bytes_of(state.early.made.front().range.pages()).value, bytes) << entry.path();
    ++compared;
  }
  EXPECT_GT(compared, 100) << "recordings of PCs whose log was kept";
}

}  // namespace
}  // namespace mhp::validation::boot_parameters_test
