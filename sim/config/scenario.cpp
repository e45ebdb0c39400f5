#include "sim/config/scenario.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "sim/config/merge.hpp"
#include "sim/config/overrides.hpp"
#include "sim/config/scenario_params.hpp"
#include "sim/config/toml_source.hpp"
#include "sim/config/toml_writer.hpp"

namespace mhp::config {

namespace {

void keep(const Result<void>& done, Diagnostics& errors) {
  if (!done) errors.insert(errors.end(), done.error().begin(), done.error().end());
}

/// Puts the files in that the scenario names.
void put_references(Value& root, Diagnostics& errors) {
  keep(merge_reference(root, "machine"), errors);
  keep(merge_reference(root, "costs"), errors);
  if (Value* kernel = root.find("kernel")) keep(merge_reference(*kernel, "profile"), errors);
  if (Value* list = root.find("hotplug"); list != nullptr && list->array() != nullptr)
    for (Value& element : *list->array()) keep(merge_reference(element, "device"), errors);
}

}  // namespace

Result<void> put_references(Value& root) {
  Diagnostics errors;
  put_references(root, errors);
  if (!errors.empty()) return tl::unexpected<Diagnostics>(std::move(errors));
  return {};
}

Result<Scenario> read_whole(Value root) {
  Scenario scenario;
  if (auto done = read_scenario(root, kAllParts, true, scenario); !done)
    return tl::unexpected<Diagnostics>(std::move(done.error()));
  scenario.resolved_text = to_toml(root);
  scenario.resolved = std::move(root);
  return scenario;
}

Result<Scenario> load_scenario(const std::string& path, const std::vector<std::string>& overrides) {
  auto root = load_toml(path);
  if (!root) return tl::unexpected<Diagnostics>(root.error());
  Diagnostics errors;
  // References go in first, so that --set reaches into the files they name; and again, for those
  // that --set names.
  put_references(*root, errors);
  for (std::size_t i = 0; i < overrides.size(); ++i)
    keep(apply_override(*root, overrides[i], static_cast<int>(i) + 1), errors);
  put_references(*root, errors);
  forget_outdated(*root);
  if (!errors.empty()) return tl::unexpected<Diagnostics>(std::move(errors));
  auto scenario = read_whole(std::move(*root));
  if (scenario) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    scenario->source_text = text.str();
    scenario->overrides = overrides;
  }
  return scenario;
}

Result<Scenario> with_settings(const Scenario& scenario, const std::vector<std::string>& settings) {
  Value root = scenario.resolved;
  Diagnostics errors;
  for (std::size_t i = 0; i < settings.size(); ++i)
    keep(apply_override(root, settings[i], static_cast<int>(i) + 1), errors);
  if (!errors.empty()) return tl::unexpected<Diagnostics>(std::move(errors));
  auto changed = read_whole(std::move(root));
  if (changed) {
    changed->source_text = scenario.source_text;
    changed->overrides = scenario.overrides;
    changed->overrides.insert(changed->overrides.end(), settings.begin(), settings.end());
  }
  return changed;
}

std::int64_t udev_children_max(const machine::Machine& machine) {
  std::int64_t cpus = 0;
  Bytes memory;
  for (const machine::NodeParams& node : machine.nodes) {
    cpus += node.cpus;
    memory += node.memory;
  }
  const std::int64_t by_memory = std::max<std::int64_t>(memory / Bytes{128 * kMiB}, 10);
  return std::min<std::int64_t>({cpus * 2 + 16, by_memory, 2048});
}

std::vector<ParamInfo> describe_scenario() {
  std::vector<ParamInfo> all;
  const auto append = [&](std::vector<ParamInfo> more) {
    all.insert(all.end(), more.begin(), more.end());
  };
  append(run_params().describe());
  append(machine::machine_params().describe("machine"));
  append(machine::core_params().describe("machine.core"));
  append(machine::node_params().describe("machine.node.N"));
  append(machine::link_params().describe("machine.link.N"));
  append(kernel::kernel_config_params().describe("kernel"));
  append(kernel::kernel_profile_params().describe("kernel.profile"));
  append(hotplug_params().describe("hotplug.N"));
  append(udev_params().describe("udev"));
  for (const auto& [name, model] : machine::devices().entries())
    append(model.describe("hotplug.N.device"));
  for (const auto& [name, model] : workloads::workloads().entries())
    append(model.describe("workload"));
  append(cost::describe_cost_profile());
  return all;
}

Result<kernel::KernelProfile> load_kernel_profile(const std::string& path) {
  const auto table = load_toml(path);
  if (!table) return tl::unexpected<Diagnostics>(table.error());
  kernel::KernelProfile profile;
  Diagnostics errors;
  std::vector<ParamValue> used;
  kernel::kernel_profile_params().read(*table, profile, errors, &used);
  if (!errors.empty()) return tl::unexpected<Diagnostics>(std::move(errors));
  return profile;
}

}  // namespace mhp::config
