#include <fmt/format.h>

#include "sim/api/access.hpp"
#include "sim/config/scenario_text.hpp"
#include "sim/config/shipped.hpp"
#include "sim/core/data_folder.hpp"
#include "sim/core/version.hpp"

namespace mhpsim {

namespace detail {

void fail(const mhp::Diagnostics& problems) {
  std::string text;
  std::vector<Error::Problem> all;
  for (const mhp::Diagnostic& d : problems) {
    text += (text.empty() ? "" : "\n") + d.text();
    all.push_back({d.where.file, d.where.line, d.where.column, d.problem, d.remedy});
  }
  throw Error(text, std::move(all));
}

std::string data_folder(const char* installed) {
  mhp::use_data_folder(installed);
  return mhp::data_folder();
}

}  // namespace detail

std::string version() { return mhp::kProgramVersion; }
std::string model_version() { return mhp::kModelVersion; }

Scenario Scenario::read_file(const std::string& file, const std::vector<std::string>& settings,
                             const char* installed) {
  mhp::use_data_folder(installed);
  const std::string path = mhp::config::find_shipped(file, "scenarios");
  return detail::Access::make(detail::value_or_error(mhp::config::load_scenario(path, settings)));
}

Scenario Scenario::read_text(const std::string& text, const std::vector<std::string>& settings,
                             const std::string& folder, const char* installed) {
  mhp::use_data_folder(installed);
  const std::string name = folder.empty() ? "scenario" : folder + "/scenario";
  return detail::Access::make(
      detail::value_or_error(mhp::config::read_scenario_text(text, name, settings)));
}

Scenario Scenario::with(const std::vector<std::string>& settings) const {
  return detail::Access::make(
      detail::value_or_error(mhp::config::with_settings(data_->scenario, settings)));
}

std::string Scenario::name() const { return data_->scenario.run.name; }
std::string Scenario::doc() const { return data_->scenario.run.doc; }
std::uint64_t Scenario::seed() const {
  return static_cast<std::uint64_t>(data_->scenario.run.seed);
}
std::string Scenario::placement() const { return data_->scenario.kernel.memmap_placement; }
std::string Scenario::toml() const { return data_->scenario.resolved_text; }

}  // namespace mhpsim
