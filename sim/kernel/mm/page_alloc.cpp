// Which zone serves a request, and the way of pages through the per-CPU lists:
// get_page_from_freelist, rmqueue, free_unref_page and zone_pcp_update of Linux 6.12.
#include <algorithm>

#include "sim/core/invariant.hpp"
#include "sim/kernel/mm/aligned_blocks.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::kernel {

namespace {
constexpr PageCount pages_of_order(int order) { return PageCount{std::int64_t{1} << order}; }
}  // namespace

bool Mm::watermark_ok(const Zone& zone, PageCount mark, const AllocRequest& rq, PageCount free) {
  // min reserves halve for GFP_ATOMIC, and a quarter less again as it cannot sleep.
  std::int64_t min = mark.value;
  if (rq.atomic) {
    min -= min / 2;
    min -= min / 4;
  }
  if (rq.oom_victim) min -= min / 2;
  const std::int64_t reserve = zone.lowmem_reserve[static_cast<std::size_t>(rq.highest)].value;
  const std::int64_t usable = free.value - ((std::int64_t{1} << rq.order) - 1);
  return usable > min + reserve && zone.buddy.has_block(rq.order);
}

bool Mm::allows(const AllocRequest& rq, ZoneRef ref) {
  if (ref.type > rq.highest || ref.node == rq.avoid) return false;
  if (rq.this_node && ref.node != rq.node) return false;
  return rq.nodemask == nullptr ||
         (ref.node.index() < rq.nodemask->size() && (*rq.nodemask)[ref.node.index()]);
}

std::vector<ZoneRef> Mm::zones_of(const AllocRequest& rq) const {
  std::vector<ZoneRef> zones;
  for (const ZoneRef ref : node(rq.node).zonelist)
    if (allows(rq, ref)) zones.push_back(ref);
  return zones;
}

void Mm::drain_all_pages() {
  for (Node& n : nodes_)
    for (Zone& z : n.zones) z.drain_pcps();
}

// Only the slow path's `min` may be undercut, and a single page asked for atomically ignores its
// boost. Whoever finds a zone below its high watermark leaves
// a note for those who free.
bool Mm::may_take(Zone& zone, const AllocRequest& rq, Mark mark) {
  if (mark == Mark::none) return true;
  AllocRequest held = rq;
  if (mark != Mark::min) held.atomic = held.oom_victim = false;
  const PageCount free = zone.buddy.free_pages();
  if (!zone.below_high) {
    if (watermark_ok(zone, zone.wmark(Mark::high), held, free)) return true;
    zone.below_high = true;
  }
  const bool boosted = !(mark == Mark::min && rq.atomic && rq.order == 0);
  return watermark_ok(zone, boosted ? zone.wmark(mark) : zone.watermark.of(mark), held, free);
}

// Claiming says that one kind of memory runs short: kswapd is to free more, even if all is well
// otherwise. Where there is none, nobody would lower the watermarks again.
void Mm::boost_if_claimed(Zone& zone, const AllocRequest& rq) {
  const std::int64_t claims = zone.buddy.take_claims();
  if (claims == 0 || !reclaim_->has_threads()) return;
  if (boost_watermark(zone, watermark_boost_factor_, claims) && rq.kswapd)
    reclaim_->wakeup_kswapd(zone.node, 0, zone.type);
}

std::optional<Allocation> Mm::get_page_from_freelist(const AllocRequest& rq, Mark mark) {
  const CpuId cpu = rq.cpu.valid() ? rq.cpu : node(rq.node).first_cpu;
  if (trace_) trace_->cpu = cpu;
  for (const ZoneRef ref : node(rq.node).zonelist) {
    if (!allows(rq, ref)) continue;
    Zone& z = zone(ref.node, ref.type);
    if (!may_take(z, rq, mark)) continue;
    const auto pfn = has_pcp_list(rq.order) ? z.pcp(cpu).allocate(rq.order, rq.type, z.pcp_zone())
                                            : rmqueue_buddy(z, rq.order, rq.type, cpu);
    boost_if_claimed(z, rq);
    if (!pfn) continue;
    z.in_use_pages += pages_of_order(rq.order);
    if (work_) work_->allocated(*pfn, rq.order, z.node, !profile_.pages_checked_under_zone_lock);
    if (trace_) report(PageEvent::Kind::handed_out, {*pfn, rq.order}, rq.type, cpu);
    return Allocation{*pfn, ref.node, ref.type};
  }
  return std::nullopt;
}

std::optional<Pfn> Mm::rmqueue_buddy(Zone& z, int order, MigrateType type, CpuId cpu) {
  z.lock.hold(cpu);
  const auto pfn = z.buddy.allocate(order, type);
  if (pfn) z.lock.taken(*pfn, order);
  return pfn;
}

