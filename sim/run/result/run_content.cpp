#include "sim/run/result/run_content.hpp"

#include <fmt/format.h>

#include "sim/config/kernel_profiles.hpp"
#include "sim/core/version.hpp"
#include "sim/kernel/placement/placement.hpp"
#include "sim/run/result/content/groups.hpp"
#include "sim/run/result/run_id.hpp"

namespace mhp::run {

std::string fingerprint_text(std::uint64_t fingerprint) { return hex_text(fingerprint); }

std::string run_id(const config::Scenario& scenario, const RunResult& r) {
  ScenarioHash hash(scenario.used);
  const auto exchange = [&](const char* name, const std::string& ran) {
    for (const ParamValue& p : scenario.used) {
      if (p.name != name) continue;
      hash.remove(p.name, p.value);
      hash.add(p.name, ran);
    }
  };
  exchange("kernel.memmap_placement", r.placement);
  exchange("seed", fmt::to_string(r.seed));
  return hex_text(run_id(hash, r.replicate));
}

record::FileContent run_content(const config::Scenario& scenario, const RunResult& r) {
  record::FileContent file;
  file.attribute("Conventions", "CF-1.8")
      .attribute("schema", kRunSchema)
      .attribute("title", fmt::format("{} ({})", scenario.run.name, r.placement))
      .attribute("run_id", run_id(scenario, r))
      .attribute("study", scenario.run.name)
      .attribute("program_version", kProgramVersion)
      .attribute("model_version", kModelVersion)
      .attribute("fingerprint", fingerprint_text(r.fingerprint))
      .attribute("seed", static_cast<std::int64_t>(r.seed))
      .attribute("replicate", static_cast<std::int64_t>(r.replicate))
      .attribute("placement", r.placement)
      .attribute("page_size", r.geometry.page_size())
      .attribute("outcome", std::string(word(r.outcome)))
      .attribute("reason", r.reason)
      .attribute("status", "complete");
  if (const auto note = kernel::placements().find(r.placement)->note(); !note.empty())
    file.attribute("placement_note", note);
  if (const auto note = config::kernel_note(scenario.profile); !note.empty())
    file.attribute("kernel_note", note);
  for (const auto add :
       {content::provenance, content::zones, content::buddy, content::memmap, content::hotplug,
        content::metrics, content::ledger, content::series, content::latency, content::sections,
        content::traffic, content::tracks, content::spans})
    add(file, scenario, r);
  return file;
}

}  // namespace mhp::run
