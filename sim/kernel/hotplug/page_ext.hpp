#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "sim/core/host.hpp"
#include "sim/core/interval_map.hpp"
#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/mm/mm.hpp"

namespace mhp::kernel {

/// The page extension (mm/page_ext.c): so many bytes for every page of a section that goes online,
/// for page_owner and the like. Whole sections have it, from the page allocator, wherever their
/// memmap lies; pages that the memory notifier does not announce have none of their own.
class PageExt {
 public:
  PageExt(Mm& mm, Bytes each_page) : mm_(mm), each_page_(each_page) {}

  bool none() const { return each_page_.value == 0; }
  /// page_ext_init: sections of boot memory on a node. Where even single pages are short, the
  /// kernel would panic; here the others have none.
  void boot(std::int64_t first, std::int64_t end, NodeId node);
  /// online_page_ext (MEM_GOING_ONLINE), of all sections that a range touches; false: no memory,
  /// and what it had taken is given back.
  Task<bool> online(Host& host, PfnRange range, NodeId node);
  /// offline_page_ext (MEM_OFFLINE), after all readers have let go of it.
  Task<void> offline(Host& host, PfnRange range);
  /// Pages of the sections not among `but`.
  PageCount pages(const IntervalSet& but) const;

 private:
  using Ranges = std::vector<PfnRange>;
  PageCount table() const;
  void trim(PfnRange block, Receipt& receipt, bool one_by_one);
  void free(std::int64_t section, Receipt& receipt);
  Task<bool> allocate(Host& host, std::int64_t section, NodeId node, Receipt& receipt);

  Mm& mm_;
  const Bytes each_page_;
  std::map<std::int64_t, Ranges> sections_;
};

}  // namespace mhp::kernel
