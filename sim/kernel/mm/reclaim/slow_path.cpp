// __alloc_pages_slowpath of mm/page_alloc.c, Linux 6.12.
#include <algorithm>

#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

// A request that reclaim itself makes gets what there is, one of a dying task half of `min`.
Task<std::optional<Allocation>> Reclaim::alloc_pages_slow(Host& host, AllocRequest rq) {
  const Mark mark = rq.memalloc ? Mark::none : Mark::min;
  const bool costly = rq.order > kCostlyOrder;
  CompactPriority priority = CompactPriority::light;
  CompactResult compacted = CompactResult::skipped;
  std::int64_t no_progress_loops = 0;
  std::int64_t compaction_retries = 0;
  for (bool first = true;; first = false) {
    wake_all_kswapds(rq);
    if (const auto got = co_await mm_.get_page_from_freelist(host, rq, mark)) co_return got;
    if (!rq.may_reclaim()) break;
    // Large blocks, and those that pages to be moved cannot free, are better made than reclaimed.
    if (first && (costly || (rq.order > 0 && rq.type != MigrateType::movable))) {
      if (const auto got = co_await compaction_.direct(host, rq, CompactPriority::async, compacted))
        co_return got;
      if (costly && rq.retry == Retry::noretry && compacted <= CompactResult::deferred) break;
      if (rq.retry == Retry::noretry) priority = CompactPriority::async;
      wake_all_kswapds(rq);
      if (const auto got = co_await mm_.get_page_from_freelist(host, rq, mark)) co_return got;
    }

    bool progress = false;
    if (const auto got = co_await alloc_pages_direct_reclaim(host, rq, progress)) co_return got;
    if (const auto got = co_await compaction_.direct(host, rq, priority, compacted)) co_return got;
    if (rq.retry == Retry::noretry) break;
    if (costly && rq.retry != Retry::mayfail) break;
    if (rq.dying()) break;
    const bool retry = should_reclaim_retry(rq, progress, no_progress_loops);
    // A worker of a queue sleeps, that it may not keep its queue busy (PF_WQ_WORKER).
    if (rq.kthread && no_progress_loops <= kMaxReclaimRetries) co_await sleep_jiffies(host, 1);
    if (retry) continue;
    if (progress && compaction_.should_retry(rq, compacted, priority, compaction_retries)) continue;

    if (const auto got = co_await alloc_pages_may_oom(host, rq, progress)) co_return got;
    if (!progress || rq.oom_victim) break;
    no_progress_loops = 0;
    compaction_retries = 0;
  }
  ++events_.alloc_fail;
  co_return std::nullopt;
}

// Where there is nothing to reclaim, what is free counts for it, so that the zone is not left out
// (then should_reclaim_retry and compaction_zonelist_suitable count it twice).
PageCount Reclaim::reclaimable(const Zone& z) const {
  PageCount n = lru_.zone_size(z.node, z.type, LruList::inactive_file) +
                lru_.zone_size(z.node, z.type, LruList::active_file);
  if (may_reclaim_anon(z.node))
    n += lru_.zone_size(z.node, z.type, LruList::inactive_anon) +
         lru_.zone_size(z.node, z.type, LruList::active_anon);
  if (n.value == 0 && mm_.profile().free_pages_reclaimable) return z.buddy.free_pages();
  return n;
}

// Worth another round while some zone could meet the request if all that can be reclaimed were
// free; at most 16 rounds without progress in a row.
bool Reclaim::should_reclaim_retry(const AllocRequest& rq, bool progress,
                                   std::int64_t& loops) const {
  loops = progress && rq.order <= kCostlyOrder ? 0 : loops + 1;
  if (loops > kMaxReclaimRetries) return false;
  const auto zones = mm_.zones_of(rq);
  return std::any_of(zones.begin(), zones.end(), [&](const ZoneRef ref) {
    const Zone& z = mm_.zone(ref.node, ref.type);
    return Mm::watermark_ok(z, z.wmark(Mark::min), rq, z.buddy.free_pages() + reclaimable(z));
  });
}

Task<std::optional<Allocation>> Reclaim::alloc_pages_direct_reclaim(Host& host, AllocRequest rq,
                                                                    bool& progress) {
  note(host, TaskState::memstall_enter);
  const PageCount freed = co_await try_to_free_pages(host, rq);
  progress = freed.value > 0;
  std::optional<Allocation> got;
  if (progress) {
    got = co_await mm_.get_page_from_freelist(host, rq, Mark::min);
    if (!got) {
      co_await mm_.drain_all_pages(host);
      got = co_await mm_.get_page_from_freelist(host, rq, Mark::min);
    }
  }
  note(host, TaskState::memstall_leave);
  co_return got;
}

// constrained_alloc: the nodes of a request that is bound to some of those that have memory.
const NodeMask* Reclaim::oom_nodes(const AllocRequest& rq) const {
  if (rq.nodemask == nullptr) return nullptr;
  for (std::size_t n = 0; n < mm_.nodes(); ++n)
    if (mm_.node(NodeId{static_cast<std::int32_t>(n)}).has_memory &&
        (n >= rq.nodemask->size() || !(*rq.nodemask)[n]))
      return rq.nodemask;
  return nullptr;
}

Task<std::optional<Allocation>> Reclaim::alloc_pages_may_oom(Host& host, AllocRequest rq,
                                                             bool& progress) {
  progress = false;
  // Somebody else may have freed a lot meanwhile.
  if (const auto got = co_await mm_.get_page_from_freelist(host, rq, Mark::high)) co_return got;
  if (rq.order > kCostlyOrder || rq.retry == Retry::mayfail || rq.this_node ||
      rq.highest < ZoneType::normal)
    co_return std::nullopt;
  Receipt receipt = mm_.receipt();
  if (is_kernel_zone(rq.highest) && events_.oom_free_movable < 0)
    events_.oom_free_movable = mm_.free_in(ZoneType::movable).value;
  if (!oom_killer_.dying()) {
    const NodeMask* nodes = oom_nodes(rq);
    const PageCount memory = nodes != nullptr ? mm_.present_on(*nodes) : mm_.mem_total();
    if (!oom_kill(memory + writeback_.swap_total(), receipt, {{}, nodes})) co_return std::nullopt;
  }
  progress = true;
  co_await receipt.spend(host);
  co_await sleep_jiffies(host, 1);
  co_return std::nullopt;
}

}  // namespace mhp::kernel
