#include "sim/run/result/metric/record.hpp"

namespace mhp::run {

namespace {

using Value = MetricRecord::Value;

constexpr std::array kZoneLockMetrics{
    MetricRecord{{"zone_lock_acquisitions", Unit::one, Better::none,
                  "times that a zone's lock was taken", "never", "model.md#the-allocators-time"},
                 MetricPhase::run,
                 [](const RunEnd& r) -> Value { return r.zone_locks.acquisitions; }},
    MetricRecord{{"zone_lock_contended", Unit::one, Better::lower,
                  "of these, after waiting for somebody else"},
                 MetricPhase::run,
                 [](const RunEnd& r) -> Value { return r.zone_locks.contended; }},
    MetricRecord{{"zone_lock_wait", Unit::ns, Better::lower,
                  "time from asking for a zone's lock to getting it, sum over all tasks and zones"},
                 MetricPhase::run,
                 [](const RunEnd& r) -> Value { return r.zone_locks.wait.value; }},
    MetricRecord{
        ranked({"zone_lock_wait_max", Unit::ns, Better::lower, "the longest of these waits"}),
        MetricPhase::run, [](const RunEnd& r) -> Value { return r.zone_locks.longest_wait.value; }},
    MetricRecord{{"zone_lock_hold", Unit::ns, Better::lower,
                  "time from getting a zone's lock to giving it back, sum over all zones"},
                 MetricPhase::run,
                 [](const RunEnd& r) -> Value { return r.zone_locks.hold.value; }},
    MetricRecord{{"zone_lock_utilisation", Unit::millionth, Better::lower,
                  "the share of the run's time during which the lock was held of the zone whose "
                  "lock was held longest, in millionths"},
                 MetricPhase::run,
                 [](const RunEnd& r) -> Value {
                   if (r.now.value <= 0) return 0;
                   const auto held =
                       static_cast<__int128>(r.zone_locks.longest_held.value) * 1'000'000;
                   return static_cast<std::int64_t>(held / r.now.value);
                 }}};

}  // namespace

std::span<const MetricRecord> zone_lock_metrics() { return kZoneLockMetrics; }

}  // namespace mhp::run
