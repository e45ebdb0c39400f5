#include "workloads/common/cached_file.hpp"

#include <optional>
#include <utility>

namespace mhp::workloads {

CachedFile::CachedFile(const Context& context, Bytes size, int order, const StorageParams& storage)
    : context_(context),
      cache_(context.mm, kernel::Content::page_cache, context.memcg),
      mapped_(context.mm, kernel::Content::mapped_file, context.memcg),
      calls_(context, cache_, order, nullptr),
      page_faults_(context, mapped_, order, nullptr),
      storage_(context.engine, storage),
      extents_(
          static_cast<std::size_t>(context.mm.geometry().pages_of(size) / calls_.extent_pages()),
          kAbsent),
      is_mapped_(extents_.size(), false),
      busy_(extents_.size(), false),
      read_(context.engine) {}

// Pages first, then the read into them (page_cache_ra_unbounded, then the bio).
Task<void> CachedFile::access(Thread& thread, std::size_t first, std::size_t n, FileAccess by,
                              FileUse use) {
  std::vector<std::size_t> mine;
  PageSet got(context_);
  for (std::size_t i = first; i < first + n; ++i) {
    while (busy_[i]) co_await read_.wait();
    if (complete(i)) {
      ++hits_;
      continue;
    }
    ++misses_;
    busy_[i] = true;
    mine.push_back(i);
    co_await bring_in(thread, i, by, got);
  }
  if (!mine.empty()) {
    co_await thread.spend_work();
    if (use != FileUse::overwrite) {
      co_await storage_.read(thread, context_.mm.geometry().bytes_of(got.pages()));
      co_await thread.write(std::move(got));
    }
    for (const std::size_t i : mine) busy_[i] = false;
    read_.notify_all();
  }
  PageSet used(context_);
  bool any = false;
  for (std::size_t i = first; i < first + n; ++i) {
    if (extents_[i] == kAbsent) continue;
    kernel::Population& population = population_of(i);
    if (by == FileAccess::map) population.map(extents_[i]);
    population.touch(extents_[i], use != FileUse::read);
    used.add(population, extents_[i]);
    any = true;
  }
  if (!any) co_return;
  if (by == FileAccess::map)
    co_await thread.use(std::move(used));
  else
    co_await thread.use_by_call(std::move(used));
}

// What is gone as a whole comes back as what now brings it in: read, or faulted in.
Task<void> CachedFile::bring_in(Thread& thread, std::size_t which, FileAccess by, PageSet& got) {
  const bool mapped = by == FileAccess::map;
  std::optional<Extent> extent;
  if (extents_[which] != kAbsent) {
    kernel::Population& population = population_of(which);
    extent = extents_[which];
    refaulted_ += population.missing(*extent);
    if (is_mapped_[which] != mapped && population.resident(*extent).value == 0) {
      population.free(*extent, thread.receipt());
      extents_[which] = kAbsent;
      extent.reset();
    }
  }
  if (!extent) is_mapped_[which] = mapped;
  Faults& faults = is_mapped_[which] ? page_faults_ : calls_;
  extent = co_await faults.fault(thread, extent, false, got);
  if (extent) extents_[which] = *extent;
}

}  // namespace mhp::workloads
