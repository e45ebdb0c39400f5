#include "sim/kernel/mm/hugetlb.hpp"

#include <algorithm>

#include "sim/core/invariant.hpp"

namespace mhp::kernel {

namespace {
constexpr Bytes k2MiB{2 * kMiB};
constexpr Bytes k1GiB{kGiB};
constexpr PageCount k1GiBPageCount{kGiB / kPageSize};
}  // namespace

std::int64_t Hugetlb::nr_hugepages(NodeId node, Bytes size) const {
  const auto found = pools_.find({node.value, size.value});
  return found == pools_.end() ? 0 : static_cast<std::int64_t>(found->second.size());
}

std::int64_t Hugetlb::set_nr_hugepages(NodeId node, Bytes size, std::int64_t wanted) {
  MHP_INVARIANT(size == k2MiB || size == k1GiB, "huge pages of {} bytes", size.value);
  Pool& pool = pools_[{node.value, size.value}];
  const auto count = [&] { return static_cast<std::int64_t>(pool.size()); };
  Search search;
  while (count() < wanted && (size == k2MiB ? take_2m(node, pool) : take_1g(node, pool, search))) {
  }
  for (; count() > wanted; pool.pop_back()) give(size, pool.back());
  return count();
}

// Huge pages of 2 MiB can be migrated, so Movable may give them.
bool Hugetlb::take_2m(NodeId node, Pool& pool) {
  const auto page = mm_.alloc_pages({.node = node,
                                     .order = kPageblockOrder,
                                     .type = MigrateType::movable,
                                     .highest = ZoneType::movable,
                                     .this_node = true});
  if (page) pool.push_back(page->pfn);
  return page.has_value();
}

// alloc_contig_pages: zones in the order of the zonelist, aligned ranges in ascending order.
// Watermarks are not asked. Ranges that could not be had do not become free while the pool grows:
// the search goes on where it was.
bool Hugetlb::take_1g(NodeId node, Pool& pool, Search& search) {
  const auto& zonelist = mm_.node(node).zonelist;
  for (; search.zone < zonelist.size(); ++search.zone, search.next = Pfn{0}) {
    const ZoneRef ref = zonelist[search.zone];
    if (ref.node != node || (!is_kernel_zone(ref.type) && !gigantic_from_movable_)) continue;
    Zone& zone = mm_.zone(ref.node, ref.type);
    const std::int64_t size = k1GiBPageCount.value;
    Pfn& p = search.next;
    p = std::max(p, Pfn{round_up(zone.zone_start_pfn.value, size)});
    while (p + k1GiBPageCount <= zone.zone_end_pfn()) {
      const PfnRange range{p, p + k1GiBPageCount};
      p = range.end;
      if (!mm_.alloc_contig_range(zone, range)) continue;
      pool.push_back(range.start);
      return true;
    }
  }
  return false;
}

void Hugetlb::give(Bytes size, Pfn pfn) {
  if (size == k2MiB) return mm_.free_pages(pfn, kPageblockOrder);
  mm_.free_contig_range(*mm_.zone_of(pfn), {pfn, pfn + k1GiBPageCount});
}

}  // namespace mhp::kernel
