#include "sim/kernel/mm/lru_batches.hpp"

#include <algorithm>
#include <utility>

#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/mmu_gather.hpp"

namespace mhp::kernel {

namespace {
CpuId or_first(CpuId cpu) { return cpu.valid() ? cpu : CpuId{0}; }
}  // namespace

LruBatches::Batch* LruBatches::find(CpuId cpu) {
  const auto at = std::lower_bound(batches_.begin(), batches_.end(), cpu,
                                   [](const Batch& b, CpuId wanted) { return b.cpu < wanted; });
  return at != batches_.end() && at->cpu == cpu ? &*at : nullptr;
}

LruBatches::Batch& LruBatches::batch(CpuId cpu) {
  if (Batch* found = find(cpu)) return *found;
  const auto at = std::upper_bound(batches_.begin(), batches_.end(), cpu,
                                   [](CpuId wanted, const Batch& b) { return wanted < b.cpu; });
  return *batches_.insert(at, Batch{.cpu = cpu, .entries = {}, .within = {}});
}

std::int64_t LruBatches::room(CpuId cpu) const {
  const auto at = std::find_if(batches_.begin(), batches_.end(),
                               [&](const Batch& b) { return b.cpu == or_first(cpu); });
  const std::int64_t size = lru_batch_size(mm_.profile());
  return at == batches_.end() ? size : size - std::ssize(at->entries);
}

void LruBatches::add(Pfn pfn, int order, CpuId cpu, Receipt& receipt) {
  if (order == 0) return add(PageRun(pfn), cpu, receipt);
  flush(batch(or_first(cpu)), receipt);
}

void LruBatches::add(PageRun run, CpuId cpu, Receipt& receipt) {
  Batch& into = batch(or_first(cpu));
  const std::int64_t size = lru_batch_size(mm_.profile());
  while (!run.empty()) {
    const std::int64_t n = std::min<std::int64_t>(run.pages, size - std::ssize(into.entries));
    add_to(into, run.front(n));
    run = run.behind(n);
    if (std::ssize(into.entries) == size) flush(into, receipt);
  }
}

void LruBatches::add_to(Batch& batch, const PageRun& run) {
  const PfnRange added = run.range();
  batch.within = batch.entries.empty() ? added
                                       : PfnRange{std::min(batch.within.start, added.start),
                                                  std::max(batch.within.end, added.end)};
  const auto before = std::ssize(batch.entries);
  batch.entries.resize(static_cast<std::size_t>(before + run.pages));
  for (std::int64_t i = 0; i < run.pages; ++i)
    batch.entries[static_cast<std::size_t>(before + i)].page = run.at(i);
}

bool LruBatches::has_any_of(PfnRange range) const {
  return std::any_of(batches_.begin(), batches_.end(), [&](const Batch& b) {
    return !b.entries.empty() && b.within.start < range.end && range.start < b.within.end &&
           std::any_of(b.entries.begin(), b.entries.end(),
                       [&](const Entry& e) { return range.contains(e.page); });
  });
}

bool LruBatches::unmap(Pfn page) {
  for (Batch& b : batches_) {
    if (b.entries.empty() || !b.within.contains(page)) continue;
    const auto found = std::find_if(b.entries.begin(), b.entries.end(),
                                    [&](const Entry& e) { return e.page == page; });
    if (found == b.entries.end()) continue;
    found->mapped = false;
    ++b.kept;
    return true;
  }
  return false;
}

void LruBatches::drain(CpuId cpu, Receipt& receipt) {
  if (Batch* found = find(cpu)) flush(*found, receipt);
}

void LruBatches::drain_all(Receipt& receipt) {
  for (Batch& b : batches_) flush(b, receipt);
}

void LruBatches::flush(Batch& batch, Receipt& receipt) {
  flushed_.clear();
  flushed_.swap(batch.entries);
  if (std::exchange(batch.kept, 0) == 0) return;
  std::vector<FreedRun> unmapped;
  for (const Entry& e : flushed_)
    if (!e.mapped) unmapped.push_back({PageRun(e.page)});
  release_pages(mm_, unmapped, batch.cpu, receipt);
}

PageCount LruBatches::waiting() const {
  std::int64_t n = 0;
  for (const Batch& b : batches_) n += std::ssize(b.entries);
  return PageCount{n};
}

PageCount LruBatches::kept() const {
  std::int64_t n = 0;
  for (const Batch& b : batches_) n += b.kept;
  return PageCount{n};
}

}  // namespace mhp::kernel
