#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "sim/kernel/arch/geometry.hpp"
#include "sim/kernel/profile.hpp"

namespace mhp::kernel {

/// The buddy for tests, naively: plain lists of page frames, searched from end to end, as the
/// kernel's text describes them. `movable`: pages in use that can be moved,
/// one by one; without them pages in use count as unlike any request.
class BuddyOracle {
 public:
  explicit BuddyOracle(const KernelProfile& profile,
                       const std::set<std::int64_t>* movable = nullptr, Geometry geometry = {})
      : strict_(profile.free_lists_follow_pageblocks),
        largest_(profile.fallback == Fallback::largest_block),
        movable_(movable),
        max_order_(geometry.max_order()),
        pageblock_order_(geometry.pageblock_order()) {}

  void append(std::int64_t start, std::int64_t end);
  /// `stealing`: a block was stolen under the same lock before.
  std::optional<std::int64_t> allocate(int order, int type, bool& stealing);
  void free(std::int64_t p, int order, int type);

  std::int64_t count(int order, int type) {
    return static_cast<std::int64_t>(list(order, type).size());
  }
  int type_of(std::int64_t p) const;

 private:
  std::list<std::int64_t>& list(int order, int type) { return lists_[order * 3 + type]; }
  std::optional<std::int64_t> smallest(int order, int type);
  /// The type from which a request takes a block of this order, or -1.
  int other_type(int order, int type);
  void claim_whole(std::int64_t p, int order, int type);
  std::optional<std::int64_t> claimed(int order, int type);
  std::optional<std::int64_t> from_largest(int order, int type);
  bool may_claim(int order, int type) const { return order >= pageblock_order_ / 2 || type != 1; }
  std::int64_t pageblock_pages() const { return std::int64_t{1} << pageblock_order_; }
  std::int64_t take_head(int order, int type);
  std::int64_t split(std::int64_t p, int from, int to, int type);
  bool has(std::int64_t p, int order);
  bool drop(std::int64_t p, int order);
  /// Free blocks of the pageblock around a page, ascending.
  std::vector<std::pair<std::int64_t, int>> inside(std::int64_t p);
  /// Page by page: free, or of the request's kind.
  bool mostly_alike(std::int64_t p, int type);
  void move_inside(std::int64_t p, int type);

  bool strict_;
  bool largest_;
  const std::set<std::int64_t>* movable_;
  int max_order_;
  int pageblock_order_;
  std::map<int, std::list<std::int64_t>> lists_;
  std::map<std::int64_t, int> types_;
};

}  // namespace mhp::kernel
