// Every number that ships and that time depends on says what it rests on; what is assumed or fitted
// says how far it may be off, and what a published measurement set says which.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "sim/config/architectures.hpp"
#include "sim/config/scenario.hpp"
#include "sim/config/toml_source.hpp"

namespace mhp::config::standing_test {
namespace {

namespace fs = std::filesystem;

const std::string kConfigs = MHP_SOURCE_DIR "/configs/";

std::vector<std::string> files_of(const std::string& folder) {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(kConfigs + folder))
    if (entry.is_regular_file()) out.push_back(entry.path().string());
  std::sort(out.begin(), out.end());
  return out;
}

/// Whether a number that rests on `basis` was set by published data: all that is fitted or
/// measured; of prices what is derived too (of machines, that may be from a data sheet).
bool set_by_data(const ParamValue& p) {
  return p.basis == "fitted" || p.basis == "measured" ||
         (p.basis == "derived" && p.name.starts_with("costs."));
}

void check(const Result<Scenario>& s, const std::string& file,
           const std::vector<std::string>& prefixes) {
  ASSERT_TRUE(s.has_value()) << file << ": " << s.error().front().text();
  for (const ParamValue& p : s->used) {
    const bool ours = std::any_of(prefixes.begin(), prefixes.end(),
                                  [&](const auto& prefix) { return p.name.starts_with(prefix); });
    if (!ours || !p.number) continue;
    if (!p.is_default) {
      EXPECT_NE(p.basis, "") << file << ": " << p.name;
    }
    if ((p.basis == "assumed" || p.basis == "fitted") && p.value != "0") {
      EXPECT_TRUE(p.range.has_value()) << file << ": " << p.name << " is " << p.basis;
    }
    if (set_by_data(p) && p.value != "0") {
      EXPECT_FALSE(p.data.empty()) << file << ": " << p.name << " is " << p.basis << " on no data";
    }
  }
}

/// What a scenario on x86-64 is set to so that it runs on a machine.
std::vector<std::string> on_machine(const std::string& file) {
  std::vector<std::string> settings{"machine=" + file, "hotplug.0.size=16GiB"};
  const auto table = load_toml(file);
  const Value* machine = table ? table->find("architecture") : nullptr;
  for (const std::string& name : architecture_names())
    if (const auto arch = load_architecture(name);
        machine != nullptr && arch && arch->machine == *machine->string()) {
      settings.push_back("kernel.architecture=" + name);
      break;
    }
  return settings;
}

TEST(standing, of_every_price_machine_and_device_that_ships) {
  const std::string guest = kConfigs + "scenarios/small-guest.toml";
  for (const std::string& file : files_of("costs"))
    check(load_scenario(guest, {"costs=" + file}), file, {"costs."});
  for (const std::string& file : files_of("machines"))
    check(load_scenario(guest, on_machine(file)), file,
          {"machine.core", "machine.node", "machine.link", "machine.service"});
  for (const std::string& file : files_of("devices"))
    check(load_scenario(guest, {"hotplug.0.device=" + file}), file, {"hotplug.0.device"});
}

// What is part of the question needs no data, and neither does what nobody has measured.
TEST(standing, what_is_fitted_in_a_scenario_names_its_data) {
  for (const std::string& file : files_of("scenarios")) {
    const auto s = load_scenario(file, {});
    ASSERT_TRUE(s.has_value()) << file << ": " << s.error().front().text();
    for (const ParamValue& p : s->used) {
      if (p.basis != "fitted") continue;
      EXPECT_FALSE(p.data.empty()) << file << ": " << p.name;
      EXPECT_TRUE(p.range.has_value()) << file << ": " << p.name;
    }
  }
}

TEST(standing, a_setting_leaves_what_the_file_says_about_the_old_value_behind) {
  const auto s = load_scenario(kConfigs + "scenarios/small-guest.toml",
                               {"costs.rcu_grace_period=60ms", "costs.percpu_line.cpu=99ns"});
  ASSERT_TRUE(s.has_value()) << s.error().front().text();
  for (const ParamValue& p : s->used) {
    if (p.name != "costs.rcu_grace_period" && p.name != "costs.percpu_line.cpu") continue;
    EXPECT_EQ(p.basis, "") << p.name;
    EXPECT_FALSE(p.range.has_value()) << p.name;
  }
  EXPECT_EQ(s->resolved_text.find("rcu_grace_period_range"), std::string::npos)
      << "the resolved scenario must be a scenario again";
}

}  // namespace
}  // namespace mhp::config::standing_test
