#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analysis/validation/pressure/recording.hpp"
#include "sim/config/scenario.hpp"

namespace mhp::pressure {

/// Something of a recording that the scenario made from it has not.
struct LeftOut {
  std::string what;
  std::string reason;
};

/// A recording as a scenario of the model, made by rule (README):
///
///   time     a step begins when all before it have taken as long as they took in the slowest run,
///            and half as long again where they read
///   storage  brings in a file as fast as it came in the guest: reclaim keeps up with a reader or
///            does not
///   memory   what the guest has, less so much that as many pages are free at boot as recorded, and
///            less what the kernel took for disk and swap
///   work     a script a file, and one a process that holds memory
///   devices  a DIMM is inserted when its addition began; blocks go online and offline then
struct Plan {
  std::string toml;
  std::vector<SimTime> begins;  ///< of each step, and when the last is over
  SimTime end;
  std::map<std::string, std::size_t> files;       ///< path to number of the workload
  std::map<std::int64_t, std::size_t> processes;  ///< kid that holds memory to that number
  std::map<std::int64_t, std::size_t> started;    ///< that process to the step that starts it
  std::map<std::string, std::int64_t> devices;    ///< DIMM to number of the device
  std::optional<std::size_t> pool;                ///< workload that asks for huge pages
  std::vector<LeftOut> left_out;
  bool comparable = true;  ///< false: what it does hangs on the speed of the emulation
};

/// `configs`: the folder of that name, which the scenario's references name. A diagnostic if the
/// guest is none that the model knows.
Result<Plan> plan_of(const Recording& recording, const std::string& configs);

/// The scenario of a plan, read.
Result<config::Scenario> scenario_of(const Plan& plan, const Recording& recording);

}  // namespace mhp::pressure
