#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "sim/core/host.hpp"
#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/mm/visit_log.hpp"
#include "sim/kernel/mm/zone_type.hpp"

namespace mhp::kernel {

class Receipt;

/// Pages of a CPU's lists that are too many: they go to the buddy once their zone's lock is held.
struct DueDrain {
  NodeId node;
  ZoneType zone = ZoneType::dma;
  CpuId cpu;
  std::size_t list = 0;  ///< of the CPU's lists, from which on
  std::int64_t pages = 0;
};

/// A block that goes to the buddy once its zone's lock is held (Zone::pending).
struct DueFree {
  NodeId node;
  ZoneType zone = ZoneType::dma;
  CpuId cpu;
  std::int64_t ticket = 0;
};

/// What waits for a zone's lock until a receipt is spent.
using Due = std::variant<DueDrain, DueFree>;

/// Which receipts have not been spent yet: no task may wait while there is one. Only one task runs
/// between two waits, so it would be its own.
class ReceiptBook {
 public:
  using Settle = std::function<void(const Due&, Receipt&)>;

  explicit ReceiptBook(Geometry geometry = {}) : geometry_(geometry) {}

  /// From now on receipts say what was done; before, nothing takes time. `settle` does what is due,
  /// with the zone's lock held.
  void account(MemmapPlaces::Lookup memmap, Settle settle = {}) {
    memmap_ = std::move(memmap);
    settle_ = std::move(settle);
  }
  bool accounts() const { return static_cast<bool>(memmap_); }
  std::int64_t unspent() const { return unspent_; }

 private:
  friend class Receipt;
  Geometry geometry_;
  MemmapPlaces::Lookup memmap_;
  Settle settle_;
  std::int64_t unspent_ = 0;
};

/// One hold of a zone's lock: blocks that went off its free lists and onto them.
struct ZoneLockHold {
  NodeId node;
  bool handed_over = false;  ///< another CPU held it last and has the lines that holders write
  std::int64_t taken = 0;
  std::int64_t freed = 0;
  VisitLog visits;  ///< of the blocks' struct pages, under the lock
};

/// What the page allocator did for one task and nobody has paid for yet. Its plain functions write
/// on the receipt that they are given; the task spends it on its host before it waits for anything
/// else, or says that it is nobody's work. A receipt that is lost stays unspent in the book.
class [[nodiscard]] Receipt {
 public:
  /// On which nothing is written.
  Receipt() = default;
  explicit Receipt(ReceiptBook& book) : book_(&book) {}
  Receipt(Receipt&& other) noexcept;
  Receipt& operator=(Receipt&&) = delete;
  ~Receipt() = default;

  bool empty() const { return !open_; }
  /// Whether a zone's lock was taken or has to be.
  bool holds() const { return work_.hold || !work_.dues.empty(); }
  /// Whether something waits for a zone's lock until this is spent.
  bool owes() const { return !work_.dues.empty(); }
  /// Whether this zone's lock is held and nothing has been done under it yet.
  bool just_locked(NodeId node, ZoneType zone) const {
    return locked_ == zone_index(node, zone) && !work_.hold;
  }
  /// Spends what is written and takes a zone's lock: for what the allocator does next, which is
  /// spent before anything else is waited for.
  Task<void> lock(Host& host, NodeId node, ZoneType zone);
  /// The time of all that. What was done under the lock that is held comes first, and the lock is
  /// given back; what is due queues for its lock and is done there, each in a hold of its own.
  Task<void> spend(Host& host);

  // What follows is for the allocator.

  /// A block was handed out. `tails`: all of its struct pages are visited, the first was before.
  void allocated(Pfn pfn, int order, NodeId node, bool tails);
  void freed(Pfn pfn, int order, NodeId node);
  /// The same of single pages, each by a call; a run that is freed lies within a section.
  void allocated(const PageRun& run);
  void freed(const PageRun& run, NodeId node);
  /// A range was taken or given back as a whole: all of its struct pages are visited.
  void visited(PfnRange range, NodeId node);
  /// A hold begins; what is visited in it follows. Only under the lock, and once.
  void hold(NodeId node, ZoneType zone, bool handed_over);
  void taken_in_hold(Pfn pfn, PageCount visited);
  void freed_in_hold(Pfn pfn);
  /// Whether what is done is written down; if not, it is nobody's and is done at once.
  bool writes() const { return book_ != nullptr && book_->accounts(); }
  /// Leaves something until the lock is held. Only if it writes.
  void leave(const Due& due);

 private:
  static constexpr std::int32_t kUnlocked = -1;
  struct Work {
    std::int64_t allocations = 0;  ///< calls
    std::int64_t frees = 0;
    std::int64_t tails_freed = 0;      ///< pages of freed blocks besides their first
    VisitLog visits;                   ///< outside any lock
    std::optional<ZoneLockHold> hold;  ///< under the lock that is held
    std::vector<Due> dues;
  };

  /// Something is about to be written down; false if nothing is to be.
  bool opens();
  Work take();
  Task<void> settle(Host& host, const Due& due);
  void visit_in_hold(Pfn pfn, PageCount pages);

  ReceiptBook* book_ = nullptr;
  bool open_ = false;
  std::int32_t locked_ = kUnlocked;  ///< zone_index() of the lock that is held
  std::optional<MemmapPlaces> places_;
  Work work_;
};

}  // namespace mhp::kernel
