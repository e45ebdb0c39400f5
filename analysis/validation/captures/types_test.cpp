// A field of another type than it should have is told as such: by the file's form, before anything
// is replayed, and never by the JSON library.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "analysis/validation/captures/replay.hpp"
#include "sim/config/kernel_profiles.hpp"
#include "sim/core/scratch_folder.hpp"

namespace mhp::validation {
namespace {

using nlohmann::json;

using Places = std::map<std::string, json::json_pointer>;

/// Where the first field of each kind of a file is: "steps[].snapshot.zones[].free". What is named
/// by numbers is one kind.
void fields_of(const json& value, const std::string& kind, const json::json_pointer& at,
               Places& into) {
  into.try_emplace(kind, at);
  if (value.is_array())
    for (std::size_t i = 0; i < value.size(); ++i) fields_of(value[i], kind + "[]", at / i, into);
  if (value.is_object())
    for (const auto& [key, member] : value.items())
      fields_of(member, kind + "." + (std::isdigit(key.front()) != 0 ? "N" : key), at / key, into);
}

/// One of every type that JSON has but that of `value`.
std::vector<json> other_types(const json& value) {
  std::vector<json> out;
  for (const json& one : {json(nullptr), json(true), json(-7), json(1.5), json("x"), json::array(),
                          json::array({json::object()}), json::object(), json({{"x", 1}})})
    if (one.type() != value.type() && !(one.is_number_integer() && value.is_number_integer()))
      out.push_back(one);
  return out;
}

class Types : public ::testing::TestWithParam<std::string> {};

// Small ones with every operation that recordings have.
INSTANTIATE_TEST_SUITE_P(captures, Types,
                         ::testing::Values("r-p-612-free-nothing", "r-612-migrate-traced",
                                           "r-612-gigantic-boot"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST_P(Types, of_another_type_is_told_with_its_place) {
  const std::filesystem::path root = MHP_SOURCE_DIR;
  std::ifstream in(root / "analysis/validation/captures/recordings" / (GetParam() + ".json"));
  json file = json::parse(in);
  const auto profile =
      config::load_nearest_kernel_profile("6.12", (root / "configs/kernels").string());
  ASSERT_TRUE(profile);
  const ScratchFolder folder;
  const std::string path = folder.path("changed.json");
  Places fields;
  fields_of(file, "", json::json_pointer(), fields);
  EXPECT_GT(fields.size(), 60u);
  for (const auto& [kind, at] : fields) {
    const json was = file[at];
    for (const json& other : other_types(was)) {
      file[at] = other;
      std::ofstream(path) << file.dump();
      const auto capture = load_capture(path);
      std::string said;
      if (!capture) {
        said = capture.error().front().text();
      } else if (const auto report = replay(*capture, *profile); report.fault) {
        said = report.fault->what;
      }
      EXPECT_EQ(said.find("json.exception"), said.npos) << kind << " = " << other << ": " << said;
      file[at] = was;
    }
  }
}

}  // namespace
}  // namespace mhp::validation
