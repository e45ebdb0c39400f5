#pragma once

#include "sim/config/scenario.hpp"
#include "sim/core/params.hpp"

namespace mhp::config {

/// The keys of a scenario's own tables; those of machine, kernel, costs, devices and workloads are
/// described by their rooms.
ParamSet<RunParams> run_params();
ParamSet<UdevParams> udev_params();
ParamSet<HotplugParams> hotplug_params();

}  // namespace mhp::config
