#pragma once

#include "sim/core/types.hpp"
#include "sim/kernel/mm/receipt.hpp"
#include "sim/kernel/profile.hpp"

namespace mhp::kernel {

/// zone->lock as the mechanism takes it, which has no time: who held it last, and what moves under
/// it, written on the receipt of the task that waits for it.
class ZoneLock {
 public:
  ZoneLock() = default;
  ZoneLock(NodeId node, ZoneType zone, const KernelProfile& profile)
      : node_(node), zone_(zone), checks_(profile.pages_checked_under_zone_lock) {}

  /// Every struct page of a block is looked at while it is taken off its list; else when it is
  /// handed out (check_new_pages).
  bool checks_blocks() const { return checks_; }

  /// A CPU takes the lock; it gives it back before anybody else asks.
  void hold(CpuId cpu, Receipt& receipt) { receipt.hold(node_, zone_, taken_by(cpu)); }
  /// The same by an operation that has asked its host for the lock and pays for itself; true if
  /// another CPU has the lines that holders write.
  bool taken_by(CpuId cpu) {
    const bool handed_over = holder_.valid() && holder_ != cpu;
    holder_ = cpu;
    return handed_over;
  }
  void taken(Pfn pfn, int order, Receipt& receipt) const {
    receipt.taken_in_hold(pfn, PageCount{checks_ ? std::int64_t{1} << order : 1});
  }
  /// Leaves pages of a CPU's lists to whoever spends the receipt; false if nobody will.
  bool leaves(CpuId cpu, std::size_t list, std::int64_t pages, Receipt& receipt) const {
    if (!receipt.writes()) return false;
    receipt.leave(DueDrain{node_, zone_, cpu, list, pages});
    return true;
  }
  static void freed(Pfn pfn, Receipt& receipt) { receipt.freed_in_hold(pfn); }

 private:
  NodeId node_;
  ZoneType zone_ = ZoneType::dma;
  bool checks_ = false;
  CpuId holder_;
};

}  // namespace mhp::kernel
