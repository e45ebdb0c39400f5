#include "workloads/common/process_memory.hpp"

#include <algorithm>
#include <utility>

namespace mhp::workloads {

namespace {
constexpr Bytes kStack{16 * kKiB};
/// Tables above those of PMD entries: a root, and one below it, which maps 512 GiB.
constexpr std::int64_t kUpperTables = 2;
constexpr std::int64_t count(const std::vector<Pfn>& pages) {
  return static_cast<std::int64_t>(pages.size());
}
}  // namespace

ProcessMemory::ProcessMemory(const Context& context, Tally& tally, ProcessShape shape,
                             ProcessRest rest)
    : context_(context),
      shape_(shape),
      rest_(std::move(rest)),
      anon_(context.mm, kernel::Content::anon, context.memcg),
      locked_(context.mm, kernel::Content::locked, context.memcg),
      process_(
          context.mm, tally, [this] { return badness(); },
          [this](kernel::Receipt& receipt) {
            end(receipt);
            if (rest_.at_exit) rest_.at_exit(receipt);
          },
          context.memcg, context.policy) {}

// oom_badness: what is in memory, what is in swap, and page tables.
PageCount ProcessMemory::badness() const {
  PageCount pages = resident() + swapped() + page_tables();
  if (rest_.mapped) pages += rest_.mapped();
  return pages;
}

Task<bool> ProcessMemory::grow(Thread& thread, AnonKind kind, PageSet& got) {
  if (!co_await cover(thread, anon_tables_, tables_of(size_ + pages_of(kind)))) co_return false;
  Faults faults(context_, population_of(kind), kind.order, &process_, kind.thp);
  const auto extent = co_await faults.fault(thread, std::nullopt, true, got);
  if (!extent) co_return false;
  extents_.push_back({*extent, kind});
  size_ += pages_of(kind);
  co_return true;
}

Task<std::size_t> ProcessMemory::use(Thread& thread, std::size_t first, std::size_t most) {
  const std::int64_t lives = process_.lives();
  if (!co_await bring_back(thread, extents_[first])) co_return 0;
  const std::size_t end = std::min(first + most, extents_.size());
  const PageCount piece = context_.mm.geometry().pages_of(kPieceOfTraffic);
  PageSet used(context_);
  std::size_t i = first;
  for (; i < end && used.pages() < piece; ++i) {
    const Held held = extents_[i];
    kernel::Population& population = population_of(held.kind);
    if (i > first && population.missing(held.extent).value > 0) break;
    population.touch(held.extent, true);
    used.add(population, held.extent);
  }
  co_await thread.use(std::move(used));
  co_return process_.lives() == lives ? i - first : 0;
}

// What reclaim took of an extent. False if there is no memory, or the process was killed.
Task<bool> ProcessMemory::bring_back(Thread& thread, Held held) {
  kernel::Population& population = population_of(held.kind);
  if (population.missing(held.extent).value == 0) co_return true;
  const std::int64_t lives = process_.lives();
  Faults faults(context_, population, held.kind.order, &process_, held.kind.thp);
  PageSet back(context_);
  const auto there = co_await faults.fault(thread, held.extent, true, back);
  refaulted_ += back.pages();
  co_await thread.write(std::move(back));
  co_return there.has_value() && process_.lives() == lives;
}

void ProcessMemory::free_last(kernel::Receipt& receipt) {
  const Held held = extents_.back();
  extents_.pop_back();
  size_ -= pages_of(held.kind);
  population_of(held.kind).free(held.extent, receipt);
  trim(anon_tables_, tables_of(size_), receipt);
}

void ProcessMemory::free_all(kernel::Receipt& receipt) {
  for (const Held& held : extents_) population_of(held.kind).free(held.extent, receipt);
  extents_.clear();
  size_ = {};
  anon_.free_all(receipt);  // an extent that is just being faulted in
  locked_.free_all(receipt);
  trim(anon_tables_, 0, receipt);
}

Task<bool> ProcessMemory::map_file(Thread& thread, PageCount first, PageCount pages, MapSize size) {
  if (!shape_.page_tables) return cover(thread, file_tables_, 0);
  const kernel::Geometry& g = context_.mm.geometry();
  std::int64_t missing = 0;
  const auto mark = [&](std::vector<bool>& parts, int order) {
    const auto last = static_cast<std::size_t>((first + pages - PageCount{1}).value >> order);
    if (last >= parts.size()) parts.resize(last + 1, false);
    for (auto i = static_cast<std::size_t>(first.value >> order); i <= last; ++i) {
      missing += parts[i] ? 0 : 1;
      parts[i] = true;
    }
  };
  if (size == MapSize::page) mark(file_pmds_, g.pmd_order());
  if (size <= MapSize::pmd) mark(file_puds_, g.pud_order());
  return cover(thread, file_tables_, count(file_tables_) + missing);
}

PageCount ProcessMemory::page_tables() const {
  return PageCount{count(upper_tables_) + count(anon_tables_) + count(file_tables_)};
}

std::int64_t ProcessMemory::tables_of(PageCount mapped) const {
  const kernel::Geometry& g = context_.mm.geometry();
  return (round_up(mapped.value, g.pmd_pages()) >> g.pmd_order()) +
         (round_up(mapped.value, g.pud_pages()) >> g.pud_order());
}

// Before the first fault there are the process's stacks (dup_task_struct) and its upper tables.
Task<bool> ProcessMemory::cover(Thread& thread, Pages& tables, std::int64_t wanted) {
  const Bytes stacks{kStack.value * shape_.threads};
  const std::int64_t page = context_.mm.geometry().page_size();
  if (!co_await fill(thread, stacks_, round_up(stacks.value, page) / page)) co_return false;
  if (!shape_.page_tables) co_return true;
  if (!co_await fill(thread, upper_tables_, kUpperTables)) co_return false;
  co_return co_await fill(thread, tables, wanted);
}

// GFP_KERNEL_ACCOUNT, one by one, cleared.
Task<bool> ProcessMemory::fill(Thread& thread, Pages& pages, std::int64_t wanted) {
  if (count(pages) >= wanted) co_return true;
  const std::int64_t lives = process_.lives();
  PageSet cleared(context_);
  while (count(pages) < wanted) {
    const auto page = co_await thread.alloc_accounted({.node = thread.node()});
    const bool alive = process_.lives() == lives;
    if (page && !alive) free_accounted(context_, page->pfn, thread.receipt());
    if (!page || !alive) co_return false;
    pages.push_back(page->pfn);
    cleared.add(*page, 0);
  }
  co_await thread.write(std::move(cleared));
  co_return process_.lives() == lives;
}

void ProcessMemory::trim(Pages& pages, std::int64_t wanted, kernel::Receipt& receipt) {
  for (; count(pages) > wanted; pages.pop_back()) free_accounted(context_, pages.back(), receipt);
}

void ProcessMemory::end(kernel::Receipt& receipt) {
  free_all(receipt);
  for (Pages* pages : {&file_tables_, &upper_tables_, &stacks_}) trim(*pages, 0, receipt);
  file_pmds_.clear();
  file_puds_.clear();
}

}  // namespace mhp::workloads
