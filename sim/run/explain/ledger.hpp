#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/core/words.hpp"
#include "sim/cost/pricer.hpp"
#include "sim/kernel/primitives.hpp"

namespace mhp::run {

/// The part of a hot-plug that time passed in: a device's way in, or an operation of the kernel
/// with what its thread waited for before it.
enum class Phase : std::uint8_t { device, add, online, offline, remove };
constexpr std::array<Word, 5> words_of(Phase) {
  return {{{"device"}, {"add"}, {"online"}, {"offline"}, {"remove"}}};
}

/// What time was spent on.
enum class Spent : std::uint8_t {
  work,                    ///< a primitive
  grace_period,            ///< an RCU grace period
  expedited_grace_period,  ///< an expedited one
  mem_hotplug_lock,        ///< waiting for that lock
  zone_lock,               ///< waiting for a zone's
  memory_shortage,         ///< the kernel waited for reclaim or writeback
  stage,                   ///< a stage of a device
  before_insertion,        ///< the device was not there yet
  trigger,                 ///< nobody needed the device yet, or somebody still did
  online_delay,            ///< the operator had not come yet
  online_latency,          ///< user space had not written yet
  udev_event_latency,      ///< a worker of udev was on its way to the write
  sysfs_lock_poll,         ///< sleeping after a write to sysfs that found the lock taken
  offline_at,              ///< the operator who takes blocks offline had not come yet
  unplug_after,            ///< the memory was in use
  driver_rests,            ///< nothing was requested of virtio-mem, or its timer ran
  other                    ///< nothing of these: waiting for another thread
};
inline constexpr std::size_t kSpents = static_cast<std::size_t>(Spent::other) + 1;

/// A row of the ledger: what is told apart.
struct Activity {
  Phase phase = Phase::device;
  Spent spent = Spent::other;
  std::uint16_t what = 0;    ///< primitive, or number of the stage
  std::int32_t table = -1;   ///< [[hotplug]] table of a device; -1 for the kernel's work
  std::int32_t memory = -1;  ///< node whose memory the work touched
  std::int32_t cpu = -1;     ///< node of the processor
  auto operator<=>(const Activity&) const = default;
};

/// What a row has taken. The three times add up to what passed.
struct Amounts {
  std::int64_t units = 0;
  SimTime own;         ///< CPU time of the work; of all else the whole of it
  SimTime stall;       ///< latency of memory on an idle machine
  SimTime contention;  ///< what it took longer as others' traffic shared controllers and links

  SimTime time() const { return own + stall + contention; }
};

/// Moments between which metrics run.
enum class Mark : std::uint8_t {
  start,
  first_insertion,
  first_notification,
  last_add,
  last_online,
  first_unplug,
  last_remove,
  last_operation,
  count_
};

/// What one thread did between its operations, until it gets device_hotplug_lock.
class Meanwhile {
 public:
  /// It did this from `from` to `to`; stretches come in the order of their ends.
  void note(const Activity& activity, SimTime from, SimTime to);

 private:
  friend class Ledger;
  struct Stretch {
    Activity activity;
    SimTime from, to;
  };
  std::vector<Stretch> stretches_;
};

/// Is told what the operations of a ledger do as it is booked.
class LedgerObserver {
 public:
  LedgerObserver() = default;
  LedgerObserver(const LedgerObserver&) = delete;
  LedgerObserver& operator=(const LedgerObserver&) = delete;
  virtual ~LedgerObserver() = default;

  /// The operation did, or waited for, this from `from` to `to`.
  virtual void passed(const Activity& activity, std::int64_t units, SimTime from, SimTime to) = 0;
};

/// Where a run's time went. Everything that the kernel does to memory it does under
/// device_hotplug_lock, one operation at a time: so the operations follow each other, and what lies
/// between two of them is what the thread of the second did meanwhile. That chain has no gaps and
/// no overlaps; between any two marks its rows add up to the time that passed. Namespaces of device
/// memory need no such lock: what overlaps another operation passes within that one, in its phase,
/// as whatever either of them began last.
class Ledger {
 public:
  /// The lock was granted and an operation begins, after what its thread did meanwhile.
  void begin(Phase phase, SimTime now, Meanwhile& meanwhile);
  /// The operation begins to do or to wait for something; what it did before ends here.
  void work(SimTime now, kernel::Primitive primitive, std::int64_t count, const cost::Price& price,
            NodeId cpu);
  void wait(SimTime now, Spent what);
  /// The operation ends.
  void end(SimTime now);

  /// Who is told what operations do; null: nobody. The observer must outlive its use.
  void observe(LedgerObserver* observer) { observer_ = observer; }

  /// Notes a moment. A later one of the same mark replaces it.
  void mark(Mark mark, SimTime at);

  /// All rows so far; a mark's amounts are in the same order, later rows absent.
  std::vector<Activity> rows() const;
  /// What passed from one mark to another, for each row; nothing if one was not reached, all zero
  /// if `to` came first.
  std::optional<std::vector<Amounts>> between(Mark from, Mark to) const;

 private:
  /// What passes, as far as it is not booked yet.
  struct Entry {
    Activity activity;
    std::int64_t units = 0;
    SimTime own, stall;  ///< its price, if it is work
  };
  struct Pending {
    Mark mark;
    SimTime at;
  };
  struct Snapshot {
    SimTime at;
    std::vector<Amounts> amounts;
  };
  void step(SimTime now, const Entry& next);
  void close(SimTime now);
  void pass(SimTime until, Entry entry);
  void book(std::size_t row, SimTime until, Entry& entry);
  std::size_t row_of(const Activity& activity);
  void take(const Pending& mark);

  /// An activity that was asked for, and its row.
  struct Recent {
    Activity activity;
    std::size_t row = 0;
  };

  std::map<Activity, std::size_t> index_;
  std::array<std::optional<Recent>, 64> recent_;  ///< the last of each hash: most come again
  std::vector<Amounts> amounts_;
  SimTime cursor_;        ///< everything before is booked
  int active_ = 0;        ///< operations
  bool overlap_ = false;  ///< one began within another, since there was none
  LedgerObserver* observer_ = nullptr;
  Phase phase_ = Phase::device;
  std::optional<Entry> open_;
  std::vector<Pending> pending_;  ///< marks that the cursor has not reached, by time
  std::array<std::optional<Snapshot>, static_cast<std::size_t>(Mark::count_)> marks_{Snapshot{}};
};

}  // namespace mhp::run