std::optional<Allocation> Mm::alloc_pages(const AllocRequest& rq) {
  if (const auto got = alloc_pages_fast(rq)) return got;
  reclaim_->wake_all_kswapds(rq);
  return get_page_from_freelist(rq, Mark::min);
}

Task<std::optional<Allocation>> Mm::alloc_pages(Host& host, AllocRequest rq) {
  if (const auto got = alloc_pages_fast(rq)) co_return got;
  co_return co_await alloc_pages_slow(host, rq);
}

void Mm::account_work() {
  work_ = std::make_unique<AllocatorWork>(
      [this](Pfn pfn, NodeId own) { return reclaim_->memmap(pfn, own); });
  for (Node& n : nodes_)
    for (Zone& z : n.zones)
      z.lock.connect(work_.get(), z.node, z.type, profile_.pages_checked_under_zone_lock);
}

Task<void> Mm::spend_work(Host& host) {
  if (has_work()) co_await spend(host, work_->take());
}

void Mm::forget_work() {
  if (work_) work_->take();
}

Task<std::optional<Allocation>> Mm::alloc_pages_slow(Host& host, AllocRequest rq) {
  co_await spend_work(host);
  const auto got = co_await reclaim_->alloc_pages_slow(host, rq);
  co_await spend_work(host);
  co_return got;
}

void Mm::report(PageEvent::Kind kind, const FreedPages& pages, MigrateType type, CpuId cpu) const {
  trace_->cpu = cpu;
  trace_->page_event({.kind = kind, .pfn = pages.pfn, .order = pages.order, .type = type});
}

void Mm::commit_free(const FreedPages& freed, CpuId cpu) {
  Zone* z = zone_of(freed.pfn);
  MHP_INVARIANT(z != nullptr, "freeing pfn {} that is not online", freed.pfn.value);
  z->in_use_pages -= pages_of_order(freed.order);
  if (work_) work_->freed(freed.pfn, freed.order, z->node);
  if (!cpu.valid()) cpu = node(z->node).first_cpu;
  if (!has_pcp_list(freed.order)) {
    z->lock.hold(cpu);
    z->buddy.free(freed.pfn, freed.order);
    return z->lock.freed(freed.pfn);
  }
  const MigrateType type = z->buddy.pageblock_type(freed.pfn);
  const bool drained = z->pcp(cpu).free(freed.pfn, freed.order, type, z->pcp_zone());
  if (drained && z->below_high &&
      watermark_ok(*z, z->wmark(Mark::high), {.highest = ZoneType::movable}, z->buddy.free_pages()))
    z->below_high = false;
}

void Mm::free_pages(Pfn pfn, int order, CpuId cpu) {
  const FreedPages freed{pfn, order};
  if (trace_) report(PageEvent::Kind::freed, freed, MigrateType::movable, cpu);
  commit_free(freed, cpu);
}

void Mm::free_batch(std::span<const FreedPages> batch, CpuId cpu) {
  if (trace_)
    for (const FreedPages& f : batch) report(PageEvent::Kind::freed, f, MigrateType::movable, cpu);
  for (const FreedPages& f : batch) commit_free(f, cpu);
}

void Mm::free_page_range(PfnRange range) {
  for_each_aligned_block(range, [&](Pfn pfn, int order) { free_pages(pfn, order); });
}

void Mm::set_trace(PageTrace* trace) {
  trace_ = trace;
  for (Node& n : nodes_)
    for (Zone& z : n.zones) z.buddy.connect(this, trace);
}

void Mm::trace_onlined(PfnRange range) {
  if (!trace_) return;
  for_each_aligned_block(range, [&](Pfn pfn, int order) {
    report(PageEvent::Kind::freed, {pfn, order}, MigrateType::movable, CpuId{});
  });
}

PageCount Mm::movable_in(PfnRange range) const {
  PageCount n;
  for (const PageOwner* owner : owners_) n += owner->pages_in(range);
  return n + reclaim_->migration().lru_pages_in(range);
}

void Mm::update_pcp_limits(Zone& z) {
  const std::int64_t own = node(z.node).cpus;
  z.pcp_limits =
      pcp_limits(z.managed_pages, z.watermark.low, own > 0 ? own : online_cpus(), high_fraction_);
}

void Mm::set_percpu_pagelist_high_fraction(std::int64_t fraction) {
  high_fraction_ = fraction;
  for (Node& n : nodes_)
    for (Zone& z : n.zones) update_pcp_limits(z);
}

void Mm::vmstat_update() {
  for (Node& n : nodes_)
    for (Zone& z : n.zones)
      for (PerCpuPages& lists : z.pcps) {
        if (trace_) trace_->cpu = lists.cpu();
        lists.vmstat_update(z.pcp_zone(), !n.has_cpu(lists.cpu()));
      }
}

}  // namespace mhp::kernel
