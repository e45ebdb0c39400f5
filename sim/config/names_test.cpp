// Names that are printed are read back as the same: of scenarios, and of parameters by their paths.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sim/config/overrides.hpp"
#include "sim/config/scenario.hpp"
#include "sim/config/scenario_text.hpp"
#include "sim/config/toml_source.hpp"
#include "sim/config/toml_writer.hpp"
#include "sim/core/encoded.hpp"

namespace mhp::config::names_test {
namespace {

const Scenario& shipped(const std::string& name) {
  static std::map<std::string, Scenario> all;
  auto at = all.find(name);
  if (at == all.end()) {
    auto read = load_scenario(MHP_SOURCE_DIR "/configs/scenarios/" + name + ".toml", {});
    if (!read) throw std::runtime_error(read.error().front().text());
    at = all.emplace(name, std::move(*read)).first;
  }
  return at->second;
}

/// A path of a place: "hotplug.0.size", or "hotplug[0].size" with brackets where they are drawn.
std::string written(const ValuePlace& place, const std::vector<bool>& brackets) {
  std::string out;
  for (std::size_t i = 0; i < place.size(); ++i) {
    const bool index = !place[i].empty() && place[i][0] >= '0' && place[i][0] <= '9';
    if (index && i < brackets.size() && brackets[i])
      out += "[" + place[i] + "]";
    else
      out += (out.empty() ? "" : ".") + place[i];
  }
  return out;
}

// Every parameter in force is listed by a path; that path, in either way to write it, finds the one
// place that the path names.
RC_GTEST_PROP(names, a_parameters_path_finds_its_place, ()) {
  const Scenario& scenario = shipped(*rc::gen::elementOf(
      std::vector<std::string>{"small-guest", "far-expander", "vm-fleet", "virtio-resize"}));
  const ParamValue& parameter = *rc::gen::elementOf(scenario.used);
  const Location where{"f", 1, 1};
  const auto places = find_places(scenario.resolved, parameter.name, where);
  RC_ASSERT(places.has_value());
  RC_ASSERT(places->size() == 1u);
  RC_ASSERT(written(places->front(), {}) == parameter.name);
  const auto brackets = *rc::gen::container<std::vector<bool>>(8, rc::gen::arbitrary<bool>());
  const auto again = find_places(scenario.resolved, written(places->front(), brackets), where);
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == *places);
  RC_ASSERT(matches_path(parameter.name, parameter.name));
}

/// Text of any characters that a name may hold: no NUL, no half of a pair of surrogates.
std::string drawn_name() {
  const auto character = rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(0x20, 0x7f),
                                        rc::gen::inRange<std::uint32_t>(1, 0x20),
                                        rc::gen::inRange<std::uint32_t>(0x7f, 0x3000),
                                        rc::gen::inRange<std::uint32_t>(0xe000, 0x110000));
  std::string name;
  for (const std::uint32_t c : *rc::gen::container<std::vector<std::uint32_t>>(character))
    name += encoded(static_cast<char32_t>(c));
  return name.empty() ? "x" : name;
}

RC_GTEST_PROP(names, a_scenarios_name_is_read_back_from_what_is_recorded, ()) {
  const std::string name = drawn_name();
  Value root = shipped("small-guest").resolved;
  *root.find("name") = Value{name, {}};
  const auto scenario = read_whole(root);
  if (!scenario) {  // too long, or of characters that a name may not have: said of the name
    RC_ASSERT(scenario.error().front().text().find("name") != std::string::npos);
    return;
  }
  RC_ASSERT(scenario->run.name == name);
  const auto again = read_scenario_text(to_toml(scenario->resolved), "f.toml", {});
  if (!again) RC_FAIL(again.error().front().text());
  RC_ASSERT(again->run.name == name);
}

}  // namespace
}  // namespace mhp::config::names_test
