#include "sim/config/scenario_base.hpp"

#include <algorithm>
#include <utility>

#include "sim/config/section.hpp"

namespace mhp::config {

namespace {

bool is_checked(const Section& section, const ValuePlace& place) {
  const ValuePlace& rest = section.unchecked;
  return rest.empty() || rest.size() > place.size() ||
         !std::equal(rest.begin(), rest.end(), place.begin());
}

}  // namespace

Result<ScenarioBase> ScenarioBase::make(Value root) {
  ScenarioBase base;
  base.root_ = std::move(root);
  auto done = base.exchange({});
  if (done) done = base.set({});
  if (!done) return tl::unexpected<Diagnostics>(std::move(done.error()));
  return base;
}

Result<void> ScenarioBase::exchange(std::span<const Setting> parts) {
  for (const Setting& part : parts)
    if (auto done = set_value(root_, part.path, part.value); !done) return done;
  if (auto put = put_references(root_); !put) return put;
  scenario_ = {};
  unchecked_ = true;
  Reading reading{root_, scenario_, &scenario_.used};
  read_sections(reading);
  return reading.result();
}

Result<Parameter> ScenarioBase::find(std::string_view path, const Location& where) const {
  return find_places(root_, path, where);
}

Result<void> ScenarioBase::set(std::span<const Change> changes) {
  for (const Change& change : changes)
    for (const ValuePlace& place : *change.parameter) put_value(root_, place, change.value);
  Reading reading{root_, scenario_};
  bool check = std::exchange(unchecked_, true);
  std::vector<const Section*> anew;
  for (const Change& change : changes)
    for (const ValuePlace& place : *change.parameter) {
      const Section& section = section_of(place.front());
      if (!section.read_value(reading, place)) anew.push_back(&section);
      check = check || is_checked(section, place);
    }
  if (!reading.errors.empty()) return reading.result();
  for (const Section& section : sections())
    if (std::find(anew.begin(), anew.end(), &section) != anew.end()) section.read(reading);
  if (check) check_sections(reading);
  unchecked_ = !reading.errors.empty();
  return reading.result();
}

Result<Scenario> ScenarioBase::recorded() const {
  auto scenario = read_whole(root_);
  if (scenario) scenario->source_text = scenario->resolved_text;
  return scenario;
}

}  // namespace mhp::config
