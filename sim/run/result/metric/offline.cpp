#include "sim/run/result/metric/record.hpp"

namespace mhp::run {

namespace {

using Value = MetricRecord::Value;

bool offlines(const RunEnd& r) {
  for (const Operation& op : r.operations)
    if (op.kind == Operation::Kind::offline) return true;
  return false;
}

constexpr const char* kNever = "never; absent if no block was to go offline";
constexpr const char* kSection = "model.md#moving-what-is-in-the-way";

constexpr std::array kOfflineMetrics{
    MetricRecord{{"offline_time", Unit::ns, Better::lower,
                  "time during which a block was being taken offline, sum over all attempts",
                  kNever, kSection},
                 MetricPhase::remove,
                 [](const RunEnd& r) -> Value {
                   SimTime sum;
                   for (const Operation& op : r.operations)
                     if (op.kind == Operation::Kind::offline) sum += op.finished - op.started;
                   return sum.value;
                 },
                 {},
                 offlines},
    MetricRecord{{"offline_pages_moved", Unit::page, Better::lower,
                  "pages moved out of blocks that were to go offline, and out of ranges that "
                  "virtio-mem took",
                  kNever},
                 MetricPhase::remove,
                 [](const RunEnd& r) -> Value { return r.counters.pages_migrated; },
                 {},
                 offlines},
    MetricRecord{{"offline_pages_reclaimed", Unit::page, Better::lower,
                  "pages reclaimed, by whomever, while these were emptied, and clean page cache in "
                  "ranges that virtio-mem took, which is dropped",
                  kNever},
                 MetricPhase::remove,
                 [](const RunEnd& r) -> Value { return r.counters.pages_reclaimed; },
                 {},
                 offlines},
    MetricRecord{{"offline_pages_swapped_out", Unit::page, Better::lower,
                  "pages written to swap meanwhile", kNever},
                 MetricPhase::remove,
                 [](const RunEnd& r) -> Value { return r.counters.pages_swapped_out; },
                 {},
                 offlines}};

}  // namespace

std::span<const MetricRecord> offline_metrics() { return kOfflineMetrics; }

}  // namespace mhp::run
