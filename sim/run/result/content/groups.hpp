#pragma once

#include "sim/config/scenario.hpp"
#include "sim/record/dataset.hpp"
#include "sim/run/run.hpp"

namespace mhp::run::content {

// Each function adds one group to a run's file (docs/results.md).

void provenance(record::FileContent& file, const config::Scenario& scenario, const RunResult& run);
void zones(record::FileContent& file, const config::Scenario& scenario, const RunResult& run);
void buddy(record::FileContent& file, const config::Scenario& scenario, const RunResult& run);
void memmap(record::FileContent& file, const config::Scenario& scenario, const RunResult& run);
void hotplug(record::FileContent& file, const config::Scenario& scenario, const RunResult& run);
void metrics(record::FileContent& file, const config::Scenario& scenario, const RunResult& run);
void ledger(record::FileContent& file, const config::Scenario& scenario, const RunResult& run);

// Of a run that was recorded (RunOptions::record); of another they add nothing.
void series(record::FileContent& file, const config::Scenario& scenario, const RunResult& run);
void latency(record::FileContent& file, const config::Scenario& scenario, const RunResult& run);
void sections(record::FileContent& file, const config::Scenario& scenario, const RunResult& run);
void traffic(record::FileContent& file, const config::Scenario& scenario, const RunResult& run);
void tracks(record::FileContent& file, const config::Scenario& scenario, const RunResult& run);
void spans(record::FileContent& file, const config::Scenario& scenario, const RunResult& run);

}  // namespace mhp::run::content
