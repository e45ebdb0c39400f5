#include "sim/study/question/runs.hpp"

#include <fmt/format.h>

#include <exception>
#include <mutex>

#include "sim/core/parallel.hpp"
#include "sim/run/run.hpp"
#include "sim/study/sweep/sweep.hpp"

namespace mhp::question {

using study::RunRecord;

std::vector<Wanted> replicates_of(const study::Position& position, std::int64_t count) {
  std::vector<Wanted> out;
  for (std::int64_t r = 0; r < count; ++r) out.push_back({position, static_cast<std::uint64_t>(r)});
  return out;
}

std::uint64_t Runs::id(const Wanted& run) const {
  return run::run_id(scenarios_.hash(run.position), run.replicate);
}

std::int64_t Runs::price(const std::vector<Wanted>& wanted) const {
  std::set<std::uint64_t> fresh;
  for (const Wanted& w : wanted)
    if (const std::uint64_t run = id(w); records_.count(run) == 0) fresh.insert(run);
  return static_cast<std::int64_t>(fresh.size());
}

std::vector<RunRecord> Runs::at(const study::Position& position, std::int64_t count) const {
  std::vector<RunRecord> out;
  for (const Wanted& w : replicates_of(position, count)) out.push_back(at(w));
  return out;
}

Result<RunRecord> Runs::simulate(const Wanted& wanted, std::uint64_t id) const {
  if (options_.before != nullptr)
    if (auto known = options_.before->find(id)) return *known;
  study::ScenarioCursor cursor(scenarios_);
  const auto name = [&] {
    return fmt::format(" (run {}: {})", run::hex_text(id),
                       study::run_label(scenarios_.plan(), wanted.position, wanted.replicate));
  };
  const auto scenario = cursor.at(wanted.position);
  if (!scenario) {
    Diagnostic why = scenario.error().front();
    why.problem += name();
    return tl::unexpected<Diagnostics>(Diagnostics{std::move(why)});
  }
  const config::Scenario& s = (*scenario)->scenario();
  try {
    std::shared_ptr<const study::MetricSet> set;
    return study::record_of(id,
                            run::simulate(s, {.seed = static_cast<std::uint64_t>(s.run.seed),
                                              .replicate = wanted.replicate,
                                              .explain = false}),
                            set);
  } catch (const std::exception& e) {
    return fail({}, fmt::format("the simulation failed: {}{}", e.what(), name()));
  }
}

Result<void> Runs::take(const std::vector<Wanted>& wanted) {
  std::vector<std::pair<std::uint64_t, const Wanted*>> todo;
  std::set<std::uint64_t> fresh;
  for (const Wanted& w : wanted)
    if (const std::uint64_t run = id(w); records_.count(run) == 0 && fresh.insert(run).second)
      todo.emplace_back(run, &w);
  std::mutex mutex;
  Diagnostics errors;
  parallel_for(todo.size(), options_.threads, [&](std::size_t i) {
    {
      const std::scoped_lock lock(mutex);
      if (stopped() || !errors.empty()) return;
    }
    auto record = simulate(*todo[i].second, todo[i].first);
    const std::scoped_lock lock(mutex);
    if (record && record->status == RunRecord::Status::invalid) record = fail({}, record->reason);
    if (!record) {
      if (errors.empty()) errors = record.error();
      return;
    }
    const bool old = options_.before != nullptr && options_.before->status(todo[i].first);
    if (!old && options_.journal != nullptr && !options_.journal->append(*record)) {
      errors = {*options_.journal->problem()};
      return;
    }
    metrics_.insert(record->metrics->begin(), record->metrics->end());
    records_.emplace(todo[i].first, std::move(*record));
    if (options_.progress) options_.progress(taken(), options_.budget);
  });
  if (options_.journal != nullptr) {
    options_.journal->sync();
    if (const auto problem = options_.journal->problem(); problem && errors.empty())
      errors = {*problem};
  }
  if (!errors.empty()) return tl::unexpected<Diagnostics>(std::move(errors));
  return {};
}

}  // namespace mhp::question
