#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "sim/engine/signal.hpp"
#include "sim/kernel/adder/adder.hpp"
#include "sim/kernel/hotplug/hv_hot_add.hpp"
#include "sim/kernel/virtio_mem/virtio_mem.hpp"
#include "sim/run/system.hpp"

namespace mhp::run {

/// The driver of a virtio-mem device at work: its work item, its timer, and the blocks that user
/// space has to bring online.
struct VirtioMemWork {
  std::optional<kernel::VirtioMem> driver;
  bool queued = false;  ///< the work item is to run
  bool active = false;  ///< it runs
  std::int64_t requests = 0;
  std::int64_t runs = 0;
  std::int64_t retries = 0;        ///< of these, that the timer started
  std::deque<Pfn> to_online;       ///< blocks whose state file nobody has written to yet
  std::int64_t being_onlined = 0;  ///< writes under way
  bool dead = false;               ///< the kernel has killed the worker
  kernel::VirtioMemEnd end = kernel::VirtioMemEnd::done;

  bool rests() const { return !queued && !active && to_online.empty() && being_onlined == 0; }
};

/// One device on its way into the machine.
struct Device {
  const config::Hotplug* spec = nullptr;
  std::int64_t index = 0;
  std::int64_t number = 0;  ///< in its table
  SimTime inserted;
  bool asked = false;  ///< for: a device that comes on demand may never be
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
  std::unique_ptr<VirtioMemWork> virtio_mem;
};

/// The devices of a scenario in the order of their insertion. Unless they say where, they get
/// addresses in that order, behind boot memory and above 4 GiB, aligned to 1 GiB and to a memory
/// block, and clear of those that do.
std::vector<Device> plan_devices(System& system, Ledger& ledger);

/// Pages of one call of the driver that adds by chunks, if a device has such a one.
PageCount chunk_pages(const System& system);

}  // namespace mhp::run
