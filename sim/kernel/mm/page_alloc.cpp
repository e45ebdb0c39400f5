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

void Mm::drain_all_pages(Receipt& receipt) {
  for (Node& n : nodes_)
    for (Zone& z : n.zones) z.drain_pcps(receipt);
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

// What was drained may have brought the zone above its mark.
void Mm::clear_below_high(Zone& z) {
  if (z.below_high &&
      watermark_ok(z, z.wmark(Mark::high), {.highest = ZoneType::movable}, z.buddy.free_pages()))
    z.below_high = false;
}

Zone* Mm::zone_to_lock(const AllocRequest& rq, Mark mark) {
  const CpuId cpu = cpu_of(rq);
  for (const ZoneRef ref : node(rq.node).zonelist) {
    if (!allows(rq, ref)) continue;
    Zone& z = zone(ref.node, ref.type);
    if (!may_take(z, rq, mark)) continue;
    const bool listed = has_pcp_list(rq.order) && z.pcp(cpu).has(rq.order, rq.type, z.pcp_rules);
    return listed ? nullptr : &z;
  }
  return nullptr;
}

MaybeTask Mm::ready(Host& host, const AllocRequest& rq, Mark mark, Receipt& receipt) {
  const Zone* z = receipts_.accounts() ? zone_to_lock(rq, mark) : nullptr;
  return z != nullptr ? MaybeTask(receipt.lock(host, z->node, z->type)) : MaybeTask();
}

// Claiming says that one kind of memory runs short: kswapd is to free more, even if all is well
// otherwise. Where there is none, nobody would lower the watermarks again.
void Mm::boost_if_claimed(Zone& zone, const AllocRequest& rq) {
  const std::int64_t claims = zone.buddy.take_claims();
  if (claims == 0 || !reclaim_->has_threads()) return;
  if (boost_watermark(zone, watermark_boost_factor_, claims) && rq.kswapd)
    reclaim_->wakeup_kswapd(zone.node, 0, zone.type);
}

std::optional<Allocation> Mm::get_page_from_freelist(const AllocRequest& rq, Mark mark,
                                                     Receipt& receipt) {
  const CpuId cpu = cpu_of(rq);
  if (trace_) trace_->cpu = cpu;
  for (const ZoneRef ref : node(rq.node).zonelist) {
    if (!allows(rq, ref)) continue;
    Zone& z = zone(ref.node, ref.type);
    if (!may_take(z, rq, mark)) continue;
    const auto pfn = has_pcp_list(rq.order)
                         ? z.pcp(cpu).allocate(rq.order, rq.type, z.pcp_zone(receipt))
                         : rmqueue_buddy(z, rq.order, rq.type, cpu, receipt);
    boost_if_claimed(z, rq);
    if (!pfn) continue;
    z.in_use_pages += pages_of_order(rq.order);
    receipt.allocated(*pfn, rq.order, z.node, !profile_.pages_checked_under_zone_lock);
    if (trace_) report(PageEvent::Kind::handed_out, {*pfn, rq.order}, rq.type, cpu);
    return Allocation{*pfn, ref.node, ref.type};
  }
  return std::nullopt;
}

std::optional<Pfn> Mm::rmqueue_buddy(Zone& z, int order, MigrateType type, CpuId cpu,
                                     Receipt& receipt) {
  z.lock.hold(cpu, receipt);
  const auto pfn = z.buddy.allocate(order, type);
  if (pfn) z.lock.taken(*pfn, order, receipt);
  return pfn;
}

std::optional<Allocation> Mm::alloc_pages(const AllocRequest& rq, Receipt& receipt) {
  if (const auto got = alloc_pages_fast(rq, receipt)) return got;
  reclaim_->wake_all_kswapds(rq);
  return get_page_from_freelist(rq, Mark::min, receipt);
}

Task<std::optional<Allocation>> Mm::alloc_pages(Host& host, AllocRequest rq, Receipt& receipt) {
  co_await ready(host, rq, Mark::low, receipt);
  if (const auto got = alloc_pages_fast(rq, receipt)) co_return got;
  co_return co_await alloc_pages_slow(host, rq, receipt);
}

void Mm::account_work() {
  receipts_.account([this](Pfn pfn, NodeId own) { return reclaim_->memmap(pfn, own); },
                    [this](const DueDrain& due, Receipt& receipt) {
                      Zone& z = zone(due.node, due.zone);
                      z.pcp(due.cpu).give_back(due, z.pcp_zone(receipt));
                      clear_below_high(z);
                    });
}

Task<std::optional<Allocation>> Mm::get_page_from_freelist(Host& host, AllocRequest rq, Mark mark) {
  Receipt receipt = this->receipt();
  co_await ready(host, rq, mark, receipt);
  const auto got = get_page_from_freelist(rq, mark, receipt);
  co_await receipt.spend(host);
  co_return got;
}

Task<void> Mm::drain_all_pages(Host& host) {
  Receipt receipt = this->receipt();
  for (Node& n : nodes_)
    for (Zone& z : n.zones) {
      if (z.pcp_pages().value == 0) continue;
      co_await receipt.lock(host, z.node, z.type);
      z.drain_pcps(receipt);
      co_await receipt.spend(host);
    }
}

Task<std::optional<Allocation>> Mm::alloc_pages_slow(Host& host, AllocRequest rq,
                                                     Receipt& receipt) {
  co_await receipt.spend(host);
  co_return co_await reclaim_->alloc_pages_slow(host, rq);
}

void Mm::report(PageEvent::Kind kind, const FreedPages& pages, MigrateType type, CpuId cpu) const {
  trace_->cpu = cpu;
  trace_->page_event({.kind = kind, .pfn = pages.pfn, .order = pages.order, .type = type});
}

void Mm::commit_free(const FreedPages& freed, CpuId cpu, Receipt& receipt) {
  Zone* z = zone_of(freed.pfn);
  MHP_INVARIANT(z != nullptr, "freeing pfn {} that is not online", freed.pfn.value);
  z->in_use_pages -= pages_of_order(freed.order);
  receipt.freed(freed.pfn, freed.order, z->node);
  if (!cpu.valid()) cpu = node(z->node).first_cpu;
  if (!has_pcp_list(freed.order)) {
    z->lock.hold(cpu, receipt);
    z->buddy.free(freed.pfn, freed.order);
    return ZoneLock::freed(freed.pfn, receipt);
  }
  const MigrateType type = z->buddy.pageblock_type(freed.pfn);
  const bool drained = z->pcp(cpu).free(freed.pfn, freed.order, type, z->pcp_zone(receipt));
  if (drained) clear_below_high(*z);
}

void Mm::free_pages(Pfn pfn, int order, Receipt& receipt, CpuId cpu) {
  const FreedPages freed{pfn, order};
  if (trace_) report(PageEvent::Kind::freed, freed, MigrateType::movable, cpu);
  commit_free(freed, cpu, receipt);
}

void Mm::free_batch(std::span<const FreedPages> batch, Receipt& receipt, CpuId cpu) {
  if (trace_)
    for (const FreedPages& f : batch) report(PageEvent::Kind::freed, f, MigrateType::movable, cpu);
  for (const FreedPages& f : batch) commit_free(f, cpu, receipt);
}

void Mm::free_page_range(PfnRange range, Receipt& receipt) {
  for_each_aligned_block(range, [&](Pfn pfn, int order) { free_pages(pfn, order, receipt); });
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

void Mm::vmstat_update(Receipt& receipt) {
  for (Node& n : nodes_)
    for (Zone& z : n.zones)
      for (PerCpuPages& lists : z.pcps) {
        if (trace_) trace_->cpu = lists.cpu();
        lists.vmstat_update(z.pcp_zone(receipt), !n.has_cpu(lists.cpu()));
      }
}

}  // namespace mhp::kernel
