#include "sim/tests/random/runs.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/core/words.hpp"
#include "sim/run/result/run_content.hpp"
#include "sim/run/run.hpp"

namespace mhp::random {

Seen look(const config::Scenario& scenario) {
  Seen seen;
  seen.result = run::simulate(
      scenario, {.seed = static_cast<std::uint64_t>(scenario.run.seed), .record = true});
  seen.content = run::run_content(scenario, seen.result);
  return seen;
}

run::RunResult run_of(const config::Scenario& scenario) {
  return run::simulate(scenario, {.seed = static_cast<std::uint64_t>(scenario.run.seed)});
}

std::optional<std::int64_t> metric(const run::RunResult& result, std::string_view name) {
  const auto found = std::find_if(result.metrics.begin(), result.metrics.end(),
                                  [&](const run::Metric& m) { return m.name == name; });
  return found == result.metrics.end() ? std::nullopt : found->value;
}

std::string difference(const run::Operation& a, const run::Operation& b) {
  const auto text = [](const run::Operation& o) {
    return fmt::format("kind {} device {} block {} node {} {} {} {} status {} {}",
                       static_cast<int>(o.kind), o.device, o.block.value, o.node.value,
                       o.submitted.value, o.started.value, o.finished.value,
                       static_cast<int>(o.status), o.reason);
  };
  return text(a) == text(b) ? "" : fmt::format("{} against {}", text(a), text(b));
}

std::string difference(const run::RunResult& a, const run::RunResult& b) {
  for (std::size_t i = 0; i < std::min(a.operations.size(), b.operations.size()); ++i)
    if (const std::string differs = difference(a.operations[i], b.operations[i]); !differs.empty())
      return fmt::format("operation {}: {}", i, differs);
  if (a.operations.size() != b.operations.size())
    return fmt::format("{} operations against {}", a.operations.size(), b.operations.size());
  const auto& before = a.samples.back().zones;
  const auto& after = b.samples.back().zones;
  if (before.size() != after.size())
    return fmt::format("{} zones against {}", before.size(), after.size());
  for (std::size_t z = 0; z < before.size(); ++z)
    if (before[z].free != after[z].free || before[z].managed != after[z].managed ||
        before[z].present != after[z].present || before[z].free_blocks != after[z].free_blocks)
      return fmt::format("zone {} ends with {} free of {} pages against {} of {}", z,
                         before[z].free, before[z].managed, after[z].free, after[z].managed);
  return "";
}

}  // namespace mhp::random
