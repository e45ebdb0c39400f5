#include "sim/kernel/mm/lru_batches.hpp"

#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/mmu_gather.hpp"

namespace mhp::kernel {

void LruBatches::add(Pfn pfn, int order, CpuId cpu, Receipt& receipt) {
  const std::size_t at = cpu.valid() ? cpu.index() : 0;
  if (batches_.size() <= at) batches_.resize(at + 1);
  FreeBlockTable::Block& place = found_[found_.insert(pfn.value, order, 0)];
  place.prev = static_cast<std::int32_t>(at);
  place.next = static_cast<std::int32_t>(batches_[at].size());
  batches_[at].push_back({{pfn, order}});
  waiting_ += std::int64_t{1} << order;
  if (order > 0 || batches_[at].size() == lru_batch_size(mm_.profile()))
    drain(CpuId{static_cast<std::int32_t>(at)}, receipt);
}

bool LruBatches::unmap(Pfn pfn) {
  const std::int32_t found = found_.find(pfn.value);
  if (found == FreeBlockTable::kNone) return false;
  const FreeBlockTable::Block& place = found_[found];
  Entry& entry =
      batches_[static_cast<std::size_t>(place.prev)][static_cast<std::size_t>(place.next)];
  entry.mapped = false;
  kept_ += std::int64_t{1} << entry.pages.order;
  return true;
}

void LruBatches::drain(CpuId cpu, Receipt& receipt) {
  if (cpu.index() >= batches_.size()) return;
  std::vector<FreedPages> unmapped;
  flushed_.clear();
  flushed_.swap(batches_[cpu.index()]);
  for (const Entry& e : flushed_) {
    found_.erase(found_.find(e.pages.pfn.value));
    waiting_ -= std::int64_t{1} << e.pages.order;
    if (e.mapped) continue;
    unmapped.push_back(e.pages);
    kept_ -= std::int64_t{1} << e.pages.order;
  }
  if (!unmapped.empty()) release_pages(mm_, unmapped, cpu, receipt);
}

void LruBatches::drain_all(Receipt& receipt) {
  for (std::size_t cpu = 0; cpu < batches_.size(); ++cpu)
    drain(CpuId{static_cast<std::int32_t>(cpu)}, receipt);
}

}  // namespace mhp::kernel
