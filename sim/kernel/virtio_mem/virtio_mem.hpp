#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/core/host.hpp"
#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/core/words.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"

namespace mhp::kernel {

/// A virtio-mem device as its driver finds it, and parameters of the driver's module.
struct VirtioMemDevice {
  NodeId node;
  PfnRange region;             ///< addr and region_size: what can be plugged at all
  Bytes block_size{2 * kMiB};  ///< device_block_size, a power of two
  bool unplug_online = true;   ///< memory that is online is unplugged, too
  bool force_bbm = false;      ///< big blocks even where there could be sub-blocks
  Bytes bbm_block_size;        ///< size of a big block, if that is more than the blocks'; 0: not
  bool touched = false;        ///< the guest has written all of it by the time it goes
};

/// How a memory block stands; of a big block the driver knows unused and added alone.
enum class VirtioMemState : std::uint8_t {
  unused,           ///< nothing of it is plugged
  offline,          ///< added, and all of it plugged
  offline_partial,  ///< added, and part of it plugged
  kernel,           ///< online in a kernel zone
  kernel_partial,
  movable,  ///< online in ZONE_MOVABLE
  movable_partial,
  added,  ///< of a big block
};

/// How a run of the driver's work item ended (rc of virtio_mem_run_wq).
enum class VirtioMemEnd : std::uint8_t {
  done,    ///< what is requested is plugged, as far as the units allow
  enospc,  ///< the region ends, or too much waits to go online: the driver waits for an event
  ebusy,   ///< what was to go is in use: the timer runs
  enomem,  ///< want of memory: the timer runs
  broken,  ///< an error that the driver does not know: it never does anything again
  dead,    ///< the kernel has killed the worker (an oops): it holds its locks for ever
};
constexpr std::array<Word, 6> words_of(VirtioMemEnd) {
  return {{{"done"}, {"ENOSPC"}, {"EBUSY"}, {"ENOMEM"}, {"broken"}, {"dead"}}};
}

/// What whoever runs the driver does at its calls: time of requests, locks, notes, what the system
/// brings online by itself.
struct VirtioMemCalls {
  /// VIRTIO_MEM_REQ_PLUG, for a memory block, a big block, or sub-blocks in a row.
  std::function<Task<void>()> request;
  /// add_memory_driver_managed(); blocks may be online when it returns.
  std::function<Task<OpResult>(PfnRange)> add;
  /// Has `work` empty a range, of the block named, and calls remove_memory() if it is empty then.
  std::function<Task<Unplugged>(PfnRange, std::function<Task<Unplugged>()> work)> unplug;
  /// Has `work` done while no block goes online or offline (vm->hotplug_mutex).
  std::function<Task<void>(std::function<Task<void>()> work)> excluded;
};

/// The driver of one virtio-mem device (drivers/virtio/virtio_mem.c, Linux 6.12): decides which
/// memory blocks, and which parts of them, are plugged and unplugged to have what is requested, and
/// after how long it tries again. Knows no time: whoever runs it keeps the timer.
class VirtioMem {
 public:
  VirtioMem(MemoryHotplug& hotplug, const VirtioMemDevice& device, VirtioMemCalls calls);

  /// virtio_mem_config_changed(): what is requested from now on. The work item is to run.
  void config_changed(Bytes requested);
  /// virtio_mem_run_wq(), again as long as it has been queued meanwhile.
  Task<VirtioMemEnd> run_wq(Host& host);
  /// After how long the timer fires, if the last run has started it.
  std::optional<SimTime> timer() const { return timer_; }
  /// virtio_mem_timer_expired(): the work item is to run, and the next wait is twice as long.
  void timer_expired();
  /// MEM_ONLINE: one of its blocks has gone online. True if the work item is to run.
  bool online() const;
  /// MEM_OFFLINE, by somebody else. True if the work item is to run.
  bool offline() const { return !device_.unplug_online; }

  PageCount plugged() const { return plugged_; }
  PageCount requested() const { return config_changed_ ? asked_ : requested_; }
  /// Why the driver has given its device up; empty if it has not.
  const std::string& broken() const { return broken_; }
  bool in_sbm() const { return in_sbm_; }
  /// A sub-block, or a big block.
  PageCount unit() const { return unit_; }
  /// Memory blocks, or big blocks, that are so.
  std::int64_t count(VirtioMemState state) const;
  /// The dynamic memory group that its memory joins.
  std::int32_t group() const { return group_; }
  /// The whole blocks of the region that have been used so far.
  PfnRange used() const { return {first_, next_}; }

 private:
  using End = VirtioMemEnd;
  using State = VirtioMemState;
  using States = std::vector<State>;
  /// Nothing: what is requested has changed meanwhile (-EAGAIN).
  using Rc = std::optional<End>;

  PageCount step() const { return in_sbm_ ? hotplug_.block_pages() : unit_; }
  PfnRange range_at(Pfn start) const { return {start, start + step()}; }
  State state(Pfn start) const;
  bool is(Pfn start, const States& states) const;
  PageCount offline_size() const;
  bool could_add_memory(PageCount pages) const;
  void set_added(Pfn start, bool added);

  Task<Rc> pass(Host& host);
  Task<Rc> cleanup_pending(Host& host);
  Task<Rc> plug_request(Host& host, PageCount diff);
  Task<Rc> plug_parts(Host& host, PageCount& diff);
  Task<Rc> plug_any_sub_block(Host& host, Pfn start, PageCount& diff);
  Task<Rc> plug_and_add(Host& host, Pfn start, PageCount& diff);
  Task<Rc> unplug_request(Host& host, PageCount diff);
  Task<Rc> sbm_unplug_request(Host& host, PageCount diff);
  Task<Rc> bbm_unplug_request(Host& host, PageCount diff);
  Task<Rc> unplug_any_sub_block(Host& host, Pfn start, PageCount& diff);
  Task<Rc> unplug_big_block(Host& host, Pfn start, PageCount& diff);
  Task<Unplugged> empty_big_block(Host& host, PfnRange range);
  bool big_block_goes(Pfn start, int round) const;
  Rc failed(const OpResult& added);

  MemoryHotplug& hotplug_;
  const VirtioMemDevice device_;
  const VirtioMemCalls calls_;
  std::int32_t group_ = -1;
  bool in_sbm_ = true;
  bool zones_apart_ = true;  ///< knows which blocks are in kernel zones
  PageCount unit_;
  PageCount offline_threshold_;
  Pfn first_;               // of the first block that lies in the region whole
  Pfn end_;                 // of the last
  Pfn next_;                // the next that has never been used
  std::vector<bool> used_;  // by block from first_: Linux has it
  PageCount added_;
  PageCount plugged_;
  PageCount requested_;
  PageCount asked_;  // what the device says by now
  bool config_changed_ = false;
  bool queued_ = false;  // while the work item runs (virtio_mem_retry)
  bool active_ = false;
  bool have_unplugged_ = false;  // blocks of which nothing is plugged and that could not go
  std::string broken_;
  SimTime retry_timer_;
  std::optional<SimTime> timer_;
};

}  // namespace mhp::kernel
