#pragma once

#include <coroutine>
#include <optional>
#include <vector>

#include "sim/core/host.hpp"
#include "sim/core/types.hpp"
#include "sim/cost/pricer.hpp"
#include "sim/engine/condition_signals.hpp"
#include "sim/engine/engine.hpp"
#include "sim/engine/mutex.hpp"
#include "sim/engine/mutex_pollers.hpp"
#include "sim/engine/percpu_rwsem.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/primitives.hpp"
#include "sim/machine/memory_system.hpp"
#include "sim/machine/shared_line.hpp"
#include "sim/run/explain/ledger.hpp"
#include "sim/run/pressure.hpp"
#include "sim/run/zone_locks.hpp"

namespace mhp::run {

class LockSpans;
class ThreadSpans;

/// The kernel's locks on an engine, what its threads are woken by, and the books of who lacks
/// memory and of what work was done: shared by everybody who runs kernel operations.
struct LockTable {
  LockTable(engine::Engine& engine, const cost::GeneralCosts& costs)
      : device_hotplug(engine),
        device_hotplug_pollers(engine, device_hotplug, costs.sysfs_lock_poll),
        mem_hotplug(engine, costs.rcu_grace_period),
        mem_sysfs(engine),
        hugetlb(engine),
        zones(engine),
        signals(engine),
        engine_(engine) {}

  /// `holds`: so many in a row, simulated as one. `by`: whose track of the timeline; -1: of nobody.
  bool lock_or_queue(kernel::Lock lock, std::int32_t where, std::int64_t holds,
                     std::coroutine_handle<> h, std::int64_t by = -1);
  void unlock(kernel::Lock lock, std::int32_t where);
  /// Somebody (a track of the timeline) who has polled device_hotplug_lock since `since` has it.
  void polled_device_hotplug(std::int64_t by, SimTime since);

  engine::Mutex device_hotplug;
  engine::MutexPollers device_hotplug_pollers;  ///< writes to sysfs
  engine::PercpuRwsem mem_hotplug;
  engine::Mutex mem_sysfs;
  engine::Mutex hugetlb;
  ZoneLocks zones;
  machine::SharedLine* vm_zone_stat = nullptr;  ///< null: it is written in no time
  engine::ConditionSignals signals;
  Pressure pressure;
  kernel::PrimitiveSet spent = 0;  ///< the primitives that took time so far
  /// The receipts of the page allocator, which are to be spent before the task that had it work
  /// waits for anything; null where nobody accounts for them.
  const kernel::ReceiptBook* receipts = nullptr;
  /// Bytes of traffic that work of the kernel has asked for, by node of the processor and, fastest,
  /// of the memory; where nobody asks, none is counted.
  std::optional<std::vector<double>> kernel_traffic;
  LockSpans* spans = nullptr;  ///< who records who holds and waits; null: nobody

 private:
  engine::Engine& engine_;
};

/// Runs kernel operations of one thread in simulated time: work is priced and takes its time,
/// longer where its memory traffic meets others at controllers and links; locks and grace periods
/// make it wait. One operation at a time.
class TimedHost : public Host {
 public:
  /// `ledger`: where the time of a hot-plug thread goes; null for every other thread.
  TimedHost(engine::Engine& engine, machine::MemorySystem& memory, LockTable& locks,
            const cost::CostProfile& costs, cost::Pricer pricer, Ledger* ledger = nullptr)
      : engine_(engine),
        memory_(memory),
        locks_(locks),
        costs_(costs),
        pricer_(std::move(pricer)),
        ledger_(ledger) {}

  bool perform(const Step& step, std::coroutine_handle<> resume) override;

  /// It belongs to a core, of which `busy` counts the threads that are.
  void belongs_to(std::int64_t& busy) { busy_ = &busy; }
  /// Its thread begins or has ended, as far as the others of its core feel it.
  void set_busy(bool busy) {
    if (busy_ != nullptr) *busy_ += busy ? 1 : -1;
  }

  /// Its thread's steps go to a timeline, on which locks name it; or locks name it alone.
  void record(ThreadSpans& spans);
  void known_as(std::int64_t track) { track_ = track; }
  std::int64_t track() const { return track_; }

 private:
  bool spend(const Step& step, std::coroutine_handle<> resume);
  cost::Price price(const Step& step);
  void count_traffic(const Step& step, const cost::Price& price);
  void move(const cost::Price& price, std::coroutine_handle<> resume);
  bool acquire(const Step& step, std::coroutine_handle<> resume);
  bool write_vm_zone_stat(std::int64_t writes, std::coroutine_handle<> resume);
  bool wait(const Step& step, std::coroutine_handle<> resume);
  void note(kernel::TaskState state);
  void set_running(bool running);

  engine::Engine& engine_;
  machine::MemorySystem& memory_;
  LockTable& locks_;
  const cost::CostProfile& costs_;
  cost::Pricer pricer_;
  Ledger* ledger_;
  std::int64_t* busy_ = nullptr;  ///< hardware threads of its core that are busy; null: nobody asks
  Pressure::Task task_;
  ThreadSpans* spans_ = nullptr;  ///< null: nobody records
  std::int64_t track_ = -1;
  std::coroutine_handle<> moving_;  ///< what goes on once its traffic has passed
};

}  // namespace mhp::run
