#include "sim/kernel/mm/per_cpu_pageblocks.hpp"

namespace mhp::kernel {

namespace {
/// Blocks of pageblock order fetched at once: max(batch >> order, 2), and no batch is above 63
/// (nr_pcp_alloc).
constexpr int kRefill = 2;
}  // namespace

std::optional<Pfn> PerCpuPageblocks::take(MigrateType type, Buddy& buddy) {
  auto& list = lists_[static_cast<std::size_t>(type)];
  if (list.empty()) {
    for (int i = 0; i < kRefill; ++i) {
      const auto pfn = buddy.allocate(kPageblockOrder, type);
      if (!pfn) break;
      list.push_back(*pfn);
      ++spares_;
    }
  }
  if (list.empty()) return std::nullopt;
  const Pfn pfn = list.front();
  list.pop_front();
  --spares_;
  return pfn;
}

void PerCpuPageblocks::drain(Buddy& buddy) {
  for (auto& list : lists_) {
    for (; !list.empty(); list.pop_back()) buddy.free(list.back(), kPageblockOrder);
  }
  spares_ = 0;
}

}  // namespace mhp::kernel
