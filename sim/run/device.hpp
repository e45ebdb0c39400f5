#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/engine/signal.hpp"
#include "sim/kernel/adder/adder.hpp"
#include "sim/run/system.hpp"

namespace mhp::run {

/// One device on its way into the machine.
struct Device {
  const config::Hotplug* spec = nullptr;
  std::int64_t index = 0;
  std::int64_t number = 0;  ///< in its table
  SimTime inserted;
  SimTime notified;
  std::vector<machine::Stage> stages;
  PfnRange range;
  const kernel::Adder* adder = nullptr;
  std::int32_t group = -1;
  Pfn added_to;     ///< what the driver has added so far
  PageCount tried;  ///< of that, what user space has brought online so far, or tried to
  bool added = false;
  std::unique_ptr<engine::Signal> progress;
  std::unique_ptr<TimedHost> host;
  Meanwhile meanwhile;
};

/// The devices of a scenario in the order of their insertion. They get addresses in that order,
/// behind boot memory and above 4 GiB, aligned to 1 GiB and to a memory block.
std::vector<Device> plan_devices(System& system, Ledger& ledger);

}  // namespace mhp::run
