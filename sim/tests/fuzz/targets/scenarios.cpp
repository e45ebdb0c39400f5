// Scenario files the whole way to a scenario that could be simulated, and the tree's way to TOML
// and back.
#include "sim/config/scenario.hpp"
#include "sim/config/scenario_text.hpp"
#include "sim/config/toml_source.hpp"
#include "sim/config/toml_writer.hpp"
#include "sim/tests/fuzz/target.hpp"
#include "sim/tests/fuzz/tools.hpp"

namespace mhp::fuzz {

namespace scenarios_target {
namespace {

void read(const std::string& text) {
  const std::string name = MHP_SOURCE_DIR "/configs/scenarios/f.toml";
  const auto root = config::parse_toml(text, name);
  if (!checked(root)) return;
  const std::string written = config::to_toml(*root);
  const auto again = config::parse_toml(written, "written");
  MHP_INVARIANT(again.has_value(), "what was written: {}", again.error().front().text());
  MHP_INVARIANT(config::to_toml(*again) == written, "read and written it changes");
  const auto scenario = config::read_scenario_text(text, name, {});
  if (!checked(scenario)) return;
  const auto resolved = config::read_scenario_text(scenario->resolved_text, name, {});
  MHP_INVARIANT(resolved.has_value(), "as it is recorded: {}", resolved.error().front().text());
}

}  // namespace
}  // namespace scenarios_target

void register_fuzz_target_scenarios(TargetRegistry& registry) {
  registry.add({"scenarios", "scenario files, the whole way to a scenario",
                [] { return files_at("configs/scenarios", ".toml"); }, scenarios_target::read,
                300});
}

}  // namespace mhp::fuzz
