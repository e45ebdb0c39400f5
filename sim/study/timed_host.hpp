#pragma once

#include <array>
#include <memory>
#include <optional>

#include "sim/core/host.hpp"
#include "sim/core/types.hpp"
#include "sim/cost/pricer.hpp"
#include "sim/engine/engine.hpp"
#include "sim/engine/mutex.hpp"
#include "sim/kernel/primitives.hpp"
#include "sim/machine/memory_system.hpp"
#include "sim/study/ledger.hpp"

namespace mhp::study {

/// The kernel's hot-plug locks on an engine, shared by everybody who runs kernel operations.
class LockTable {
 public:
  explicit LockTable(engine::Engine& engine);

  engine::Mutex& operator[](std::size_t lock) { return *locks_[lock]; }
  /// When mem_hotplug_lock was last given back; nothing before the first time.
  std::optional<SimTime> last_write;

 private:
  std::array<std::unique_ptr<engine::Mutex>, kernel::kLocks> locks_;
};

/// Runs kernel operations of one thread in simulated time: work is priced and takes its time,
/// longer where its memory traffic meets others at controllers and links; locks and grace periods
/// make it wait. Tells the ledger where the time goes. One operation at a time.
class TimedHost : public Host {
 public:
  TimedHost(engine::Engine& engine, machine::MemorySystem& memory, LockTable& locks,
            const cost::CostProfile& costs, cost::Pricer pricer, Ledger& ledger)
      : engine_(engine),
        memory_(memory),
        locks_(locks),
        costs_(costs),
        pricer_(std::move(pricer)),
        ledger_(ledger) {}

  bool perform(const Step& step, std::coroutine_handle<> resume) override;

 private:
  bool spend(const Step& step, std::coroutine_handle<> resume);
  bool wait(kernel::Condition condition, std::coroutine_handle<> resume);

  engine::Engine& engine_;
  machine::MemorySystem& memory_;
  LockTable& locks_;
  const cost::CostProfile& costs_;
  cost::Pricer pricer_;
  Ledger& ledger_;
};

}  // namespace mhp::study
