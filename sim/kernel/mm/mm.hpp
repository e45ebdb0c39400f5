#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "sim/core/host.hpp"
#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/mm/alloc_request.hpp"
#include "sim/kernel/mm/frees_watch.hpp"
#include "sim/kernel/mm/hugetlb_vmemmap.hpp"
#include "sim/kernel/mm/lru_batches.hpp"
#include "sim/kernel/mm/page_owner.hpp"
#include "sim/kernel/mm/page_use.hpp"
#include "sim/kernel/mm/receipt.hpp"
#include "sim/kernel/mm/watermarks.hpp"
#include "sim/kernel/primitives.hpp"

namespace mhp::kernel {

class Evacuator;
class Lru;
class Reclaim;

/// The page allocator over zones, zonelists and watermarks: decides which zone serves a request and
/// when none may. What happens then is Reclaim's.
///
/// Who asks it for pages chooses by how far the request may go:
///
///   alloc_listed                   a per-CPU list of the first zone above `low`; no lock
///   alloc_pages_fast               any zone above `low`, its lock taken for granted
///   alloc_pages(request)           that; kswapd is woken; any zone above `min`: does not wait
///   alloc_pages(host, ...)         a task: list, lock, `low`, then Reclaim::alloc_pages_slow
///   get_page_from_freelist         any zone above the mark that is named: what the others, and
///                                  Reclaim, try; with a host it takes the lock and pays for itself
///   alloc_contig_range, evacuate   exactly these pages: what is in the way moves
///
/// A task that calls one without a host awaits `ready` before it, so that it has the zone's lock.
class Mm : public ZoneWatermarks, private PageUse {
 public:
  Mm(const BootState& boot, const KernelConfig& config, const KernelProfile& profile);
  ~Mm() override;

  /// Whether pages are cleared when they are handed out (init_on_alloc).
  bool init_on_alloc() const { return init_on_alloc_; }

  /// Takes 2^order pages from the first zone of the zonelist that stays above a watermark; nothing
  /// if there is none.
  std::optional<Allocation> get_page_from_freelist(const AllocRequest& request, Mark mark,
                                                   Receipt& receipt);
  /// The fast path of __alloc_pages: where `low` holds.
  std::optional<Allocation> alloc_pages_fast(const AllocRequest& request, Receipt& receipt) {
    return get_page_from_freelist(request, Mark::low, receipt);
  }
  /// As far as a request gets without waiting: `low`, then kswapd is woken, then `min`.
  std::optional<Allocation> alloc_pages(const AllocRequest& request, Receipt& receipt);
  /// Takes the lock of the zone that get_page_from_freelist would ask, if it would: a task awaits
  /// it first, so that free lists change while their lock is held. What the receipt owes goes
  /// before.
  MaybeTask<> ready(Host& host, const AllocRequest& request, Mark mark, Receipt& receipt);
  /// The same for alloc_pages(request), which may get to another mark once it has the lock.
  MaybeTask<> ready(Host& host, const AllocRequest& request, Receipt& receipt);
  /// Whether alloc_pages(request) has to await that first: every hold changes lists under a lock
  /// of its own.
  bool must_wait(const AllocRequest& request, const Receipt& receipt);
  /// The fast path as far as it needs no lock: what a per-CPU list of the first zone that may serve
  /// has.
  std::optional<Allocation> alloc_listed(const AllocRequest& request, Receipt& receipt);
  /// The same for single pages: as many as lie in a row there, `most` at most.
  std::optional<RunAllocation> alloc_listed_run(const AllocRequest& request, std::int64_t most,
                                                Receipt& receipt);
  /// get_page_from_freelist of a task that has nothing else to pay for.
  Task<std::optional<Allocation>> get_page_from_freelist(Host& host, AllocRequest request,
                                                         Mark mark);
  /// A request that may wait: the fast path, then the slow one, before which the receipt is spent.
  Task<std::optional<Allocation>> alloc_pages(Host& host, AllocRequest request, Receipt& receipt);
  /// True if a request may be served by a zone of its node's zonelist.
  static bool allows(const AllocRequest& request, ZoneRef ref);
  /// The zones that may serve a request, in the order in which it tries them.
  std::vector<ZoneRef> zones_of(const AllocRequest& request) const;
  /// Gives pages back on a CPU; not valid: the first one of the node on which they lie.
  void free_pages(Pfn pfn, int order, Receipt& receipt, CpuId cpu = {});
  /// The same for blocks that are prepared together before any is given back (free_unref_folios).
  void free_batch(std::span<const FreedRun> batch, Receipt& receipt, CpuId cpu);
  /// Frees pages of any number, in the largest aligned blocks.
  void free_page_range(PfnRange range, Receipt& receipt, CpuId cpu = {});
  /// A new receipt, for a task that is to pay for what it has the allocator do.
  Receipt receipt() { return Receipt(receipts_); }
  /// A receipt for what takes no time: set-up, tear-down, and models that count pages alone.
  Receipt& nobody() { return nobody_; }
  /// From now on receipts say what was done; before, they stay empty.
  void account_work();
  const ReceiptBook& receipts() const { return receipts_; }
  /// The allocator reports what it does to `trace` from now on; null: to nobody.
  void set_trace(PageTrace* trace);
  /// Reports pages that come online, in the blocks in which they are freed (__free_pages_core).
  void trace_onlined(PfnRange range);

