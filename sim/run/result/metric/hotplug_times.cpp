#include <algorithm>

#include "sim/run/result/metric/record.hpp"

namespace mhp::run {

namespace {

using Value = MetricRecord::Value;

/// When the last operation of a kind ended; nothing if there was none or one of them failed.
std::optional<SimTime> last_end(const RunEnd& r, Operation::Kind kind) {
  std::optional<SimTime> end;
  for (const Operation& op : r.operations) {
    if (op.kind != kind) continue;
    if (op.status != kernel::Status::ok) return std::nullopt;
    end = std::max(end.value_or(op.finished), op.finished);
  }
  return end;
}

std::optional<SimTime> added(const RunEnd& r) {
  return r.facts.devices_added == r.facts.devices ? last_end(r, Operation::Kind::add)
                                                  : std::nullopt;
}

/// When everything was online that was to go online; what stays offline is not waited for.
std::optional<SimTime> all_online(const RunEnd& r) {
  const bool all = last_end(r, Operation::Kind::add).has_value() &&
                   r.facts.blocks_online == r.facts.blocks_planned;
  return all ? last_end(r, Operation::Kind::online) : std::nullopt;
}

Value from(SimTime begin, std::optional<SimTime> end) {
  return end ? Value((*end - begin).value) : std::nullopt;
}

bool unplugs(const RunEnd& r) { return r.facts.first_unplug.has_value(); }

constexpr const char* kNotOnline =
    "an add or an onlining failed, or not every block planned is online, or none was to go online";
constexpr const char* kNotOnlineOrAdded =
    "an add or an onlining failed, or the run ended before all that was planned had been added and "
    "was online, or nothing was to go online";

constexpr std::array kHotplugTimeMetrics{
    MetricRecord{{"time_to_add", Unit::ns, Better::lower,
                  "from the first device's notification to the end of the last add",
                  "an add failed, or the run ended before all that was planned had been added"},
                 MetricPhase::add,
                 [](const RunEnd& r) {
                   return from(r.facts.first_notification.value_or(SimTime{}), added(r));
                 },
                 MetricRecord::Window{Mark::first_notification, Mark::last_add}},
    MetricRecord{{"time_to_online", Unit::ns, Better::lower,
                  "from the end of the last add to the end of the last onlining; 0 if onlining "
                  "ended first",
                  kNotOnlineOrAdded},
                 MetricPhase::online,
                 [](const RunEnd& r) -> Value {
                   const auto online = all_online(r);
                   const auto all_added = added(r);
                   if (!online || !all_added) return std::nullopt;
                   return std::max<std::int64_t>(0, (*online - *all_added).value);
                 },
                 MetricRecord::Window{Mark::last_add, Mark::last_online}},
    MetricRecord{
        {"time_to_usable", Unit::ns, Better::lower,
         "from the first device's notification to the end of the last onlining; memory that is to "
         "stay offline is not waited for",
         kNotOnline},
        MetricPhase::run,
        [](const RunEnd& r) {
          return from(r.facts.first_notification.value_or(SimTime{}), all_online(r));
        },
        MetricRecord::Window{Mark::first_notification, Mark::last_online}},
    MetricRecord{{"time_from_insertion", Unit::ns, Better::lower,
                  "from the insertion of the first device to the end of the last onlining: with "
                  "the device's and the firmware's stages",
                  kNotOnline},
                 MetricPhase::run,
                 [](const RunEnd& r) { return from(r.facts.first_insertion, all_online(r)); },
                 MetricRecord::Window{Mark::first_insertion, Mark::last_online}},
    MetricRecord{{"time_to_remove", Unit::ns, Better::lower,
                  "from the first request to unplug to the end of the last removal",
                  "a removal failed or there was none; absent if nothing was to be unplugged"},
                 MetricPhase::remove,
                 [](const RunEnd& r) {
                   return from(r.facts.first_unplug.value_or(SimTime{}),
                               last_end(r, Operation::Kind::remove));
                 },
                 MetricRecord::Window{Mark::first_unplug, Mark::last_remove},
                 unplugs},
    MetricRecord{
        {"removed_bytes", Unit::byte, Better::higher,
         "memory that was removed; by virtio-mem, that its host has back",
         "never; absent if nothing was to be unplugged"},
        MetricPhase::remove,
        [](const RunEnd& r) -> Value { return r.mm.geometry().bytes_of(r.facts.removed).value; },
        {},
        unplugs}};

}  // namespace

std::span<const MetricRecord> hotplug_time_metrics() { return kHotplugTimeMetrics; }

// The time to usable memory.
std::string_view headline_metric() { return kHotplugTimeMetrics[2].name; }

}  // namespace mhp::run
