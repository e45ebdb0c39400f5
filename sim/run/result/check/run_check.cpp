#include <array>
#include <string_view>

#include "sim/run/result/check/view.hpp"
#include "sim/run/result/outcome.hpp"
#include "sim/run/result/recorded_run.hpp"
#include "sim/run/result/run_result.hpp"

namespace mhp::run {

namespace {

using record::Promise;

void attributes(const record::FileContent& file, FileCheck& check) {
  Law law(check, "attributes say which run it is, and how it ended");
  for (const char* name :
       {"Conventions", "title", "study", "run_id", "program_version", "model_version",
        "fingerprint", "placement", "outcome", "reason", "status"})
    law.holds(record::find(file.attributes, name) != nullptr, "there is no attribute '{}'", name);
  for (const char* name : {"run_id", "fingerprint"})
    law.holds(is_hex16(record::text_of(file.attributes, name)),
              "attribute {}: '{}' is not 16 hexadecimal digits", name,
              record::text_of(file.attributes, name));
  const std::string outcome = record::text_of(file.attributes, "outcome");
  law.holds(named<Outcome>(outcome).has_value(), "attribute outcome: '{}' is none", outcome);
  for (const char* name : {"seed", "replicate"}) {
    const record::Attribute* a = record::find(file.attributes, name);
    law.holds(a != nullptr && std::holds_alternative<std::int64_t>(a->value),
              "attribute {} is no whole number", name);
  }
}

/// Each is a scalar that says what it is.
void metrics(const record::FileContent& file, FileCheck& check) {
  const record::Group* g = file.find("metrics");
  Law law(check, "every metric is a number with its unit, definition, phase and direction");
  law.holds(g != nullptr && !g->variables.empty(), "there are no metrics");
  if (g == nullptr) return;
  for (const record::Variable& v : g->variables) {
    law.holds(v.dims.empty() && std::holds_alternative<std::vector<double>>(v.data),
              "metrics/{} is no number", v.name);
    law.holds(named<Unit>(v.units).has_value(), "metrics/{} has the unit '{}'", v.name, v.units);
    law.holds(!v.long_name.empty(), "metrics/{} has no long_name", v.name);
    const std::string name = record::text_of(v.attributes, "metric");
    law.holds(!name.empty() && v.name.starts_with(name), "metrics/{} says that it is '{}'", v.name,
              name);
    law.holds(named<MetricPhase>(record::text_of(v.attributes, "phase")).has_value(),
              "metrics/{} has the phase '{}'", v.name, record::text_of(v.attributes, "phase"));
    law.holds(named<Better>(record::text_of(v.attributes, "better")).has_value(),
              "metrics/{} has the direction '{}'", v.name, record::text_of(v.attributes, "better"));
  }
}

void promises(const record::FileContent& file, int version, FileCheck& check) {
  std::vector<Promise> all = run_promises(version);
  const std::vector<Promise> recorded = recording_promises();
  bool recording = false;
  if (version > 1)
    for (const Promise& p : recorded) recording = recording || file.find(std::string(p.group));
  if (recording) all.insert(all.end(), recorded.begin(), recorded.end());
  check.looked_at.push_back(fmt::format(
      "{} variables, each with the axes, unit and long_name that the schema promises", all.size()));
  for (std::string& fault : record::broken_promises(file, all))
    check.faults.push_back(std::move(fault));
  std::string_view last;
  for (const Promise& p : all) {
    if (p.group == last) continue;
    last = p.group;
    for (std::string& fault : record::unpromised(file, p.group, all))
      check.faults.push_back(std::move(fault));
  }
}

}  // namespace

FileCheck check_run_file(const record::FileContent& file, int version) {
  FileCheck check;
  promises(file, version, check);
  attributes(file, check);
  if (version > 1) metrics(file, check);
  zone_laws(file, check);
  hotplug_laws(file, check);
  ledger_laws(file, check);
  section_laws(file, check);
  series_laws(file, check);
  traffic_laws(file, check);
  span_laws(file, check);
  return check;
}

}  // namespace mhp::run
