#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "sim/kernel/mm/mm.hpp"

namespace mhp::validation {

/// Blocks in which the kernel log of a step shows a page that kept its block from going offline
/// (dump_page: "unmovable page").
std::multiset<std::int32_t> blocks_with_unmovable_pages(const nlohmann::json& step,
                                                        PageCount block_pages);

/// What the recorded guest does besides the script: its kernel takes an unmovable page now and
/// then, on the node of its first CPU, and keeps it; on the nearest node with memory for it, of
/// each CPU whose own has none, one that can be reclaimed besides. One page a step is enough to pin
/// the block from which it comes; where the recorded kernel's fell is not known.
class KernelPages {
 public:
  explicit KernelPages(kernel::Mm& mm) : mm_(mm) {}
  void take_one();
  /// The recorded kernel has no page in this range: those that were taken there go back. How many.
  std::int64_t leave(PfnRange range);

 private:
  void take(const kernel::AllocRequest& request);

  kernel::Mm& mm_;
  std::vector<Pfn> held_;
};

}  // namespace mhp::validation
