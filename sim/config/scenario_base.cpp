#include "sim/config/scenario_base.hpp"

#include <utility>

namespace mhp::config {

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
  unchecked_ = true;
  return read_scenario(root_, kAllParts & ~kWhole, true, scenario_);
}

Result<Parameter> ScenarioBase::find(std::string_view path, const Location& where) const {
  return find_places(root_, path, where);
}

Result<void> ScenarioBase::set(std::span<const Change> changes) {
  for (const Change& change : changes)
    for (const ValuePlace& place : *change.parameter) put_value(root_, place, change.value);
  unsigned parts = unchecked_ ? kWhole : 0u;
  unchecked_ = true;
  Diagnostics errors;
  for (const Change& change : changes)
    for (const ValuePlace& place : *change.parameter)
      parts |= read_value(root_, place, scenario_, errors);
  if (!errors.empty()) return tl::unexpected<Diagnostics>(std::move(errors));
  auto read = read_scenario(root_, parts, false, scenario_);
  unchecked_ = !read;
  return read;
}

Result<Scenario> ScenarioBase::recorded() const {
  auto scenario = read_whole(root_);
  if (scenario) scenario->source_text = scenario->resolved_text;
  return scenario;
}

}  // namespace mhp::config
