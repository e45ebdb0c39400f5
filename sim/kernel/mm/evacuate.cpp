// Emptying a range of page frames: isolation and migration as in offline_pages and
// alloc_contig_range of Linux 6.12.
#include <algorithm>

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

PageCount Mm::movable_in(PfnRange range) const {
  PageCount n;
  for (const PageOwner* owner : owners_) n += owner->pages_in(range);
  return n + reclaim_->migration().lru_pages_in(range);
}

PageCount Mm::unmovable_in(const Zone& z, PfnRange range) const {
  PageCount used;
  for (const PfnRange& gap : not_isolated(z, range))
    used += gap.pages() - z.buddy.free_in(gap) - z.pending.pages_in(gap);
  return used.value == 0 ? used : std::max(PageCount{0}, used - movable_in(range));
}

// What somebody is freeing there has nobody who uses it: it does not wait for its payer.
void Mm::isolate(Zone& z, PfnRange range) {
  for (const PendingFrees::Ticket ticket : z.pending.touching(range))
    settle(DueFree{z.node, z.type, node(z.node).first_cpu, ticket}, nobody_);
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

Evacuation Mm::evacuate(Zone& z, PfnRange range, NodeId avoid, Receipt& receipt) {
  const PageCount unmovable = unmovable_in(z, range);
  if (unmovable.value > 0) {
    undo_isolate(z, range);
    return {Evacuation::Outcome::unmovable, PageCount{0}, unmovable};
  }
  // Free pages leave the lists first, so that nothing moves to where it may not stay.
  isolate(z, range);
  const PageCount used =
      range.pages() - PageCount{z.isolated.covered(range.start.value, range.end.value)};
  Evacuation result;
  const auto move = [&](Pfn from, int order) -> std::optional<Pfn> {
    AllocRequest request = evacuation_request(z, avoid);
    request.order = order;
    const auto to = alloc_pages(request, receipt);
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
  if (result.moved == used) return result;
  undo_isolate(z, range);
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

bool Mm::alloc_contig_range(Zone& z, PfnRange range, Receipt& receipt) {
  if (!contig_possible(z, range)) return false;
  zone_pcp_disable(z, receipt);
  const Evacuation emptied = evacuate(z, range, NodeId{}, receipt);
  zone_pcp_enable(z);
  if (emptied.outcome != Evacuation::Outcome::empty) return false;
  z.isolated.erase(range.start.value, range.end.value);
  z.isolated_pages -= range.pages();
  z.in_use_pages += range.pages();
  receipt.visited(range, z.node);
  return true;
}

void Mm::free_contig_range(Zone& z, PfnRange range, Receipt& receipt) {
  receipt.visited(range, z.node);
  for (Pfn p = range.start; p < range.end; p += PageCount{kMaxOrderPages})
    free_one_page(z, {p, kMaxOrder}, node(z.node).first_cpu, receipt);
  z.in_use_pages -= range.pages();
}

}  // namespace mhp::kernel
