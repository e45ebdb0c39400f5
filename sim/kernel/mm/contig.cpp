// Taking exactly the pages of a range, and giving them back: alloc_contig_range and
// free_contig_range of Linux 6.12.
#include <algorithm>

#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

bool Mm::contig_possible(const Zone& z, PfnRange range) {
  if (z.online.covered(range.start.value, range.end.value) < range.pages().value) return false;
  return z.buddy.pageblocks_in(range, MigrateType::movable) ==
             z.buddy.geometry().pageblocks(range.pages()) ||
         z.buddy.all_free_in(range);
}

// Pageblocks that somebody else has isolated are busy (set_migratetype_isolate).
bool Mm::may_take_contig(const Zone& z, PfnRange range) {
  return contig_possible(z, range) && z.isolated.covered(range.start.value, range.end.value) == 0;
}

bool Mm::take_contig(Zone& z, PfnRange range, const Evacuation& emptied, Receipt& receipt) {
  if (emptied.outcome != Evacuation::Outcome::empty) return false;
  z.isolated_pages -= range.pages();
  z.in_use_pages += range.pages();
  receipt.visited(range, z.node);
  return true;
}

bool Mm::alloc_contig_range(Zone& z, PfnRange range, Receipt& receipt) {
  if (!may_take_contig(z, range)) return false;
  zone_pcp_disable(z);
  const bool taken = take_contig(z, range, evacuate(z, range), receipt);
  if (!taken) undo_isolate(z, range);
  zone_pcp_enable(z);
  return taken;
}

Task<bool> Mm::alloc_contig_range(Host& host, Zone& z, PfnRange range, Receipt& receipt) {
  if (!may_take_contig(z, range)) co_return false;
  co_await zone_pcp_disable(host, z);
  const bool movable = unmovable_in(z, range).value == 0;
  if (movable)
    co_await change_isolation(host, z, Primitive::pageblock_isolate, range, &Mm::isolate);
  const Evacuation emptied =
      co_await evacuate(host, z, range, {.contig = true, .task = {.workqueue = false}}, receipt);
  const bool taken = take_contig(z, range, emptied, receipt);
  co_await receipt.spend(host);
  if (!taken && z.isolated.covered(range.start.value, range.end.value) > 0)
    co_await change_isolation(host, z, Primitive::pageblock_unisolate, range, &Mm::undo_isolate);
  zone_pcp_enable(z);
  co_return taken;
}

Task<void> Mm::change_isolation(Host& host, Zone& z, Primitive primitive, PfnRange range,
                                void (Mm::*change)(Zone&, PfnRange)) {
  const PageCount portion{kZoneLockGrain * geometry().pageblock_pages()};
  for (Pfn p = range.start; p < range.end; p += portion) {
    const PfnRange held{p, std::min(range.end, p + portion)};
    MemmapWork pageblocks(nodes());
    for (Pfn b = held.start; b < held.end; b += PageCount{geometry().pageblock_pages()})
      pageblocks.add(reclaim_->memmap(b, z.node), PageCount{1});
    const std::int32_t lock = zone_index(z.node, z.type);
    co_await acquire(host, Lock::zone_lock, lock, geometry().pageblocks(held.pages()));
    (this->*change)(z, held);
    if (z.lock.taken_by(node(z.node).first_cpu))
      co_await spend(host, Primitive::percpu_line, kZoneLockLines);
    co_await reclaim_->spend_work(host, primitive, pageblocks);
    co_await release(host, Lock::zone_lock, lock);
  }
}

void Mm::free_contig_range(Zone& z, PfnRange range, Receipt& receipt) {
  frees_.freed(range);
  receipt.visited(range, z.node);
  for (Pfn p = range.start; p < range.end; p += PageCount{geometry().max_order_pages()})
    free_one_page(z, {p, geometry().max_order()}, node(z.node).first_cpu, receipt);
  z.in_use_pages -= range.pages();
}

}  // namespace mhp::kernel
