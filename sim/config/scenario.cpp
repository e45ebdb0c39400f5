#include "sim/config/scenario.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "sim/config/merge.hpp"
#include "sim/config/overrides.hpp"
#include "sim/config/scenario_text.hpp"
#include "sim/config/section.hpp"
#include "sim/config/toml_source.hpp"
#include "sim/config/toml_writer.hpp"

namespace mhp::config {

namespace {

void keep(const Result<void>& done, Diagnostics& errors) {
  if (!done) errors.insert(errors.end(), done.error().begin(), done.error().end());
}

/// Puts a file in where `place`, from `at` on, names one.
void put_file(const Section& section, Value& at, std::span<const std::string> place,
              Diagnostics& errors) {
  const std::string& first = place.front();
  if (place.size() == 1) return keep(section.merge(at, first), errors);
  if (Value::Array* list = at.array(); list != nullptr && first == "*")
    for (Value& element : *list) put_file(section, element, place.subspan(1), errors);
  else if (Value* member = at.find(first))
    put_file(section, *member, place.subspan(1), errors);
}

/// Files go in, where they are not in yet, but not what they stand for.
void put_files(Value& root, Diagnostics& errors) {
  for (const Section& section : sections())
    for (const ValuePlace& file : section.files) put_file(section, root, file, errors);
}

/// Whether a setting reaches into what the files of a section stand for.
bool needs_completion(const std::string& setting) {
  for (const char* part : {"machine.node", "machine.link", "machine.core"})
    if (setting.starts_with(part)) return true;
  return false;
}

}  // namespace

Result<void> put_references(Value& root) {
  Diagnostics errors;
  put_files(root, errors);
  for (const Section& section : sections())
    if (Value* part = root.find(section.name); errors.empty() && section.complete != nullptr &&
                                               part != nullptr && part->table() != nullptr)
      section.complete(*part, errors);
  if (!errors.empty()) return tl::unexpected<Diagnostics>(std::move(errors));
  return {};
}

Result<void> apply_settings(Value& root, const std::vector<std::string>& settings) {
  Diagnostics errors;
  // Files go in first, so that settings reach into them, and into those that settings name.
  for (std::size_t i = 0; i < settings.size(); ++i) {
    if (errors.empty() && needs_completion(settings[i]))
      keep(put_references(root), errors);
    else if (errors.empty())
      put_files(root, errors);
    keep(apply_override(root, settings[i], static_cast<int>(i) + 1), errors);
  }
  if (errors.empty()) keep(put_references(root), errors);
  if (!errors.empty()) return tl::unexpected<Diagnostics>(std::move(errors));
  return {};
}

Result<Scenario> read_whole(Value root) {
  Scenario scenario;
  Reading reading{root, scenario, &scenario.used};
  read_sections(reading);
  check_sections(reading);
  if (!reading.errors.empty()) return tl::unexpected<Diagnostics>(std::move(reading.errors));
  scenario.resolved_text = to_toml(root);
  scenario.resolved = std::move(root);
  return scenario;
}

Result<Scenario> load_scenario(const std::string& path, const std::vector<std::string>& overrides) {
  auto text = read_text(path);
  if (!text) return tl::unexpected<Diagnostics>(text.error());
  return read_scenario_text(std::move(*text), path, overrides);
}

Result<Scenario> read_scenario_text(std::string text, const std::string& name,
                                    const std::vector<std::string>& overrides) {
  auto root = parse_toml(text, name);
  if (!root) return tl::unexpected<Diagnostics>(root.error());
  if (auto applied = apply_settings(*root, overrides); !applied)
    return tl::unexpected<Diagnostics>(std::move(applied.error()));
  forget_outdated(*root);
  auto scenario = read_whole(std::move(*root));
  if (scenario) {
    scenario->source_text = std::move(text);
    scenario->overrides = overrides;
  }
  return scenario;
}

Result<Scenario> with_settings(const Scenario& scenario, const std::vector<std::string>& settings) {
  Value root = scenario.resolved;
  if (auto applied = apply_settings(root, settings); !applied)
    return tl::unexpected<Diagnostics>(std::move(applied.error()));
  forget_outdated(root);
  auto changed = read_whole(std::move(root));
  if (changed) {
    changed->source_text = scenario.source_text;
    changed->overrides = scenario.overrides;
    changed->overrides.insert(changed->overrides.end(), settings.begin(), settings.end());
  }
  return changed;
}

Result<Scenario> with_values(const Scenario& scenario, const std::vector<Setting>& values) {
  Value root = scenario.resolved;
  Diagnostics errors;
  for (const Setting& s : values) keep(set_value(root, s.path, s.value), errors);
  if (!errors.empty()) return tl::unexpected<Diagnostics>(std::move(errors));
  auto changed = read_whole(std::move(root));
  if (changed) {
    changed->source_text = scenario.source_text;
    changed->overrides = scenario.overrides;
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
  for (const Section& section : sections()) section.describe(all);
  return all;
}

Result<Value> load_machine(const std::string& path) {
  auto table = load_toml(path);
  if (!table) return table;
  Value root{Value::Table{{"machine", std::move(*table), {path, 1, 1}}}, {path, 1, 1}};
  if (auto put = put_references(root); !put) return tl::unexpected<Diagnostics>(put.error());
  return std::move(*root.find("machine"));
}

Result<kernel::KernelProfile> load_kernel_profile(const std::string& path,
                                                  std::vector<ParamValue>* used) {
  const auto table = load_toml(path);
  if (!table) return tl::unexpected<Diagnostics>(table.error());
  return read_kernel_profile(*table, used);
}

Result<kernel::KernelProfile> read_kernel_profile(const Value& table,
                                                  std::vector<ParamValue>* used) {
  kernel::KernelProfile profile;
  Diagnostics errors;
  std::vector<ParamValue> own;
  kernel::kernel_profile_params().read(table, profile, errors, used != nullptr ? used : &own);
  if (!errors.empty()) return tl::unexpected<Diagnostics>(std::move(errors));
  return profile;
}

}  // namespace mhp::config
