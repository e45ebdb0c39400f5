#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "sim/core/types.hpp"

namespace mhp::kernel {

/// A block of 2^order pages that is given back.
struct FreedPages {
  Pfn pfn;
  int order = 0;
};

/// Blocks of a zone that have been freed and are not on its free lists yet: whoever freed them
/// waits for the zone's lock. They are neither in use nor free.
class PendingFrees {
 public:
  /// Says which free is meant: a page may be freed anew before the first one's payer comes.
  using Ticket = std::int64_t;

  Ticket add(const FreedPages& block);
  /// The block, which is not pending any more; nothing if somebody else has seen to it.
  std::optional<FreedPages> take(Ticket ticket);
  PageCount pages() const { return PageCount{pages_}; }
  /// Of these, pages of a range.
  PageCount pages_in(PfnRange range) const;
  /// Blocks that touch a range, those freed first first.
  std::vector<Ticket> touching(PfnRange range) const;

 private:
  std::map<Ticket, FreedPages> blocks_;
  std::int64_t pages_ = 0;
  Ticket next_ = 0;
};

}  // namespace mhp::kernel
