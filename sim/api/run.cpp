#include <fmt/format.h>

#include "sim/api/access.hpp"
#include "sim/kernel/placement/placement.hpp"
#include "sim/record/run_file.hpp"
#include "sim/run/result/run_content.hpp"

namespace mhpsim {

namespace {

std::vector<Metric> metrics_of(const mhp::run::RunResult& result) {
  std::vector<Metric> all;
  for (const mhp::run::Metric& m : result.metrics)
    all.push_back({m.name, detail::word_text(m.phase), detail::word_text(m.unit),
                   detail::word_text(m.better), m.value, std::string(m.definition)});
  return all;
}

mhp::record::FileContent content_of(const detail::RunData& data) {
  return mhp::run::run_content(detail::Access::scenario(data.of), data.result);
}

}  // namespace

Run run(const Scenario& scenario, const Run::Options& options) {
  if (!options.placement.empty() && mhp::kernel::placements().find(options.placement) == nullptr)
    detail::fail({{{},
                   fmt::format("unknown placement '{}'", options.placement),
                   mhp::did_you_mean(options.placement, placements())}});
  mhp::run::RunOptions internal;
  internal.placement = options.placement;
  internal.seed = options.seed.value_or(scenario.seed());
  internal.replicate = options.replicate;
  internal.record = true;
  auto result = mhp::run::simulate(detail::Access::scenario(scenario), internal);
  auto metrics = metrics_of(result);
  return detail::Access::make({scenario, std::move(result), std::move(metrics)});
}

const std::string& Run::placement() const { return data_->result.placement; }
std::string Run::outcome() const { return detail::word_text(data_->result.outcome); }
const std::string& Run::reason() const { return data_->result.reason; }
std::string Run::fingerprint() const {
  return mhp::run::fingerprint_text(data_->result.fingerprint);
}
const std::vector<Metric>& Run::metrics() const { return data_->metrics; }

std::optional<std::int64_t> Run::metric(const std::string& name, const std::string& phase) const {
  const Metric* found = nullptr;
  for (const Metric& m : data_->metrics) {
    if (m.name != name || (!phase.empty() && m.phase != phase)) continue;
    if (found != nullptr)
      throw std::out_of_range(
          fmt::format("metric {} is there of several phases: {}, {}", name, found->phase, m.phase));
    found = &m;
  }
  if (found == nullptr) throw std::out_of_range(fmt::format("there is no metric {}", name));
  return found->value;
}

Results Run::results() const {
  return Results(std::make_shared<const detail::FileData>(detail::FileData{content_of(*data_)}));
}

void Run::write(const std::string& path, bool replace) const {
  const auto written = mhp::record::write_file(content_of(*data_), path, replace);
  if (!written) detail::fail(written.error().diagnostics);
}

}  // namespace mhpsim
