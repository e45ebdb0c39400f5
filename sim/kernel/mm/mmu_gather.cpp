#include "sim/kernel/mm/mmu_gather.hpp"

#include <algorithm>

namespace mhp::kernel {

namespace {
/// Entries of the first batch, which lies in struct mmu_gather (MMU_GATHER_BUNDLE), and of those
/// that are a page (MAX_GATHER_BATCH).
constexpr std::int64_t kFirstBatch = 8;
constexpr std::int64_t kGatherBatch = 510;
/// Batches of a page at most (MAX_GATHER_BATCH_COUNT): 10,000 entries.
constexpr std::int64_t kMostBatches = 10'000 / kGatherBatch;
/// Entries of a struct pagevec up to 6.8, and of a struct folio_batch from 6.9 on.
constexpr std::int64_t kPagevec = 15;
constexpr std::int64_t kFolioBatch = 31;

bool reversed(const KernelProfile& profile) { return profile.mmu_gather == GatherOrder::reversed; }

// Large pages are freed as they are met; single ones are put at the head of a list, which is freed
// at the end.
void free_reversed(Mm& mm, std::span<const FreedRun> pages, CpuId cpu, Receipt& receipt) {
  std::vector<FreedRun> single;
  for (const FreedRun& f : pages) {
    if (f.order == 0)
      single.push_back({f.pages.reversed()});
    else
      mm.free_pages(f.pages.first, f.order, receipt, cpu);
  }
  std::reverse(single.begin(), single.end());
  mm.free_batch(single, receipt, cpu);
}

void free_in_folio_batches(Mm& mm, std::span<const FreedRun> pages, CpuId cpu, Receipt& receipt) {
  std::vector<FreedRun> batch;
  batch.reserve(kFolioBatch);
  std::int64_t room = kFolioBatch;
  for (FreedRun rest : pages)
    while (!rest.pages.empty()) {
      const std::int64_t n = std::min<std::int64_t>(rest.pages.pages, room);
      batch.push_back({rest.pages.front(n), rest.order});
      rest.pages = rest.pages.behind(n);
      room -= n;
      if (room > 0) continue;
      mm.free_batch(batch, receipt, cpu);
      batch.clear();
      room = kFolioBatch;
    }
  mm.free_batch(batch, receipt, cpu);
}
}  // namespace

std::int64_t lru_batch_size(const KernelProfile& profile) {
  return reversed(profile) ? kPagevec : kFolioBatch;
}

void release_pages(Mm& mm, std::span<const FreedRun> pages, CpuId cpu, Receipt& receipt) {
  (reversed(mm.profile()) ? free_reversed : free_in_folio_batches)(mm, pages, cpu, receipt);
}

MmuGather::MmuGather(Mm& mm, CpuId cpu, Receipt& receipt)
    : mm_(mm), reversed_(reversed(mm.profile())), cpu_(cpu), receipt_(receipt) {
  if (mm.profile().unmap_drains_lru && cpu.valid()) mm.lru_batches().drain(cpu, receipt);
}

// Folios may come with their number of pages, for which an entry stays free.
std::int64_t MmuGather::batch_size() const {
  return (batches_.size() == 1 ? kFirstBatch : kGatherBatch) - (reversed_ ? 0 : 1);
}

void MmuGather::add(const FreedRun& pages) {
  mm_.lru_batches().unmap(pages.pages, [&](const PageRun& run) { put({run, pages.order}); });
}

void MmuGather::put(FreedRun pages) {
  while (!pages.pages.empty()) {
    if (batches_.empty()) batches_.emplace_back();
    const std::int64_t n =
        std::min<std::int64_t>(pages.pages.pages, batch_size() - batches_.back().entries);
    batches_.back().runs.push_back({pages.pages.front(n), pages.order});
    batches_.back().entries += n;
    pages.pages = pages.pages.behind(n);
    if (batches_.back().entries < batch_size()) return;
    if (std::ssize(batches_) == 1 + kMostBatches)
      finish();
    else
      batches_.emplace_back();
  }
}

void MmuGather::finish() {
  for (const Batch& batch : batches_) release_pages(mm_, batch.runs, cpu_, receipt_);
  batches_.clear();
}

}  // namespace mhp::kernel
