// Which zone serves a request, and the way of pages from and to its lists: get_page_from_freelist,
// rmqueue and free_unref_page of Linux 6.12.
#include "sim/core/invariant.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/order.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::kernel {

bool Mm::allows(const AllocRequest& rq, ZoneRef ref) {
  if (ref.type > rq.highest || ref.node == rq.avoid) return false;
  if (rq.this_node && ref.node != rq.node) return false;
  return rq.nodemask == nullptr || contains(*rq.nodemask, ref.node);
}

std::vector<ZoneRef> Mm::zones_of(const AllocRequest& rq) const {
  std::vector<ZoneRef> zones;
  for (const ZoneRef ref : node(rq.node).zonelist)
    if (allows(rq, ref)) zones.push_back(ref);
  return zones;
}

Zone* Mm::serving(const AllocRequest& rq, Mark mark) {
  for (const ZoneRef ref : node(rq.node).zonelist) {
    if (!allows(rq, ref)) continue;
    Zone& z = zone(ref.node, ref.type);
    if (may_take(z, rq, mark)) return &z;
  }
  return nullptr;
}

Zone* Mm::zone_to_lock(const AllocRequest& rq, Mark mark) {
  Zone* z = serving(rq, mark);
  if (z == nullptr || !has_pcp_list(rq.order, profile(), geometry())) return z;
  return z->pcp(cpu_of(rq)).has(rq.order, rq.type, profile()) ? nullptr : z;
}

MaybeTask<> Mm::ready(Host& host, const AllocRequest& rq, Mark mark, Receipt& receipt) {
  if (!receipt.writes()) return MaybeTask<>();
  if (!receipt.owes() && !needs_lock(rq, mark, receipt)) return MaybeTask<>();
  return MaybeTask<>(lock_serving(host, rq, mark, receipt));
}

bool Mm::needs_lock(const AllocRequest& rq, Mark mark, const Receipt& receipt) {
  const Zone* z = zone_to_lock(rq, mark);
  return z != nullptr && !receipt.just_locked(z->node, z->type);
}

bool Mm::must_wait(const AllocRequest& rq, const Receipt& receipt) {
  return receipt.writes() && needs_lock(rq, mark_of(rq), receipt);
}

MaybeTask<> Mm::ready(Host& host, const AllocRequest& rq, Receipt& receipt) {
  if (!receipt.writes()) return MaybeTask<>();
  if (!receipt.owes() && !needs_lock(rq, mark_of(rq), receipt)) return MaybeTask<>();
  return MaybeTask<>(lock_serving(host, rq, std::nullopt, receipt));
}

// While it waits, others may take what the zone had: then another serves, or at another mark.
Task<void> Mm::lock_serving(Host& host, AllocRequest rq, std::optional<Mark> mark,
                            Receipt& receipt) {
  const auto wanted = [&] { return zone_to_lock(rq, mark ? *mark : mark_of(rq)); };
  if (receipt.owes()) co_await receipt.spend(host);
  for (const Zone* z = wanted(); z != nullptr;) {
    co_await receipt.lock(host, z->node, z->type);
    const Zone* now = wanted();
    z = now != z ? now : nullptr;
  }
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
    const auto pfn = has_pcp_list(rq.order, profile(), geometry())
                         ? z.pcp(cpu).allocate(rq.order, rq.type, z.pcp_zone(receipt))
                         : rmqueue_buddy(z, rq.order, rq.type, cpu, receipt);
    boost_if_claimed(z, rq);
    if (pfn) return hand_out(z, *pfn, rq, cpu, receipt);
  }
  return std::nullopt;
}

Allocation Mm::hand_out(Zone& z, Pfn pfn, const AllocRequest& rq, CpuId cpu, Receipt& receipt) {
  z.in_use_pages += pages_of_order(rq.order);
  z.buddy.note_change();
  receipt.allocated(pfn, rq.order, z.node, !z.lock.checks_blocks());
  if (trace_) report(PageEvent::Kind::handed_out, FreedPages{pfn, rq.order}, rq.type, cpu);
  return {pfn, z.node, z.type};
}

std::optional<Allocation> Mm::alloc_listed(const AllocRequest& rq, Receipt& receipt) {
  if (rq.order == 0) {
    const auto got = alloc_listed_run(rq, 1, receipt);
    return got ? std::optional<Allocation>({got->pages.first, got->node, got->zone}) : std::nullopt;
  }
  if (!has_pcp_list(rq.order, profile(), geometry())) return std::nullopt;
  const CpuId cpu = cpu_of(rq);
  if (trace_) trace_->cpu = cpu;
  Zone* z = serving(rq, Mark::low);
  if (z == nullptr) return std::nullopt;
  PerCpuPages& lists = z->pcp(cpu);
  if (!lists.has(rq.order, rq.type, profile())) return std::nullopt;
  return hand_out(*z, *lists.allocate(rq.order, rq.type, z->pcp_zone(receipt)), rq, cpu, receipt);
}

std::optional<RunAllocation> Mm::alloc_listed_run(const AllocRequest& rq, std::int64_t most,
                                                  Receipt& receipt) {
  const CpuId cpu = cpu_of(rq);
  if (trace_) trace_->cpu = cpu;
  Zone* z = serving(rq, Mark::low);
  if (z == nullptr) return std::nullopt;
  const PageRun run = z->pcp(cpu).take_listed(rq.type, most);
  if (run.empty()) return std::nullopt;
  z->in_use_pages += run.count();
  z->buddy.note_change();
  receipt.allocated(run);
  if (trace_) report(PageEvent::Kind::handed_out, FreedRun{run}, rq.type, cpu);
  return RunAllocation{run, z->node, z->type};
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
  if (const auto got = alloc_listed(rq, receipt)) co_return got;
  co_await ready(host, rq, Mark::low, receipt);
  if (const auto got = alloc_pages_fast(rq, receipt)) co_return got;
  co_await receipt.spend(host);
  co_return co_await reclaim_->alloc_pages_slow(host, rq);
}

