#pragma once

#include <cstdint>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/kernel/mm/receipt.hpp"

namespace mhp::kernel {

/// A cache of kernel objects that can be dropped (struct shrinker): dentries, inodes. Its pages are
/// on no LRU list; a page is free only when all objects in it are gone.
class Shrinker {
 public:
  /// What a look at some objects has come to.
  struct Scan {
    std::int64_t scanned = 0;  ///< objects; 0: the cache can do nothing now (SHRINK_STOP)
    PageCount freed;           ///< pages that became free
  };

  Shrinker() = default;
  Shrinker(const Shrinker&) = delete;
  Shrinker& operator=(const Shrinker&) = delete;
  virtual ~Shrinker() = default;

  /// Objects whose slabs lie on a node and that may be dropped (count_objects).
  virtual std::int64_t count_objects(NodeId node) const = 0;
  /// Looks at `n` of them, the oldest first, and drops those that nobody has used (scan_objects).
  virtual Scan scan_objects(NodeId node, std::int64_t n, Receipt& receipt) = 0;
  /// What an object is worth: seeks of a disk to have it back (DEFAULT_SEEKS).
  virtual std::int64_t seeks() const { return 2; }
  /// Objects that are looked at at a time (SHRINK_BATCH).
  virtual std::int64_t batch() const { return 128; }
};

/// The caches that reclaim shrinks beside the LRU lists, as hard as it looks at those
/// (mm/shrinker.c of Linux 6.12; up to 6.6 in mm/vmscan.c). Decides how many objects are looked at.
class Shrinkers {
 public:
  explicit Shrinkers(std::int64_t vfs_cache_pressure) : vfs_cache_pressure_(vfs_cache_pressure) {}

  /// A cache, which must be removed before it goes.
  void add(Shrinker& shrinker) { all_.push_back({&shrinker, {}}); }
  void remove(const Shrinker& shrinker);
  bool empty() const { return all_.empty(); }

  struct Result {
    std::int64_t scanned = 0;
    PageCount freed;
  };
  /// Every cache gives back a share of what it has on a node: 1 / 2^priority of it, times 4 and
  /// divided by its seeks (shrink_slab).
  Result shrink_slab(NodeId node, std::int64_t priority, Receipt& receipt);

  /// What dentries and inodes count for, in percent (vfs_pressure_ratio).
  std::int64_t vfs_pressure_ratio(std::int64_t objects) const {
    return objects / 100 * vfs_cache_pressure_ + objects % 100 * vfs_cache_pressure_ / 100;
  }

 private:
  struct Entry {
    Shrinker* shrinker = nullptr;
    std::vector<std::int64_t> deferred;  ///< by node: what was too little for a batch (nr_deferred)
  };
  static void shrink_one(Entry& entry, NodeId node, std::int64_t priority, Receipt& receipt,
                         Result& result);

  const std::int64_t vfs_cache_pressure_;
  std::vector<Entry> all_;
};

}  // namespace mhp::kernel
