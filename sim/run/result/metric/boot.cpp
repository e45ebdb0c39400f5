#include "sim/run/result/metric/record.hpp"

namespace mhp::run {

namespace {

constexpr std::array kBootMetrics{MetricRecord{
    {"boot_memmap_init_time", Unit::ns, Better::lower,
     "how long the deferred struct pages of boot memory take to initialise when the machine boots; "
     "the same for every placement",
     "never", "model.md#the-memmap-of-boot-memory"},
    MetricPhase::boot,
    [](const RunEnd& r) -> MetricRecord::Value { return r.facts.boot_memmap_init.value; }}};

}  // namespace

std::span<const MetricRecord> boot_metrics() { return kBootMetrics; }

}  // namespace mhp::run
