#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/core/params.hpp"
#include "sim/core/registry.hpp"
#include "sim/core/types.hpp"
#include "sim/core/value.hpp"

namespace mhp::machine {

/// One stage of a device's way into the machine.
struct Stage {
  std::string name;
  SimTime duration;
  std::string constant = {};  ///< parameter that the duration rests on; empty: named as the stage
  /// It passes before every call of add_memory, not once before the kernel is told.
  bool each_call = false;
};

/// The stages that a device of a given size goes through, in order; the last of those that pass
/// once ends with the kernel's notification.
using StagePlan = std::function<std::vector<Stage>(Bytes size)>;

/// How long it takes to pass over `size` bytes, rounded down.
SimTime time_of(Bytes size, BytesPerSecond rate);

/// A kind of memory device, listed under its name. Decides which stages a hot-add has and how long
/// they take.
struct DeviceModel {
  std::string name;
  std::string doc;
  std::vector<ParamInfo> (*describe)(std::string_view prefix) = nullptr;
  /// Reads the device's table; all that is wrong with it is appended to `errors`.
  StagePlan (*configure)(const Value& table, std::string_view prefix, Diagnostics& errors,
                         std::vector<ParamValue>* used) = nullptr;
};

using DeviceRegistry = Registry<DeviceModel>;

/// Adds every device of this folder (generated from its files).
void register_all_devices(DeviceRegistry& registry);

/// All device models.
const DeviceRegistry& devices();

}  // namespace mhp::machine
