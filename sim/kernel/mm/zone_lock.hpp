#pragma once

#include "sim/core/types.hpp"
#include "sim/kernel/mm/allocator_work.hpp"

namespace mhp::kernel {

/// zone->lock as the mechanism takes it, which has no time: who held it last, and what moves under
/// it, written down for the task that will wait for it. Without a book nothing is written.
class ZoneLock {
 public:
  /// `checks`: every struct page of a block is looked at while it is taken off its list.
  void connect(AllocatorWork* work, NodeId node, ZoneType zone, bool checks) {
    work_ = work;
    node_ = node;
    zone_ = zone;
    checks_ = checks;
  }
  /// A CPU takes the lock; it gives it back before anybody else asks.
  void hold(CpuId cpu) {
    if (work_ == nullptr) return;
    work_->hold(node_, zone_, holder_.valid() && holder_ != cpu);
    holder_ = cpu;
  }
  void taken(Pfn pfn, int order) {
    if (work_ != nullptr)
      work_->taken_in_hold(pfn, PageCount{checks_ ? std::int64_t{1} << order : 1});
  }
  void freed(Pfn pfn) {
    if (work_ != nullptr) work_->freed_in_hold(pfn);
  }

 private:
  AllocatorWork* work_ = nullptr;
  NodeId node_;
  ZoneType zone_ = ZoneType::dma;
  bool checks_ = false;
  CpuId holder_;
};

}  // namespace mhp::kernel
