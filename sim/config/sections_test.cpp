// One descriptor for each section: it knows all of its section's parameters and nobody else's.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "sim/config/section.hpp"
#include "sim/config/toml_source.hpp"

namespace mhp::config::sections_test {
namespace {

/// The trees of the scenarios that ship, references put in.
std::vector<Value> shipped() {
  std::vector<Value> all;
  for (const auto& file :
       std::filesystem::directory_iterator(MHP_SOURCE_DIR "/configs/scenarios")) {
    all.push_back(*load_toml(file.path()));
    EXPECT_TRUE(put_references(all.back())) << file.path();
  }
  return all;
}

std::string last_word(const std::string& path) { return path.substr(path.rfind('.') + 1); }

TEST(sections, every_table_of_a_scenario_is_one) {
  for (const Value& root : shipped())
    for (const Value::Member& m : *root.table()) {
      const bool beside = m.value.table() == nullptr && m.value.array() == nullptr;
      EXPECT_EQ(section_of(m.key).name, beside ? "" : m.key);
    }
}

// A word in place of a table is either the name of a file that cannot be read or no table at all.
TEST(sections, a_word_is_no_table) {
  for (const Section& section : sections()) {
    if (section.name.empty()) continue;
    Value root = shipped().front();
    Value* place = root.find(section.name);
    const Value word{std::string("no such"), root.where};
    if (place != nullptr)
      *place = word;
    else
      root.table()->push_back({section.name, word});
    const auto references = put_references(root);
    const auto read = read_whole(root);
    EXPECT_TRUE(!references || !read) << section.name;
  }
}

TEST(sections, each_describes_its_own_parameters) {
  std::set<std::string> names;
  for (const Section& section : sections()) {
    EXPECT_TRUE(names.insert(section.name).second) << section.name;
    std::vector<ParamInfo> all;
    section.describe(all);
    EXPECT_FALSE(all.empty()) << section.name;
    for (const ParamInfo& p : all) EXPECT_EQ(section_of(p.path).name, section.name) << p.path;
  }
}

TEST(sections, each_reads_what_it_describes) {
  for (const Value& root : shipped()) {
    Scenario scenario;
    Reading reading{root, scenario, &scenario.used};
    for (const Section& section : sections()) {
      std::vector<ParamInfo> described;
      section.describe(described);
      const std::size_t before = scenario.used.size();
      section.read(reading);
      for (std::size_t i = before; i < scenario.used.size(); ++i) {
        const std::string& name = scenario.used[i].name;
        EXPECT_EQ(section_of(name).name, section.name) << name;
        EXPECT_TRUE(std::any_of(described.begin(), described.end(), [&](const ParamInfo& p) {
          return last_word(p.path) == last_word(name);
        })) << name;
      }
    }
    check_sections(reading);
    EXPECT_TRUE(reading.result()) << reading.errors.front().text();
  }
}

TEST(sections, files_and_kinds_are_parts_and_values_are_not) {
  for (const char* part :
       {"machine", "costs", "kernel", "kernel.profile", "kernel.architecture", "hotplug.*.device",
        "hotplug.0.device.kind", "workload", "workload.kind"})
    EXPECT_TRUE(is_part(part)) << part;
  for (const char* value : {"seed", "machine.core.speed", "hotplug.0.size", "udev.children_max"})
    EXPECT_FALSE(is_part(value)) << value;
}

}  // namespace
}  // namespace mhp::config::sections_test
