// --set KEY=VALUE on the tree of a scenario, and the paths that axes and settings name.
#include "sim/config/overrides.hpp"
#include "sim/config/scenario_base.hpp"
#include "sim/config/scenario_text.hpp"
#include "sim/config/toml_writer.hpp"
#include "sim/tests/fuzz/target.hpp"
#include "sim/tests/fuzz/tools.hpp"

namespace mhp::fuzz {

namespace settings_target {
namespace {

const config::Scenario& guest() {
  static const config::Scenario scenario = [] {
    auto read = config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/small-guest.toml", {});
    MHP_INVARIANT(read.has_value(), "{}", read.error().front().text());
    return std::move(*read);
  }();
  return scenario;
}

/// The tree alone, which takes any key.
void read(const std::string& text) {
  Value root = guest().resolved;
  const std::string before = config::to_toml(root);
  if (!checked(config::apply_override(root, text, 1)))
    MHP_INVARIANT(config::to_toml(root) == before, "a setting that is refused changes something");
  config::forget_outdated(root);
  const std::string path = text.substr(0, text.find('='));
  checked(config::find_places(guest().resolved, path, {"f", 1, 1}));
  config::matches_path(path, "hotplug.0.size");
  config::matches_path("hotplug.*.size", path);
}

/// The whole way: the scenario with these settings, one a line.
void read_whole(const std::string& text) {
  std::vector<std::string> settings;
  for (std::size_t at = 0; at <= text.size() && settings.size() < 4;) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    settings.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  checked(config::with_settings(guest(), settings));
}

std::vector<std::string> written() {
  return {"hotplug.0.size=3GiB",
          "hotplug[0].size=\"3GiB\"",
          "hotplug.*.online_delay=5ms",
          "kernel.memmap_placement=hotplugged_range",
          "workload={kind=\"steady\",interval=\"10ms\",stream=\"1MiB\"}",
          "machine.node.0.memory=512MiB",
          "hotplug=[{size=\"1GiB\"},{size=\"2GiB\",at=\"1s\"}]",
          "name=\"a\\u0007b\"",
          "costs.rcu_grace_period=10ms",
          "seed=9223372036854775807"};
}

}  // namespace
}  // namespace settings_target

void register_fuzz_target_settings(TargetRegistry& registry) {
  registry.add({"settings", "--set on the tree of a scenario", settings_target::written,
                settings_target::read, 2000});
  registry.add({"settings_of_a_scenario", "--set the whole way to a scenario",
                settings_target::written, settings_target::read_whole, 200});
}

}  // namespace mhp::fuzz
