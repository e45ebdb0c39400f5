#include "sim/kernel/mm/mmu_gather.hpp"

#include <algorithm>
#include <span>

namespace mhp::kernel {

namespace {
/// Entries of the first batch, which lies in struct mmu_gather (MMU_GATHER_BUNDLE), and of those
/// that are a page (MAX_GATHER_BATCH).
constexpr std::size_t kFirstBatch = 8;
constexpr std::size_t kBatch = 510;
/// Batches of a page at most (MAX_GATHER_BATCH_COUNT): 10,000 entries.
constexpr std::size_t kMostBatches = 10'000 / kBatch;
}  // namespace

MmuGather::MmuGather(Mm& mm, CpuId cpu, Receipt& receipt)
    : mm_(mm),
      reversed_(mm.profile().mmu_gather == GatherOrder::reversed),
      cpu_(cpu),
      receipt_(receipt) {
  if (mm.profile().unmap_drains_lru && cpu.valid()) mm.lru_batches().drain(cpu, receipt);
}

// Folios may come with their number of pages, for which an entry stays free.
std::size_t MmuGather::batch_size() const {
  return (batches_.size() == 1 ? kFirstBatch : kBatch) - (reversed_ ? 0 : 1);
}

void MmuGather::add(Pfn pfn, int order) {
  if (mm_.lru_batches().unmap(pfn)) return;
  if (batches_.empty()) batches_.emplace_back();
  batches_.back().push_back({pfn, order});
  if (batches_.back().size() < batch_size()) return;
  if (batches_.size() == 1 + kMostBatches) return finish();
  batches_.emplace_back();
}

void MmuGather::finish() {
  for (auto& batch : batches_) reversed_ ? free_reversed(batch) : free_in_folio_batches(batch);
  batches_.clear();
}

// Large pages are freed as they are met; single ones are put at the head of a list, which is freed
// at the end (release_pages).
void MmuGather::free_reversed(std::vector<FreedPages>& batch) {
  std::vector<FreedPages> single;
  for (const FreedPages& f : batch) {
    if (f.order == 0)
      single.push_back(f);
    else
      mm_.free_pages(f.pfn, f.order, receipt_, cpu_);
  }
  std::reverse(single.begin(), single.end());
  mm_.free_batch(single, receipt_, cpu_);
}

void MmuGather::free_in_folio_batches(const std::vector<FreedPages>& batch) {
  const std::span<const FreedPages> all(batch);
  for (std::size_t at = 0; at < all.size(); at += kFolioBatch)
    mm_.free_batch(all.subspan(at, std::min(kFolioBatch, all.size() - at)), receipt_, cpu_);
}

}  // namespace mhp::kernel
