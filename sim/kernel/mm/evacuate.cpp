// Emptying a range of page frames: isolation and migration as in offline_pages and
// alloc_contig_range of Linux 6.12.
#include <algorithm>

#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::kernel {

void Mm::remove_owner(const PageOwner& owner) { std::erase(owners_, &owner); }

// zone_pcp_disable: the zone's per-CPU lists are empty, and stay so, until the range is.
Evacuation Mm::evacuate(Zone& z, PfnRange range, NodeId avoid) {
  if (trace_) trace_->cpu = CpuId{};
  z.drain_pcps();
  z.pcp_limits = kPcpDisabled;
  const Evacuation result = isolate_and_migrate(z, range, avoid);
  update_pcp_limits(z);
  return result;
}

Evacuation Mm::isolate_and_migrate(Zone& z, PfnRange range, NodeId avoid) {
  const PageCount used = range.pages() - z.buddy.free_in(range);
  PageCount movable;
  for (const PageOwner* owner : owners_) movable += owner->pages_in(range);
  movable += reclaim_->migration().lru_pages_in(range);
  if (movable < used) return {Evacuation::Outcome::unmovable, PageCount{0}, used - movable};

  // Free pages leave the lists first, so that nothing moves to where it may not stay.
  IntervalSet empty = z.buddy.take_range(range);
  z.isolated_pages += range.pages() - used;
  Evacuation result;
  const AllocRequest target{.node = z.node,
                            .type = MigrateType::movable,
                            .highest = is_kernel_zone(z.type) ? ZoneType::normal : z.type,
                            .avoid = avoid};
  const auto move = [&](Pfn from, int order) -> std::optional<Pfn> {
    AllocRequest request = target;
    request.order = order;
    const auto to = alloc_pages(request);
    if (!to) return std::nullopt;
    const PageCount pages{std::int64_t{1} << order};
    empty.insert(from.value, from.value + pages.value);
    z.in_use_pages -= pages;
    z.isolated_pages += pages;
    result.moved += pages;
    return to->pfn;
  };
  for (PageOwner* owner : owners_) owner->migrate(range, move);
  reclaim_->migration().migrate_range(range, move);
  if (result.moved == used) return result;

  // undo_isolate_page_range: what is free goes back to the tails of the lists.
  empty.for_each_in(range.start.value, range.end.value, [&](const auto& i) {
    z.buddy.append({Pfn{i.start}, Pfn{i.end}});
    z.isolated_pages -= PageCount{i.end - i.start};
  });
  result.outcome = Evacuation::Outcome::no_memory;
  result.left = used - result.moved;
  return result;
}

bool Mm::contig_possible(const Zone& z, PfnRange range) {
  if (z.online.covered(range.start.value, range.end.value) < range.pages().value) return false;
  return z.buddy.pageblocks_in(range, MigrateType::movable) ==
             range.pages().value / kPageblockPages ||
         z.buddy.free_in(range) == range.pages();
}

bool Mm::alloc_contig_range(Zone& z, PfnRange range) {
  if (!contig_possible(z, range)) return false;
  if (evacuate(z, range, NodeId{}).outcome != Evacuation::Outcome::empty) return false;
  z.isolated_pages -= range.pages();
  z.in_use_pages += range.pages();
  if (work_) work_->visited(range, z.node);
  return true;
}

void Mm::free_contig_range(Zone& z, PfnRange range) {
  if (work_) work_->visited(range, z.node);
  for (Pfn p = range.start; p < range.end; p += PageCount{kMaxOrderPages}) {
    z.lock.hold(node(z.node).first_cpu);
    z.buddy.free(p, kMaxOrder);
    z.lock.freed(p);
  }
  z.in_use_pages -= range.pages();
}

}  // namespace mhp::kernel
