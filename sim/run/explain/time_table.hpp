#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/run/explain/ledger.hpp"

namespace mhp::config {
struct Scenario;
}
namespace mhp::machine {
class Topology;
}

namespace mhp::run {

struct Metric;

/// A row of the ledger in words, with the parameters that its times rest on.
struct TimeRow {
  std::string phase;  ///< "device", "add", "online", "offline", "remove"
  std::string kind;   ///< "work", "wait", "stage" or "pause"
  std::string name;   ///< of the primitive, condition, stage or pause
  std::int32_t memory = -1;
  std::int32_t cpu = -1;
  std::vector<std::string> own_rests_on;  ///< the first is the price itself
  std::vector<std::string> stall_rests_on;
  std::vector<std::string> contention_rests_on;
};

/// Where the time of one metric went: its amounts for each row, which add up to its value.
struct TimeOf {
  std::string metric;
  std::vector<Amounts> amounts;
};

/// Where the time of every metric that the run reached went, and of the run as a whole ("run": from
/// time 0 to the end of the last operation).
struct TimeTable {
  std::vector<TimeRow> rows;
  std::vector<TimeOf> metrics;
};

/// How time that is neither work nor a stage of a device is called, and whether it is a pause of
/// the scenario; else somebody waited.
std::string_view name_of(Spent spent);
bool is_pause(Spent spent);

std::vector<TimeRow> time_rows(const Ledger& ledger, const config::Scenario& scenario,
                               const machine::Topology& topology);

/// Breaks an invariant if the ledger does not add up to the value of a metric.
std::vector<TimeOf> times_of(const Ledger& ledger, const std::vector<Metric>& metrics);

}  // namespace mhp::run
