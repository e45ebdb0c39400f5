#include "sim/kernel/mm/hugetlb.hpp"

#include <algorithm>

#include "sim/core/invariant.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

namespace {
/// Pages of one write join and leave the pool together.
bool in_batches(const KernelProfile& profile) { return profile.hugetlb_pool_in_batches; }

/// Pages that join or leave the pool in the order in which they do: as they come, or the last one
/// first where they are put on a list before (prep_and_add_allocated_folios).
std::vector<Pfn> in_pool_order(std::vector<Pfn> pages, const KernelProfile& profile) {
  if (in_batches(profile)) std::reverse(pages.begin(), pages.end());
  return pages;
}

/// Runs what has no host, and so waits for nothing.
template <class T>
T at_once(Task<T> task) {
  task.start();
  MHP_INVARIANT(task.done(), "a task without a host waits");
  return task.take();
}
}  // namespace

bool gigantic_pages_from(const Mm& mm, ZoneType zone) {
  return is_kernel_zone(zone) || mm.profile().gigantic_pages_from_movable;
}

const Hugetlb::Pool* Hugetlb::find(NodeId node, Bytes size) const {
  const auto found = pools_.find({node.value, size.value});
  return found == pools_.end() ? nullptr : &found->second;
}

std::int64_t Hugetlb::nr_hugepages(NodeId node, Bytes size) const {
  const Pool* pool = find(node, size);
  return pool ? pool->size() : 0;
}

std::int64_t Hugetlb::free_hugepages(NodeId node, Bytes size) const {
  const Pool* pool = find(node, size);
  return pool ? pool->size() - pool->mapped : 0;
}

std::optional<Pfn> Hugetlb::map(NodeId node, Bytes size) {
  Pool& pool = pools_[{node.value, size.value}];
  if (pool.free.empty()) return std::nullopt;
  const Pfn pfn = pool.free.back();
  pool.free.pop_back();
  leave(size, pfn);
  ++pool.mapped;
  return pfn;
}

void Hugetlb::unmap(NodeId node, Bytes size, Pfn pfn) {
  Pool& pool = pools_[{node.value, size.value}];
  join(pool, size, pfn);
  --pool.mapped;
}

void Hugetlb::join(Pool& pool, Bytes size, Pfn pfn) {
  pool.free.push_back(pfn);
  free_.insert(pfn.value, (pfn + mm_.geometry().pages_of(size)).value);
}

void Hugetlb::leave(Bytes size, Pfn pfn) {
  free_.erase(pfn.value, (pfn + mm_.geometry().pages_of(size)).value);
}

PageCount Hugetlb::free_in(PfnRange range) const {
  return PageCount{free_.covered(range.start.value, range.end.value)};
}

void Hugetlb::dissolve(PfnRange range, Receipt& receipt, const Gone& gone) {
  struct Found {
    Pfn pfn;
    Bytes size;
    NodeId node;
    Pool* pool;
  };
  std::vector<Found> found;
  for (auto& [key, pool] : pools_)
    for (const Pfn p : pool.free)
      if (p < range.end && range.start < p + mm_.geometry().pages_of(Bytes{key.second}))
        found.push_back({p, Bytes{key.second}, NodeId{key.first}, &pool});
  std::sort(found.begin(), found.end(),
            [](const Found& a, const Found& b) { return a.pfn < b.pfn; });
  for (const Found& f : found) {
    const Resize how{f.node, f.size, 0, nullptr, receipt, mm_.node(f.node).first_cpu};
    const std::vector<Pfn> alone(1, f.pfn);
    if (at_once(restore(how, alone)) == 0) return;
    std::erase(f.pool->free, f.pfn);
    leave(f.size, f.pfn);
    gone({f.pfn, f.pfn + mm_.geometry().pages_of(f.size)});
  }
}

std::int64_t Hugetlb::set_nr_hugepages(NodeId node, Bytes size, std::int64_t wanted,
                                       Receipt& receipt, CpuId cpu) {
  const Resize how{node, size, wanted, nullptr, receipt, cpu};
  std::vector<Pfn> taken;
  Search search;
  while (nr_hugepages(node, size) + static_cast<std::int64_t>(taken.size()) < wanted) {
    std::optional<Pfn> page;
    if (is_gigantic(size))
      page = take_gigantic(node, size, search, receipt);
    else if (const auto got = mm_.alloc_pages(huge_request(node, size, cpu), receipt))
      page = got->pfn;
    if (!page) break;
    taken.push_back(*page);
    at_once(prepare(how, std::vector<Pfn>(1, *page), false));
  }
  return at_once(resize(how, std::move(taken)));
}

// While it waits, pages of the pool may be mapped and come back, which changes nothing here.
Task<std::int64_t> Hugetlb::set_nr_hugepages(Host& host, NodeId node, Bytes size,
                                             std::int64_t wanted, CpuId cpu) {
  Receipt receipt = mm_.receipt();
  const Resize how{node, size, wanted, &host, receipt, cpu};
  std::vector<Pfn> taken;
  Search search;
  while (nr_hugepages(node, size) + static_cast<std::int64_t>(taken.size()) < wanted) {
    std::optional<Pfn> page;
    if (is_gigantic(size))
      page = co_await take_gigantic(host, node, size, search, receipt);
    else if (const auto got =
                 co_await mm_.alloc_pages(host, huge_request(node, size, cpu), receipt))
      page = got->pfn;
    if (!page) break;
    taken.push_back(*page);
    std::vector<Pfn> alone(1, *page);
    co_await prepare(how, std::move(alone), false);
  }
  const PageCount fresh = mm_.geometry().pages_of(size) * static_cast<std::int64_t>(taken.size());
  const std::int64_t now = co_await resize(how, std::move(taken));
  co_await receipt.spend(host);
  // prep_new_page, of every order and of what alloc_contig_range takes.
  if (mm_.init_on_alloc() && fresh.value > 0)
    co_await spend(host, Primitive::kernel_init_page, mm_.geometry().contents(fresh), node);
  co_return now;
}

