#include "sim/tests/random/laws.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "sim/config/scenario_text.hpp"
#include "sim/record/image.hpp"
#include "sim/run/result/check/file_check.hpp"
#include "sim/run/result/run_content.hpp"
#include "sim/run/run.hpp"
#include "sim/tests/random/runs.hpp"

namespace mhp::random {
namespace {

constexpr int kSchema = 2;
const std::string kName = "random.toml";

std::string laws_of_files(const Seen& seen) {
  const auto checked = run::check_run_file(seen.content, kSchema);
  if (!checked.faults.empty()) return "laws of result files: " + checked.faults.front();
  const auto bytes = record::encode(seen.content, kName);
  if (!bytes) return "result file: " + bytes.error().front().text();
  const auto same = record::verify(*bytes, seen.content, kName);
  return same ? "" : "result file: " + same.error().front().text();
}

/// Twice more, at the same time.
std::string same_on_threads(const config::Scenario& scenario, const Seen& seen) {
  Seen other[2];
  std::thread second([&] { other[1] = look(scenario); });
  other[0] = look(scenario);
  second.join();
  for (const Seen& again : other)
    if (const std::string differs = record::first_difference(seen.content, again.content);
        !differs.empty())
      return "the same bytes twice: " + differs;
  return "";
}

}  // namespace

Verdict judge(const std::string& text, std::int64_t relation) {
  using enum Verdict::Kind;
  const auto scenario = config::read_scenario_text(text, kName, {});
  if (!scenario) return {refused, scenario.error().front().text()};
  const Seen seen = look(*scenario);
  if (const std::string broken = laws_of_files(seen); !broken.empty())
    return {Verdict::Kind::broken, broken};
  if (const std::string broken = same_on_threads(*scenario, seen); !broken.empty())
    return {Verdict::Kind::broken, broken};
  for (std::size_t r = 0; r < relations().size(); ++r) {
    if (relation >= 0 && r != static_cast<std::size_t>(relation) % relations().size()) continue;
    if (const std::string broken = relations()[r].broken(text, *scenario); !broken.empty())
      return {Verdict::Kind::broken, fmt::format("{}: {}", relations()[r].name, broken)};
  }
  return {};
}

}  // namespace mhp::random
