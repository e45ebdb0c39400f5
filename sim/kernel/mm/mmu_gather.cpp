#include "sim/kernel/mm/mmu_gather.hpp"

#include <algorithm>

namespace mhp::kernel {

namespace {
/// Entries of the first batch, which lies in struct mmu_gather (MMU_GATHER_BUNDLE), and of those
/// that are a page (MAX_GATHER_BATCH).
constexpr std::size_t kFirstBatch = 8;
constexpr std::size_t kGatherBatch = 510;
/// Batches of a page at most (MAX_GATHER_BATCH_COUNT): 10,000 entries.
constexpr std::size_t kMostBatches = 10'000 / kGatherBatch;
/// Entries of a struct pagevec up to 6.8, and of a struct folio_batch from 6.9 on.
constexpr std::size_t kPagevec = 15;
constexpr std::size_t kFolioBatch = 31;

bool reversed(const KernelProfile& profile) { return profile.mmu_gather == GatherOrder::reversed; }

// Large pages are freed as they are met; single ones are put at the head of a list, which is freed
// at the end.
void free_reversed(Mm& mm, std::span<const FreedPages> pages, CpuId cpu, Receipt& receipt) {
  std::vector<FreedPages> single;
  for (const FreedPages& f : pages) {
    if (f.order == 0)
      single.push_back(f);
    else
      mm.free_pages(f.pfn, f.order, receipt, cpu);
  }
  std::reverse(single.begin(), single.end());
  mm.free_batch(single, receipt, cpu);
}

void free_in_folio_batches(Mm& mm, std::span<const FreedPages> pages, CpuId cpu, Receipt& receipt) {
  for (std::size_t at = 0; at < pages.size(); at += kFolioBatch)
    mm.free_batch(pages.subspan(at, std::min(kFolioBatch, pages.size() - at)), receipt, cpu);
}
}  // namespace

std::size_t lru_batch_size(const KernelProfile& profile) {
  return reversed(profile) ? kPagevec : kFolioBatch;
}

void release_pages(Mm& mm, std::span<const FreedPages> pages, CpuId cpu, Receipt& receipt) {
  (reversed(mm.profile()) ? free_reversed : free_in_folio_batches)(mm, pages, cpu, receipt);
}

MmuGather::MmuGather(Mm& mm, CpuId cpu, Receipt& receipt)
    : mm_(mm), reversed_(reversed(mm.profile())), cpu_(cpu), receipt_(receipt) {
  if (mm.profile().unmap_drains_lru && cpu.valid()) mm.lru_batches().drain(cpu, receipt);
}

// Folios may come with their number of pages, for which an entry stays free.
std::size_t MmuGather::batch_size() const {
  return (batches_.size() == 1 ? kFirstBatch : kGatherBatch) - (reversed_ ? 0 : 1);
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
  for (const auto& batch : batches_) release_pages(mm_, batch, cpu_, receipt_);
  batches_.clear();
}

}  // namespace mhp::kernel