Task<void> Hugetlb::prepare(Resize how, std::vector<Pfn> pages, bool together) {
  HugetlbVmemmap* vmemmap = mm_.huge_page_vmemmap();
  if (vmemmap == nullptr || together != in_batches(mm_.profile())) co_return;
  co_await vmemmap->optimize(how.host, std::move(pages), how.size, how.receipt, how.cpu);
}

// New pages join the head of the pool.
Task<std::int64_t> Hugetlb::resize(Resize how, std::vector<Pfn> taken) {
  taken = in_pool_order(std::move(taken), mm_.profile());
  co_await prepare(how, taken, true);
  Pool& pool = pools_[{how.node.value, how.size.value}];
  for (const Pfn p : taken) join(pool, how.size, p);
  co_await shrink(how, pool);
  co_return pool.size();
}

// From the head of the pool. Pages whose vmemmap cannot be had stay: they are surplus
// (update_and_free_pages_bulk, bulk_vmemmap_restore_error).
Task<void> Hugetlb::shrink(Resize how, Pool& pool) {
  auto first = pool.free.end();
  for (std::int64_t more = pool.size() - how.wanted; more > 0 && first != pool.free.begin(); --more)
    --first;
  std::vector<Pfn> leaving = in_pool_order({first, pool.free.end()}, mm_.profile());
  pool.free.erase(first, pool.free.end());
  for (const Pfn p : leaving) leave(how.size, p);
  while (!leaving.empty()) {
    std::int64_t ready = co_await restore(how, leaving);
    while (ready == 0 && !leaving.empty()) {
      const std::vector<Pfn> alone(1, leaving.front());
      ready = co_await restore(how, alone);
      if (ready > 0) break;
      join(pool, how.size, leaving.front());
      leaving.erase(leaving.begin());
    }
    const auto end = leaving.begin() + ready;
    for (auto p = leaving.begin(); p != end; ++p) give(how.size, *p, how.receipt, how.cpu);
    leaving.erase(leaving.begin(), end);
  }
}

// How many of the pages, from the first on, have all of their vmemmap.
Task<std::int64_t> Hugetlb::restore(Resize how, const std::vector<Pfn>& pages) {
  HugetlbVmemmap* vmemmap = mm_.huge_page_vmemmap();
  if (vmemmap == nullptr) co_return static_cast<std::int64_t>(pages.size());
  co_return co_await vmemmap->restore(how.host, pages, how.size, how.receipt, how.cpu);
}

int Hugetlb::order_of(Bytes size) const { return mm_.geometry().order_of(size); }

// Huge pages can be migrated, so Movable may give them. They are worth trying hard for;
// the write ends with the first that cannot be had, so that it is tried so hard but once
// (alloc_buddy_hugetlb_folio).
AllocRequest Hugetlb::huge_request(NodeId node, Bytes size, CpuId cpu) const {
  return {.node = node,
          .order = order_of(size),
          .type = MigrateType::movable,
          .highest = ZoneType::movable,
          .this_node = true,
          .cpu = cpu,
          .retry = Retry::mayfail};
}

// alloc_contig_pages: zones in the order of the zonelist, aligned ranges in ascending order.
// Watermarks are not asked. Ranges that could not be had do not become free while the pool grows:
// the search goes on where it was.
std::optional<PfnRange> Hugetlb::next_gigantic(NodeId node, Bytes size, Search& search) {
  const PageCount pages = mm_.geometry().pages_of(size);
  const auto& zonelist = mm_.node(node).zonelist;
  for (; search.zone < zonelist.size(); ++search.zone, search.next = Pfn{0}) {
    search.in = zonelist[search.zone];
    if (search.in.node != node || !gigantic_pages_from(mm_, search.in.type)) continue;
    const Zone& zone = mm_.zone(search.in.node, search.in.type);
    const Pfn start = std::max(search.next, Pfn{round_up(zone.zone_start_pfn.value, pages.value)});
    if (start + pages > zone.zone_end_pfn()) continue;
    search.next = start + pages;
    return PfnRange{start, search.next};
  }
  return std::nullopt;
}

std::optional<Pfn> Hugetlb::take_gigantic(NodeId node, Bytes size, Search& search,
                                          Receipt& receipt) {
  while (const auto range = next_gigantic(node, size, search))
    if (mm_.alloc_contig_range(mm_.zone(search.in.node, search.in.type), *range, receipt))
      return range->start;
  return std::nullopt;
}

Task<std::optional<Pfn>> Hugetlb::take_gigantic(Host& host, NodeId node, Bytes size, Search& search,
                                                Receipt& receipt) {
  while (const auto range = next_gigantic(node, size, search)) {
    Zone& zone = mm_.zone(search.in.node, search.in.type);
    if (co_await mm_.alloc_contig_range(host, zone, *range, receipt)) co_return range->start;
  }
  co_return std::nullopt;
}

void Hugetlb::give(Bytes size, Pfn pfn, Receipt& receipt, CpuId cpu) {
  if (!is_gigantic(size)) return mm_.free_pages(pfn, order_of(size), receipt, cpu);
  mm_.free_contig_range(*mm_.zone_of(pfn), {pfn, pfn + mm_.geometry().pages_of(size)}, receipt);
}

}  // namespace mhp::kernel