  /// Page cache and anonymous memory by age, and what takes it back under pressure.
  LruBatches& lru_batches() { return lru_batches_; }
  Lru& lru();
  const Lru& lru() const;
  Reclaim& reclaim() { return *reclaim_; }
  const Reclaim& reclaim() const { return *reclaim_; }

  /// Who frees the vmemmap of huge pages; null: nobody.
  HugetlbVmemmap* huge_page_vmemmap() const { return huge_page_vmemmap_; }
  void set_huge_page_vmemmap(HugetlbVmemmap* vmemmap) { huge_page_vmemmap_ = vmemmap; }

  /// Gives what lies on per-CPU lists back to the zones.
  void drain_all_pages(Receipt& receipt);
  Task<void> drain_all_pages(Host& host);
  /// Nothing is, and nothing stays, on the zone's per-CPU lists until all who disabled them have
  /// enabled them again. What CPUs keep for the LRU lists goes there (lru_cache_disable, which
  /// follows wherever a range is emptied).
  void zone_pcp_disable(Zone& zone);
  Task<void> zone_pcp_disable(Host& host, Zone& zone);
  void zone_pcp_enable(Zone& zone);
  /// Periodic work of every CPU on its lists of all zones (vmstat_update).
  void vmstat_update(Receipt& receipt);

  /// Someone whose pages can be migrated; must outlive this or be removed.
  void add_owner(PageOwner& owner) { owners_.push_back(&owner); }
  void remove_owner(const PageOwner& owner);
  /// Someone who keeps free pages of his own; must be removed before he goes.
  void add_pool(PagePool& pool) { pools_.push_back(&pool); }
  void remove_pool(const PagePool& pool);
  /// What becomes of free pages in pools: they are in the way, or are let go.
  enum class Pools : std::uint8_t { kept, dissolved };
  /// Pages of a range that are in use and nobody can move (has_unmovable_pages). What is being
  /// freed is not in use.
  PageCount unmovable_in(const Zone& zone, PfnRange range, Pools pools = Pools::kept) const;
  /// Takes the range's free pages off the lists (start_isolate_page_range), or puts them back. What
  /// is being freed is free then.
  void isolate(Zone& zone, PfnRange range);
  void undo_isolate(Zone& zone, PfnRange range);
  /// Isolates what is still free of a range and moves the rest (Evacuator), for which it may have
  /// to reclaim; spends the time of that. On success the range is the caller's, who accounts for it
  /// in the same step; else the caller undoes the isolation.
  Task<Evacuation> evacuate(Host& host, Zone& zone, PfnRange range, EvacuationMode mode,
                            Receipt& receipt);
  /// True if nothing that could be seen from outside forbids alloc_contig_range.
  static bool contig_possible(const Zone& zone, PfnRange range);
  /// Takes exactly these pages, migrating what is in the way; asks no watermark.
  bool alloc_contig_range(Zone& zone, PfnRange range, Receipt& receipt);
  /// The same by a task: pageblocks change, portion by portion, while the zone's lock is held.
  Task<bool> alloc_contig_range(Host& host, Zone& zone, PfnRange range, Receipt& receipt);
  void free_contig_range(Zone& zone, PfnRange range, Receipt& receipt);

