#pragma once

#include <vector>

#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/run/pressure.hpp"
#include "sim/run/run.hpp"
#include "sim/run/zone_locks.hpp"
#include "sim/run/zone_watch.hpp"

namespace mhp::run {

/// The figures of memory under pressure, under the kernel's names; defined in docs/metrics.md.
std::vector<Metric> pressure_metrics(const kernel::Mm& mm, const Pressure& pressure,
                                     const ZoneWatch& watch);
/// Those of the zones' locks, in a run that has lasted so long.
std::vector<Metric> zone_lock_metrics(const ZoneLockUse& use, SimTime elapsed);

}  // namespace mhp::run
