#pragma once

#include <string>
#include <vector>

#include "sim/config/scenario.hpp"
#include "sim/record/run_file.hpp"
#include "sim/run/result/run_content.hpp"
#include "sim/run/run.hpp"

namespace mhp::report {

/// For tests: a shipped scenario with settings; it must load.
inline config::Scenario shipped(const std::string& name, const std::vector<std::string>& settings) {
  auto s = config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/" + name, settings);
  if (!s) throw std::runtime_error(s.error().front().text());
  return std::move(*s);
}

/// For tests: a guest that gets 1 GiB.
inline config::Scenario small_guest(std::vector<std::string> settings = {}) {
  settings.insert(settings.begin(), "hotplug.0.size=1GiB");
  return shipped("small-guest.toml", settings);
}

/// For tests: what the file of a run holds.
inline record::FileContent content_of(const config::Scenario& s, const std::string& placement,
                                      std::uint64_t replicate = 0) {
  run::RunOptions options{placement, 1, replicate, {}};
  options.record = true;
  return run::run_content(s, run::simulate(s, options));
}

/// For tests: writes it, as `compare -o` does.
inline void keep(const record::FileContent& content, const std::string& path) {
  if (const auto written = record::write_file(content, path, false); !written)
    throw std::runtime_error(written.error().diagnostics.front().text());
}

}  // namespace mhp::report
