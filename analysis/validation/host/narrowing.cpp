#include "analysis/validation/host/narrowing.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "sim/config/sample.hpp"

namespace mhp::host {

namespace {

/// Puts a number and all that is said of it in the place of what a table has.
void take_over(Value& to, const Value& from, const std::string& key) {
  const auto is_about = [&](const Value::Member& m) {
    return m.key == key || m.key == key + "_range" || m.key == key + "_basis" ||
           m.key == key + "_source" || m.key == key + "_data";
  };
  if (from.find(key) == nullptr) return;
  std::erase_if(*to.table(), is_about);
  for (const Value::Member& m : *from.table())
    if (is_about(m)) to.table()->push_back(m);
}

bool has_processors(const Value& node) {
  return std::any_of(node.table()->begin(), node.table()->end(), [](const Value::Member& m) {
    const auto* n = std::get_if<std::int64_t>(&m.value.data);
    return (m.key == "cpus" || m.key == "cores") && n != nullptr && *n > 0;
  });
}

double width(const ParamValue& p) {
  if (!p.range || !p.number || *p.number == 0) return 0;
  return static_cast<double>(p.range->high - p.range->low) / static_cast<double>(*p.number);
}

bool alike(const ParamValue& a, const ParamValue& b) {
  const auto ends = [](const ParamValue& p) {
    return p.range ? std::pair(p.range->low, p.range->high) : std::pair(*p.number, *p.number);
  };
  return a.number == b.number && ends(a) == ends(b);
}

}  // namespace

Result<config::Scenario> with_measured(const config::Scenario& scenario, const Value& costs,
                                       const Value& machine) {
  Value root = scenario.resolved;
  *root.find("costs") = costs;
  Value& to = *root.find("machine");
  take_over(to, machine, "service_variability");
  if (to.find("core") == nullptr) to.table()->push_back({"core", Value{Value::Table{}, {}}, {}});
  *to.find("core") = *machine.find("core");
  const Value& measured = machine.find("node")->array()->front();
  for (Value& node : *to.find("node")->array())
    if (has_processors(node))
      for (const char* key : {"latency", "bandwidth"}) take_over(node, measured, key);
  return config::read_whole(std::move(root));
}

double Narrowed::factor() const {
  return width(before) == 0 || width(after) == 0 ? 0 : width(before) / width(after);
}

std::vector<Narrowed> narrowed(const std::vector<ParamValue>& before,
                               const std::vector<ParamValue>& after) {
  std::vector<Narrowed> out;
  std::set<std::string> seen;
  for (const ParamValue& p : after) {
    const auto was = std::find_if(before.begin(), before.end(),
                                  [&](const ParamValue& b) { return b.name == p.name; });
    if (was == before.end() || !p.number || !was->number || alike(*was, p)) continue;
    if (seen.insert(config::quantity_of(p.name)).second) out.push_back({*was, p});
  }
  return out;
}

}  // namespace mhp::host