Task<std::optional<Allocation>> Mm::get_page_from_freelist(Host& host, AllocRequest rq, Mark mark) {
  Receipt receipt = this->receipt();
  co_await ready(host, rq, mark, receipt);
  const auto got = get_page_from_freelist(rq, mark, receipt);
  co_await receipt.spend(host);
  co_return got;
}

void Mm::commit_free(const FreedPages& freed, CpuId cpu, Receipt& receipt) {
  if (freed.order == 0 && frees_.idle())
    return commit_free_listed(PageRun(freed.pfn), cpu, receipt);
  Zone* z = zone_of(freed.pfn);
  MHP_INVARIANT(z != nullptr, "freeing pfn {} that is not online", freed.pfn.value);
  const PfnRange pages{freed.pfn, freed.pfn + pages_of_order(freed.order)};
  z->in_use_pages -= pages.pages();
  z->buddy.note_change();
  receipt.freed(freed.pfn, freed.order, z->node);
  if (frees_.keeps(pages)) return keep_isolated(*z, pages);
  frees_.freed(pages);
  if (!cpu.valid()) cpu = node(z->node).first_cpu;
  if (!has_pcp_list(freed.order, profile(), geometry()))
    return free_one_page(*z, freed, cpu, receipt);
  const MigrateType type = z->buddy.pageblock_type(freed.pfn);
  const bool drained = z->pcp(cpu).free(freed.pfn, freed.order, type, z->pcp_zone(receipt));
  if (drained) clear_below_high(*z);
}

// While ranges are being emptied, each page is looked at.
void Mm::commit_free(const FreedRun& freed, CpuId cpu, Receipt& receipt) {
  if (freed.order == 0 && frees_.idle())
    return for_each_part(freed.pages, geometry().pageblock_order(),
                         [&](const PageRun& part) { commit_free_listed(part, cpu, receipt); });
  for (std::int64_t i = 0; i < freed.pages.pages; ++i)
    commit_free(FreedPages{freed.pages.at(i), freed.order}, cpu, receipt);
}

void Mm::commit_free_listed(PageRun run, CpuId cpu, Receipt& receipt) {
  Zone* z = zone_of(run.first);
  MHP_INVARIANT(z != nullptr, "freeing pfn {} that is not online", run.first.value);
  z->in_use_pages -= run.count();
  z->buddy.note_change();
  receipt.freed(run, z->node);
  if (!cpu.valid()) cpu = node(z->node).first_cpu;
  const MigrateType type = z->buddy.pageblock_type(run.first);
  PerCpuPages& lists = z->pcp(cpu);
  while (!run.empty()) {
    const std::int64_t n = lists.free_until_full(run, type, z->pcp_zone(receipt));
    run = run.behind(n);
    if (run.empty()) return;
    if (lists.free(run.first, 0, type, z->pcp_zone(receipt))) clear_below_high(*z);
    run = run.behind(1);
  }
}

// MIGRATE_ISOLATE: nobody gets it until the range is given up.
void Mm::keep_isolated(Zone& z, PfnRange pages) {
  z.isolated.insert(pages.start.value, pages.end.value);
  z.isolated_pages += pages.pages();
}

void Mm::free_one_page(Zone& z, const FreedPages& freed, CpuId cpu, Receipt& receipt) {
  if (!receipt.writes()) return put_on_free_list(z, freed, cpu, receipt);
  receipt.leave(DueFree{z.node, z.type, cpu, z.pending.add(freed)});
}

void Mm::put_on_free_list(Zone& z, const FreedPages& freed, CpuId cpu, Receipt& receipt) {
  z.lock.hold(cpu, receipt);
  z.buddy.free(freed.pfn, freed.order);
  ZoneLock::freed(freed.pfn, receipt);
}

void Mm::settle(const DueFree& due, Receipt& receipt) {
  Zone& z = zone(due.node, due.zone);
  if (const auto freed = z.pending.take(due.ticket)) put_on_free_list(z, *freed, due.cpu, receipt);
}

void Mm::settle(const DueDrain& due, Receipt& receipt) {
  Zone& z = zone(due.node, due.zone);
  z.pcp(due.cpu).give_back(due, z.pcp_zone(receipt));
  clear_below_high(z);
}

void Mm::free_pages(Pfn pfn, int order, Receipt& receipt, CpuId cpu) {
  const FreedPages freed{pfn, order};
  if (trace_) report(PageEvent::Kind::freed, freed, MigrateType::movable, cpu);
  commit_free(freed, cpu, receipt);
}

void Mm::free_batch(std::span<const FreedRun> batch, Receipt& receipt, CpuId cpu) {
  if (trace_)
    for (const FreedRun& f : batch) report(PageEvent::Kind::freed, f, MigrateType::movable, cpu);
  for (const FreedRun& f : batch) commit_free(f, cpu, receipt);
}

void Mm::free_page_range(PfnRange range, Receipt& receipt, CpuId cpu) {
  MHP_INVARIANT(range.start <= range.end, "{} pages are freed", range.pages().value);
  geometry().for_each_aligned_block(
      range, [&](Pfn pfn, int order) { free_pages(pfn, order, receipt, cpu); });
}

}  // namespace mhp::kernel
