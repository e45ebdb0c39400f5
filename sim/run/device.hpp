#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/engine/signal.hpp"
#include "sim/kernel/adder/adder.hpp"
#include "sim/kernel/hotplug/hv_hot_add.hpp"
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
  PfnRange region;  ///< where its memory lies
  PfnRange range;   ///< what of it the driver adds
  const kernel::Adder* adder = nullptr;
  std::int32_t group = -1;
  kernel::Status answer = kernel::Status::ok;  ///< to its last call of add_memory
  PageCount populated;                         ///< of a balloon: pages that came out of it
  Pfn added_to;                                ///< what the driver has added so far
  PageCount tried;  ///< of that, what user space has brought online so far, or tried to
  bool added = false;
  std::unique_ptr<engine::Signal> progress;
  std::unique_ptr<TimedHost> host;
  Meanwhile meanwhile;
};

/// The devices of a scenario in the order of their insertion. Unless they say where, they get
/// addresses in that order, behind boot memory and above 4 GiB, aligned to 1 GiB and to a memory
/// block.
std::vector<Device> plan_devices(System& system, Ledger& ledger);

/// Pages of one call of the driver that adds by chunks, if a device has such a one.
PageCount chunk_pages(const System& system);

}  // namespace mhp::run
