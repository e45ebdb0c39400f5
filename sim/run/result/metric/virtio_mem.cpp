#include "sim/run/result/metric/record.hpp"

namespace mhp::run {

namespace {

using Value = MetricRecord::Value;

constexpr std::string_view kWhere = "virtio-mem.md#what-a-run-reports";
bool has_devices(const RunEnd& r) { return r.facts.virtio_mem.has_value(); }
Value size_of(const RunEnd& r, PageCount pages) { return r.mm.geometry().bytes_of(pages).value; }

constexpr std::array kVirtioMemMetrics{
    MetricRecord{{"virtio_mem_requested", Unit::byte, Better::none,
                  "what is requested of virtio-mem devices at the end of the run",
                  "no virtio-mem device came", kWhere},
                 MetricPhase::run,
                 [](const RunEnd& r) { return size_of(r, r.facts.virtio_mem->requested); },
                 {},
                 has_devices},
    MetricRecord{{"virtio_mem_plugged", Unit::byte, Better::none, "what of them is plugged then",
                  "no virtio-mem device came", kWhere},
                 MetricPhase::run,
                 [](const RunEnd& r) { return size_of(r, r.facts.virtio_mem->plugged); },
                 {},
                 has_devices},
    MetricRecord{{"virtio_mem_partial_blocks", Unit::one, Better::none,
                  "memory blocks that are there and plugged in part, at the end of the run",
                  "no virtio-mem device came", kWhere},
                 MetricPhase::run,
                 [](const RunEnd& r) -> Value { return r.facts.virtio_mem->partial_blocks; },
                 {},
                 has_devices},
    MetricRecord{{"virtio_mem_requests", Unit::one, Better::none,
                  "times that another size was requested of a virtio-mem device",
                  "no virtio-mem device came", kWhere},
                 MetricPhase::run,
                 [](const RunEnd& r) -> Value { return r.facts.virtio_mem->requests; },
                 {},
                 has_devices},
    MetricRecord{
        {"virtio_mem_retries", Unit::one, Better::lower,
         "runs of the driver that its timer started: after 50 s, then twice as long, up to "
         "300 s",
         "no virtio-mem device came", kWhere},
        MetricPhase::run,
        [](const RunEnd& r) -> Value { return r.facts.virtio_mem->retries; },
        {},
        has_devices}};

}  // namespace

std::span<const MetricRecord> virtio_mem_metrics() { return kVirtioMemMetrics; }

}  // namespace mhp::run
