#pragma once

#include <vector>

#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/study/pressure.hpp"
#include "sim/study/run.hpp"
#include "sim/study/zone_locks.hpp"
#include "sim/study/zone_watch.hpp"

namespace mhp::study {

/// The figures of memory under pressure, under the kernel's names; defined in docs/metrics.md.
std::vector<Metric> pressure_metrics(const kernel::Mm& mm, const Pressure& pressure,
                                     const ZoneWatch& watch);
/// Those of the zones' locks, in a run that has lasted so long.
std::vector<Metric> zone_lock_metrics(const ZoneLockUse& use, SimTime elapsed);

}  // namespace mhp::study
