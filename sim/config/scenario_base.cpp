#include "sim/config/scenario_base.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "sim/config/overrides.hpp"

namespace mhp::config {

namespace {

/// The primitive whose price a path belongs to: "costs.block_device.cpu".
std::optional<kernel::Primitive> priced_by(std::string_view path) {
  constexpr std::string_view kCosts = "costs.";
  if (path.substr(0, kCosts.size()) != kCosts) return std::nullopt;
  const std::string_view rest = path.substr(kCosts.size());
  const auto* it = std::find(kernel::kPrimitiveNames.begin(), kernel::kPrimitiveNames.end(),
                             rest.substr(0, rest.find('.')));
  if (it == kernel::kPrimitiveNames.end()) return std::nullopt;
  return static_cast<kernel::Primitive>(it - kernel::kPrimitiveNames.begin());
}

}  // namespace

ScenarioPart part_of(std::string_view path) {
  constexpr std::array<std::pair<std::string_view, ScenarioPart>, 6> kParts{{
      {"machine", kMachinePart},
      {"costs", kCostsPart},
      {"kernel", kKernelPart},
      {"hotplug", kHotplugPart},
      {"udev", kHotplugPart},
      {"workload", kWorkloadPart},
  }};
  const std::string_view first = path.substr(0, path.find_first_of(".["));
  const auto* it = std::find_if(kParts.begin(), kParts.end(),
                                [&](const auto& part) { return part.first == first; });
  return it == kParts.end() ? kRunPart : it->second;
}

Result<ScenarioBase> ScenarioBase::make(Value root) {
  if (auto put = put_references(root); !put) return tl::unexpected<Diagnostics>(put.error());
  ScenarioBase base;
  base.root_ = std::move(root);
  if (auto read = read_scenario(base.root_, kAllParts, true, base.scenario_); !read)
    return tl::unexpected<Diagnostics>(read.error());
  return base;
}

Result<void> ScenarioBase::exchange(std::span<const Setting> parts) {
  for (const Setting& part : parts)
    if (auto done = set_value(root_, part.path, part.value); !done) return done;
  if (auto put = put_references(root_); !put) return put;
  scenario_ = {};
  return read_scenario(root_, kAllParts & ~kWhole, true, scenario_);
}

Result<void> ScenarioBase::set(std::span<const Setting> settings) {
  unsigned parts = kWhole;
  bool names_file = false;
  std::vector<kernel::Primitive> prices;
  for (const Setting& s : settings) {
    if (auto done = set_value(root_, s.path, s.value); !done) return done;
    if (const auto primitive = priced_by(s.path))
      prices.push_back(*primitive);
    else
      parts |= part_of(s.path);
    names_file = names_file || s.value.string() != nullptr;
  }
  if (names_file)
    if (auto put = put_references(root_); !put) return put;
  Diagnostics errors;
  for (const kernel::Primitive p : prices)
    cost::read_price(*root_.find("costs"), p, scenario_.costs, errors);
  if (!errors.empty()) return tl::unexpected<Diagnostics>(std::move(errors));
  return read_scenario(root_, parts, false, scenario_);
}

Result<Scenario> ScenarioBase::recorded() const {
  auto scenario = read_whole(root_);
  if (scenario) scenario->source_text = scenario->resolved_text;
  return scenario;
}

}  // namespace mhp::config
