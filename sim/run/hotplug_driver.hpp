#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "sim/run/device.hpp"
#include "sim/run/result/run_log.hpp"
#include "sim/run/system.hpp"

namespace mhp::run {

/// Brings the devices of a scenario into the machine and takes them away again: firmware, driver
/// and user space around the kernel's operations.
class HotplugDriver {
 public:
  HotplugDriver(System& system, RunLog& log);

  void start();
  const std::vector<Device>& devices() const { return devices_; }

 private:
  /// Time that passes for a thread of a device outside the kernel's operations.
  Task<void> pause(const Device& d, Meanwhile& meanwhile, Spent spent, SimTime duration,
                   std::uint16_t what = 0);
  void note(const Device& d, Meanwhile& meanwhile, Spent spent, SimTime from,
            std::uint16_t what = 0);
  Operation operation(const Device& d, Operation::Kind kind, BlockId block = {}) const;
  void finish(const Device& d, Operation op, const kernel::OpResult& result);
  /// The device is done with; the run ends a while after the last.
  Task<void> device_done();
  /// The kernel has killed the task that added memory: whoever wants its locks waits for ever, so
  /// that the run ends a while later, be other devices done or not.
  Task<void> worker_died(Device& d, const std::string& why);

  // On the way in (hotplug_driver_add.cpp).

  /// The stages that pass once, or those before every call of add_memory.
  Task<void> pass_stages(Device& d, bool each_call);
  /// Firmware's part: the stages of the device, then the notification. ACPI handles devices one
  /// after the other; other drivers work side by side.
  Task<void> plug(Device& d);
  /// The kernel's ACPI hot-plug work queue: one thread (acpi_device_hotplug).
  Task<void> acpi_worker();
  /// The driver's part: add_memory() for the whole device, or for one memory block after the other
  /// until one fails.
  Task<void> add_device(Device& d);
  void ignore(Device& d);
  Task<bool> add_range(Device& d, PfnRange range, bool online_in_kernel);
  Task<kernel::OpResult> add_call(Device& d, PfnRange range, bool online_in_kernel);
  /// The same for a driver that takes back what it has added when a block cannot be had.
  Task<void> add_all_or_none(Device& d);
  Task<bool> add_online(Device& d, PfnRange range);
  Task<bool> take_away(Device& d, PfnRange range);
  Task<void> online_from_user_space(Device& d);
  Task<void> await_udev(Device& d);
  /// One worker of systemd-udevd, for the event of one block. (The kernel sends it when the block
  /// is registered; but no worker gets the lock before the call that adds it is over.)
  Task<void> udev_event(Device& d, Pfn block);
  Task<void> try_online(Device& d, Meanwhile& meanwhile, Pfn block);
  /// A write to sysfs does not queue for the lock: it sleeps and tries again.
  Task<void> lock_from_sysfs(const Device& d, Meanwhile& meanwhile);
  /// Brings blocks online in address order; from user space each write takes the lock by itself.
  Task<void> online_blocks(Device& d, Meanwhile& meanwhile, PfnRange range, bool take_lock);

  // Drivers that do not simply add (hotplug_driver_balloon.cpp, hotplug_driver_device_memory.cpp).

  /// The driver found nothing to add in what the device has.
  void nothing_to_add(Device& d);
  /// Hyper-V: chunk after chunk, each of which may take a while to go online.
  Task<void> hot_add_chunks(Device& d, bool in_kernel, bool by_udev);
  Task<void> wait_for_online(Device& d, BlockId block);
  Task<void> wake_after(Device& d, SimTime time);
  /// Xen: pages come out of the balloon until the device's size is reached.
  Task<void> populate(Device& d);
  /// A namespace of persistent memory comes, and goes.
  Task<void> add_device_memory(Device& d);
  Task<void> remove_device_memory(Device& d);
  // A virtio-mem device, all its life (hotplug_driver_virtio_mem.cpp).
  /// The driver is there: its worker, who asks for its memory, and who brings that online.
  void start_virtio_mem(Device& d);
  kernel::VirtioMemCalls virtio_mem_calls(Device& d);
  /// The kernel's worker that runs the driver's work item whenever it is queued.
  Task<void> virtio_mem_worker(Device& d);
  Task<void> virtio_mem_timer(Device& d, SimTime after);
  void queue_virtio_mem(Device& d);
  /// What the hypervisor requests, one after the other, to the device's end.
  Task<void> request_virtio_mem(Device& d);
  Task<void> follow_requests(Device& d);
  Task<void> follow_agent(Device& d);
  Task<void> pass_stages_unnoted(Device& d);
  void request(Device& d, Bytes size);
  Task<void> virtio_mem_rests(Device& d);
  /// What whoever asked does while the memory is there; then it is to go, if it is.
  Task<void> end_virtio_mem(Device& d);
  Task<kernel::OpResult> add_to_virtio_mem(Device& d, PfnRange range);
  Task<kernel::Unplugged> unplug_virtio_mem(Device& d, PfnRange range,
                                            std::function<Task<kernel::Unplugged>()> work);
  Task<void> online_virtio_mem(Device& d);
  Task<void> online_virtio_mem_block(Device& d, Meanwhile& meanwhile, Pfn block);
  Task<void> udev_event_virtio_mem(Device& d, Pfn block);

  // While it is there (hotplug_driver_cycle.cpp).

  /// An operator brings all blocks offline, from the highest, and online again, from the lowest.
  Task<void> cycle(Device& d);
  /// An operator takes the highest blocks offline; there they stay.
  Task<void> leave_offline(Device& d);

  // On the way out (hotplug_driver_remove.cpp).

  /// Takes a device away again, if it is to be.
  Task<void> unplug(Device& d);
  /// An operator takes all blocks of a device offline, from the highest, up to the first that
  /// stays; false if one does.
  Task<bool> offline_from_sysfs(Device& d);
  /// A driver that adds block by block removes so too, from the highest, and leaves those that
  /// cannot go (dlpar_memory_remove_by_count); the others need all blocks offline first.
  Task<void> unplug_blocks(Device& d);
  /// Every block of a range, from the highest, up to the first that stays; false if one does.
  Task<bool> offline_range(Device& d, PfnRange range);
  /// The same as ACPI does it.
  Task<bool> scan_try_to_offline(Device& d, PfnRange range);
  Task<void> online_again(Device& d, BlockId block, kernel::OnlineType type);
  /// `worker`: by a worker of the kernel, else by a process.
  Task<bool> offline_block(Device& d, BlockId block, bool worker);
  /// False if it stays.
  Task<bool> remove_range(Device& d, PfnRange range);

  System& system_;
  RunLog& log_;
  std::vector<Device> devices_;
  kernel::HvHotAdd chunks_;
  engine::Signal arrived_;
  std::deque<Device*> queue_;
  std::size_t done_ = 0;
  bool worker_died_ = false;
};

}  // namespace mhp::run
