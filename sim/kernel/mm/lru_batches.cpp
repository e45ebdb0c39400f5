#include "sim/kernel/mm/lru_batches.hpp"

#include <algorithm>
#include <utility>

#include "sim/kernel/mm/mm.hpp"

namespace mhp::kernel {

void LruBatches::add(Pfn pfn, int order, CpuId cpu, Receipt& receipt) {
  const std::size_t at = cpu.valid() ? cpu.index() : 0;
  if (batches_.size() <= at) batches_.resize(at + 1);
  batches_[at].push_back({{pfn, order}});
  found_[pfn.value] = at;
  waiting_ += std::int64_t{1} << order;
  if (order > 0 || batches_[at].size() == kFolioBatch)
    drain(CpuId{static_cast<std::int32_t>(at)}, receipt);
}

bool LruBatches::unmap(Pfn pfn) {
  const auto found = found_.find(pfn.value);
  if (found == found_.end()) return false;
  auto& batch = batches_[found->second];
  const auto entry =
      std::find_if(batch.begin(), batch.end(), [&](const Entry& e) { return e.pages.pfn == pfn; });
  entry->mapped = false;
  kept_ += std::int64_t{1} << entry->pages.order;
  return true;
}

void LruBatches::drain(CpuId cpu, Receipt& receipt) {
  if (cpu.index() >= batches_.size()) return;
  std::vector<FreedPages> unmapped;
  for (const Entry& e : std::exchange(batches_[cpu.index()], {})) {
    found_.erase(e.pages.pfn.value);
    waiting_ -= std::int64_t{1} << e.pages.order;
    if (e.mapped) continue;
    unmapped.push_back(e.pages);
    kept_ -= std::int64_t{1} << e.pages.order;
  }
  if (!unmapped.empty()) mm_.free_batch(unmapped, receipt, cpu);
}

void LruBatches::drain_all(Receipt& receipt) {
  for (std::size_t cpu = 0; cpu < batches_.size(); ++cpu)
    drain(CpuId{static_cast<std::int32_t>(cpu)}, receipt);
}

}  // namespace mhp::kernel
