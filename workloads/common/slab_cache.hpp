#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "workloads/common/thread.hpp"

namespace mhp::workloads {

/// A block for a large slab, as far as it is to be had without reclaim (allocate_slab of mm/slub.c,
/// 6.12: kswapd is not woken either).
Task<std::optional<kernel::Allocation>> alloc_large_slab(const Context& context, Thread& thread,
                                                         kernel::AllocRequest request);

/// Kernel objects of one size in slabs of 2^order pages, with those of one cache only (SLUB). A
/// slab goes back to the page allocator when its last object is gone. Where there is no block for
/// a slab, it is made of as few pages as hold an object, and only for these the request waits
/// (allocate_slab of mm/slub.c, 6.12).
class SlabCache {
 public:
  using SlabNo = std::uint32_t;

  SlabCache(const Context& context, Bytes object_size, int order, kernel::MigrateType type);

  /// Makes room for an object; takes a slab for it if none has. False if there is no memory.
  Task<bool> make_room(Thread& thread);
  /// Whether add() may be called: others may have filled the room that was made.
  bool has_room() const { return !partial_.empty(); }
  /// A new object; returns its slab.
  SlabNo add();
  /// An object dies. Returns the pages that became free.
  PageCount remove(SlabNo slab, kernel::Receipt& receipt);

  NodeId node_of(SlabNo slab) const { return slabs_[slab].node; }
  PageCount pages() const { return pages_; }
  PageCount most_pages() const { return most_pages_; }

 private:
  static constexpr std::int32_t kFull = -1;
  struct Slab {
    Pfn pfn;
    NodeId node;
    std::int16_t order = 0;
    std::int32_t used = 0;
    std::int32_t place = kFull;  ///< on the partial list
  };
  std::int32_t room(int order) const {
    return static_cast<std::int32_t>((context_.mm.geometry().page_size() << order) / object_size_);
  }
  kernel::AllocRequest request(const Thread& thread, int order) const;
  void enter(const kernel::Allocation& block, int order);
  void list(SlabNo slab);
  void unlist(Slab& s);

  const Context& context_;
  const std::int64_t object_size_;
  const int order_;
  const int least_order_;
  const kernel::MigrateType type_;
  std::vector<Slab> slabs_;
  std::vector<SlabNo> spare_;    ///< numbers without a slab
  std::vector<SlabNo> partial_;  ///< slabs with room; the last is filled first
  PageCount pages_;
  PageCount most_pages_;
};

}  // namespace mhp::workloads
