// Emptying a range of page frames: isolation and migration as in offline_pages of Linux 6.12.
#include <algorithm>

#include "sim/kernel/mm/evacuator.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::kernel {

namespace {
/// What of a range is not isolated yet.
std::vector<PfnRange> not_isolated(const Zone& z, PfnRange range) {
  std::vector<PfnRange> gaps;
  z.isolated.for_each_gap_in(range.start.value, range.end.value,
                             [&](std::int64_t start, std::int64_t end) {
                               gaps.push_back({Pfn{start}, Pfn{end}});
                             });
  return gaps;
}
}  // namespace

void Mm::remove_owner(const PageOwner& owner) { std::erase(owners_, &owner); }
void Mm::remove_pool(const PagePool& pool) { std::erase(pools_, &pool); }

PageCount Mm::movable_in(PfnRange range) const {
  PageCount n;
  for (const PageOwner* owner : owners_) n += owner->pages_in(range);
  return n + reclaim_->migration().lru_pages_in(range);
}

PageCount Mm::leaving_in(const Zone& z, PfnRange range) {
  return z.buddy.free_in(range) + z.pending.pages_in(range) + z.pcp_pages_in(range);
}

PageCount Mm::unmovable_in(const Zone& z, PfnRange range, Pools pools) const {
  PageCount used;
  for (const PfnRange& gap : not_isolated(z, range)) used += gap.pages() - leaving_in(z, gap);
  if (used.value == 0) return used;
  if (pools == Pools::dissolved)
    for (const PagePool* pool : pools_) used -= pool->free_in(range);
  return std::max(PageCount{0}, used - movable_in(range));
}

bool Mm::all_isolated(const Zone& z, PfnRange range) {
  const auto gaps = not_isolated(z, range);
  return std::all_of(gaps.begin(), gaps.end(),
                     [&](const PfnRange& gap) { return leaving_in(z, gap).value == 0; });
}

// What somebody is freeing there has nobody who uses it: it does not wait for its payer.
void Mm::isolate(Zone& z, PfnRange range) {
  for (const PendingFrees::Ticket ticket : z.pending.touching(range))
    settle(DueFree{z.node, z.type, node(z.node).first_cpu, ticket}, nobody_);
  if (z.pcp_pages_in(range).value > 0) z.drain_pcps(nobody_);
  for (const PfnRange& gap : not_isolated(z, range))
    z.buddy.take_range(gap).for_each_in(gap.start.value, gap.end.value, [&](const auto& i) {
      z.isolated.insert(i.start, i.end);
      z.isolated_pages += PageCount{i.end - i.start};
    });
}

// What is free goes back to the tails of the lists.
void Mm::undo_isolate(Zone& z, PfnRange range) {
  z.isolated.for_each_in(range.start.value, range.end.value, [&](const auto& i) {
    z.buddy.append({Pfn{i.start}, Pfn{i.end}});
    z.isolated_pages -= PageCount{i.end - i.start};
  });
  z.isolated.erase(range.start.value, range.end.value);
}

AllocRequest Mm::evacuation_request(const Zone& z, NodeId avoid) {
  return {.node = z.node,
          .type = MigrateType::movable,
          .highest = is_kernel_zone(z.type) ? ZoneType::normal : z.type,
          .avoid = avoid};
}

// On success the range is the caller's in the same step.
Task<Evacuation> Mm::evacuate(Host& host, Zone& z, PfnRange range, EvacuationMode mode,
                              Receipt& receipt) {
  Evacuation result = co_await Evacuator(*this, host, z, range, mode, receipt).run();
  if (result.outcome != Evacuation::Outcome::empty) co_return result;
  if (mode.dissolve) dissolve_pools(z, range, receipt);
  finish_evacuation(z, range, result);
  co_return result;
}

// dissolve_free_hugetlb_folios, once nothing of the range has to move any more. Of a gigantic page
// that is not in the range as a whole the rest becomes free.
void Mm::dissolve_pools(Zone& z, PfnRange range, Receipt& receipt) {
  for (PagePool* pool : pools_) {
    if (pool->free_in(range).value == 0) continue;
    pool->dissolve(range, receipt, [&](PfnRange gone) {
      const PfnRange in{std::max(gone.start, range.start), std::min(gone.end, range.end)};
      z.isolated.insert(in.start.value, in.end.value);
      z.in_use_pages -= in.pages();
      z.isolated_pages += in.pages();
      for (const PfnRange& rest : {PfnRange{gone.start, in.start}, PfnRange{in.end, gone.end}})
        if (!rest.empty()) free_contig_range(z, rest, receipt);
    });
  }
}

Evacuation Mm::evacuate(Zone& z, PfnRange range) {
  Evacuation result;
  result.left = unmovable_in(z, range);
  if (result.left.value > 0) {
    result.outcome = Evacuation::Outcome::unmovable;
    return result;
  }
  isolate(z, range);
  migrate_range(z, range, result);
  finish_evacuation(z, range, result);
  return result;
}

void Mm::migrate_range(Zone& z, PfnRange range, Evacuation& result) {
  const auto move = [&](Pfn from, int order) -> std::optional<Pfn> {
    AllocRequest request = evacuation_request(z, NodeId{});
    request.order = order;
    const auto to = alloc_pages(request, nobody_);
    if (!to) return std::nullopt;
    const PageCount pages{std::int64_t{1} << order};
    z.isolated.insert(from.value, from.value + pages.value);
    z.in_use_pages -= pages;
    z.isolated_pages += pages;
    result.moved += pages;
    return to->pfn;
  };
  for (PageOwner* owner : owners_) owner->migrate(range, move);
  reclaim_->migration().migrate_range(range, move);
}

void Mm::finish_evacuation(Zone& z, PfnRange range, Evacuation& result) {
  result.left = range.pages() - PageCount{z.isolated.covered(range.start.value, range.end.value)};
  if (result.left.value > 0)
    result.outcome = Evacuation::Outcome::no_memory;
  else
    z.isolated.erase(range.start.value, range.end.value);
}

}  // namespace mhp::kernel
