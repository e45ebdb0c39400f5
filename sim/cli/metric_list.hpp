#pragma once

namespace mhp::cli {

/// What every metric is, those of workloads included: for people, as JSON, or as the tables of
/// docs/metrics.md.
void list_metrics(bool json);
void list_metrics_as_markdown();

}  // namespace mhp::cli
