#include "sim/study/compare/compare.hpp"

#include <fmt/format.h>

#include "sim/api/access.hpp"
#include "sim/kernel/placement/placement.hpp"

namespace mhpsim {

namespace {

Comparison::Estimate estimate(const mhp::analysis::Estimate& e) { return {e.mean, e.lo, e.hi}; }

Comparison::Row row(const mhp::study::MetricRow& m) {
  Comparison::Row out{m.name,
                      detail::word_text(m.phase),
                      detail::word_text(m.unit),
                      detail::word_text(m.better),
                      {},
                      {}};
  for (const auto& [placement, value] : m.values)
    out.values[placement] = value ? std::optional(estimate(*value)) : std::nullopt;
  for (const auto& [placement, d] : m.diff)
    out.differences[placement] =
        d ? std::optional(Comparison::Difference{estimate(d->abs), d->rel, d->significant})
          : std::nullopt;
  return out;
}

void check(const Comparison::Options& options) {
  mhp::Diagnostics wrong;
  for (const std::string& name : options.placements)
    if (mhp::kernel::placements().find(name) == nullptr)
      wrong.push_back(
          {{}, fmt::format("unknown placement '{}'", name), mhp::did_you_mean(name, placements())});
  if (options.placements.empty()) wrong.push_back({{}, "there is no placement", "name one"});
  if (options.replicates < 1)
    wrong.push_back({{}, fmt::format("{} replicates", options.replicates), "1 at the least"});
  if (options.threads < 1) wrong.push_back({{}, "0 threads", "1 at the least"});
  if (!wrong.empty()) detail::fail(wrong);
}

}  // namespace

Comparison compare(const Scenario& scenario, const Comparison::Options& options) {
  check(options);
  mhp::study::CompareOptions internal;
  internal.placements = options.placements;
  internal.replicates = options.replicates;
  internal.threads = options.threads;
  internal.seed = options.seed.value_or(scenario.seed());
  const auto done = mhp::study::compare(detail::Access::scenario(scenario), internal);
  Comparison out;
  for (const mhp::study::PlacementRow& p : done.placements)
    out.placements.push_back({p.name, detail::word_text(p.outcome), p.reason});
  for (const mhp::study::MetricRow& m : done.metrics) out.metrics.push_back(row(m));
  return out;
}

}  // namespace mhpsim
