#include "workloads/common/process_memory.hpp"

#include <utility>

namespace mhp::workloads {

ProcessMemory::ProcessMemory(const Context& context, Tally& tally, ProcessRest rest)
    : context_(context),
      rest_(std::move(rest)),
      anon_(context.mm, kernel::Content::anon),
      locked_(context.mm, kernel::Content::locked),
      process_(
          context.mm, tally, [this] { return badness(); },
          [this](kernel::Receipt& receipt) {
            free_all(receipt);
            if (rest_.at_exit) rest_.at_exit(receipt);
          }) {}

// oom_badness: what is in memory and what is in swap.
PageCount ProcessMemory::badness() const {
  PageCount pages = resident() + swapped();
  if (rest_.mapped) pages += rest_.mapped();
  return pages;
}

Task<bool> ProcessMemory::grow(Thread& thread, AnonKind kind, PageSet& got) {
  Faults faults(context_, population_of(kind), kind.order, &process_, kind.thp);
  const auto extent = co_await faults.fault(thread, std::nullopt, true, got);
  if (!extent) co_return false;
  extents_.push_back({*extent, kind});
  size_ += pages_of(kind);
  co_return true;
}

Task<bool> ProcessMemory::use(Thread& thread, std::size_t i) {
  const std::int64_t lives = process_.lives();
  const Held held = extents_[i];
  kernel::Population& population = population_of(held.kind);
  Faults faults(context_, population, held.kind.order, &process_, held.kind.thp);
  if (population.missing(held.extent).value > 0) {
    PageSet back(context_);
    const auto there = co_await faults.fault(thread, held.extent, true, back);
    refaulted_ += back.pages();
    co_await thread.write(std::move(back));
    if (!there || process_.lives() != lives) co_return false;
  }
  population.touch(held.extent, true);
  co_await thread.use(faults.resident(held.extent));
  co_return process_.lives() == lives;
}

void ProcessMemory::free_last(kernel::Receipt& receipt) {
  const Held held = extents_.back();
  extents_.pop_back();
  size_ -= pages_of(held.kind);
  population_of(held.kind).free(held.extent, receipt);
}

void ProcessMemory::free_all(kernel::Receipt& receipt) {
  for (const Held& held : extents_) population_of(held.kind).free(held.extent, receipt);
  extents_.clear();
  size_ = {};
  anon_.free_all(receipt);  // an extent that is just being faulted in
  locked_.free_all(receipt);
}

}  // namespace mhp::workloads