 private:
  friend class Evacuator;
  PageCount movable_in(PfnRange range) const override;
  Task<void> drain_pages(Host& host, Zone& zone);
  /// Pages of a range that are free or on their way to the free lists.
  static PageCount leaving_in(const Zone& zone, PfnRange range);
  static bool all_isolated(const Zone& zone, PfnRange range);
  /// The same by nobody, without reclaim.
  Evacuation evacuate(Zone& zone, PfnRange range);
  void migrate_range(Zone& zone, PfnRange range, Evacuation& result);
  void dissolve_pools(Zone& zone, PfnRange range, Receipt& receipt);
  static void finish_evacuation(Zone& zone, PfnRange range, Evacuation& result);
  static AllocRequest evacuation_request(const Zone& zone, NodeId avoid);
  static bool may_take_contig(const Zone& zone, PfnRange range);
  static bool take_contig(Zone& zone, PfnRange range, const Evacuation& emptied, Receipt& receipt);
  Task<void> change_isolation(Host& host, Zone& zone, Primitive primitive, PfnRange range,
                              void (Mm::*change)(Zone&, PfnRange));
  /// The zone that serves a request; null if none may.
  Zone* serving(const AllocRequest& rq, Mark mark);
  /// The mark that alloc_pages() gets to.
  Mark mark_of(const AllocRequest& rq) { return serving(rq, Mark::low) ? Mark::low : Mark::min; }
  Zone* zone_to_lock(const AllocRequest& rq, Mark mark);
  bool needs_lock(const AllocRequest& rq, Mark mark, const Receipt& receipt);
  CpuId cpu_of(const AllocRequest& rq) const {
    return rq.cpu.valid() ? rq.cpu : node(rq.node).first_cpu;
  }
  void boost_if_claimed(Zone& zone, const AllocRequest& rq);
  Allocation hand_out(Zone& zone, Pfn pfn, const AllocRequest& rq, CpuId cpu, Receipt& receipt);
  static std::optional<Pfn> rmqueue_buddy(Zone& zone, int order, MigrateType type, CpuId cpu,
                                          Receipt& receipt);
  /// Without a mark: as far as alloc_pages() gets.
  Task<void> lock_serving(Host& host, AllocRequest request, std::optional<Mark> mark,
                          Receipt& receipt);
  void commit_free(const FreedPages& freed, CpuId cpu, Receipt& receipt);
  void commit_free(const FreedRun& freed, CpuId cpu, Receipt& receipt);
  void commit_free_listed(PageRun run, CpuId cpu, Receipt& receipt);
  static void keep_isolated(Zone& zone, PfnRange pages);
  void free_one_page(Zone& zone, const FreedPages& freed, CpuId cpu, Receipt& receipt);
  static void put_on_free_list(Zone& zone, const FreedPages& freed, CpuId cpu, Receipt& receipt);
  void settle(const DueDrain& due, Receipt& receipt);
  void settle(const DueFree& due, Receipt& receipt);
  void report(PageEvent::Kind kind, const FreedPages& pages, MigrateType type, CpuId cpu) const;
  void report(PageEvent::Kind kind, const FreedRun& pages, MigrateType type, CpuId cpu) const;

  const std::int64_t watermark_boost_factor_;
  const bool init_on_alloc_;
  std::vector<PageOwner*> owners_;
  std::vector<PagePool*> pools_;
  LruBatches lru_batches_{*this};
  FreesWatch frees_;  ///< ranges that are being emptied
  PageTrace* trace_ = nullptr;
  HugetlbVmemmap* huge_page_vmemmap_ = nullptr;
  ReceiptBook receipts_;
  Receipt nobody_;
  std::unique_ptr<Reclaim> reclaim_;
};

}  // namespace mhp::kernel
