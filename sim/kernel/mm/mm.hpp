#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "sim/core/host.hpp"
#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/boot/boot_state.hpp"
#include "sim/kernel/mm/alloc_request.hpp"
#include "sim/kernel/mm/node.hpp"
#include "sim/kernel/mm/page_owner.hpp"
#include "sim/kernel/mm/receipt.hpp"
#include "sim/kernel/mm/thp.hpp"
#include "sim/kernel/mm/zonelist_build.hpp"
#include "sim/kernel/profile.hpp"

namespace mhp::kernel {

class Lru;
class Reclaim;

/// Nodes, zones, zonelists, watermarks and the page allocator over them: decides which zone serves
/// a request and when none may. What happens then is Reclaim's.
class Mm : private PageUse {
 public:
  Mm(const BootState& boot, const KernelConfig& config, const KernelProfile& profile);
  Mm(const Mm&) = delete;
  Mm& operator=(const Mm&) = delete;
  ~Mm() override;

  std::size_t nodes() const { return nodes_.size(); }
  Node& node(NodeId n) { return nodes_[n.index()]; }
  const Node& node(NodeId n) const { return nodes_[n.index()]; }
  Zone& zone(NodeId n, ZoneType t) { return node(n).zones[static_cast<std::size_t>(t)]; }
  const Zone& zone(NodeId n, ZoneType t) const {
    return node(n).zones[static_cast<std::size_t>(t)];
  }
  int distance(NodeId a, NodeId b) const { return distance_[a.index()][b.index()]; }
  /// The zone in which a page frame is online; null if it is not.
  Zone* zone_of(Pfn pfn);

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
  /// it first, so that free lists change while their lock is held.
  MaybeTask ready(Host& host, const AllocRequest& request, Mark mark, Receipt& receipt);
  /// get_page_from_freelist of a task that has nothing else to pay for.
  Task<std::optional<Allocation>> get_page_from_freelist(Host& host, AllocRequest request,
                                                         Mark mark);
  /// A request that may wait: the fast path, then the slow one.
  Task<std::optional<Allocation>> alloc_pages(Host& host, AllocRequest request, Receipt& receipt);
  /// After alloc_pages_fast has failed (__alloc_pages_slowpath): reclaims, compacts and kills as
  /// the request allows; nothing if it all did not help. Spends the receipt, and what it does
  /// itself.
  Task<std::optional<Allocation>> alloc_pages_slow(Host& host, AllocRequest request,
                                                   Receipt& receipt);
  /// True if a request may be served by a zone of its node's zonelist.
  static bool allows(const AllocRequest& request, ZoneRef ref);
  /// The zones that may serve a request, in the order in which it tries them.
  std::vector<ZoneRef> zones_of(const AllocRequest& request) const;
  /// Gives what lies on per-CPU lists back to the zones.
  void drain_all_pages(Receipt& receipt);
  Task<void> drain_all_pages(Host& host);
  /// Gives pages back on a CPU; not valid: the first one of the node on which they lie.
  void free_pages(Pfn pfn, int order, Receipt& receipt, CpuId cpu = {});
  /// The same for blocks that are prepared together before any is given back (free_unref_folios).
  void free_batch(std::span<const FreedPages> batch, Receipt& receipt, CpuId cpu);
  /// Frees pages of any number, in the largest aligned blocks.
  void free_page_range(PfnRange range, Receipt& receipt);
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
  Lru& lru();
  const Lru& lru() const;
  Reclaim& reclaim() { return *reclaim_; }
  const Reclaim& reclaim() const { return *reclaim_; }
  /// __zone_watermark_ok.
  static bool watermark_ok(const Zone& zone, PageCount mark, const AllocRequest& rq,
                           PageCount free);

  /// Someone whose pages can be migrated; must outlive this or be removed.
  void add_owner(PageOwner& owner) { owners_.push_back(&owner); }
  void remove_owner(const PageOwner& owner);
  /// Nothing is, and nothing stays, on the zone's per-CPU lists until they are enabled.
  void zone_pcp_disable(Zone& zone, Receipt& receipt);
  void zone_pcp_enable(Zone& zone);
  /// Pages of a range that are in use and nobody can move (has_unmovable_pages).
  PageCount unmovable_in(const Zone& zone, PfnRange range) const;
  /// Takes the range's free pages off the lists (start_isolate_page_range), or puts them back.
  void isolate(Zone& zone, PfnRange range);
  void undo_isolate(Zone& zone, PfnRange range);
  /// Isolates what is free of a range and migrates the rest (do_migrate_range); `avoid`: node that
  /// gives no room. On success the whole range is isolated; else what is free is given back.
  Evacuation evacuate(Zone& zone, PfnRange range, NodeId avoid, Receipt& receipt);
  /// What evacuate() asks for when it moves a page.
  static AllocRequest evacuation_request(const Zone& zone, NodeId avoid);
  /// True if nothing that could be seen from outside forbids alloc_contig_range.
  static bool contig_possible(const Zone& zone, PfnRange range);
  /// Takes exactly these pages, migrating what is in the way; asks no watermark.
  bool alloc_contig_range(Zone& zone, PfnRange range, Receipt& receipt);
  void free_contig_range(Zone& zone, PfnRange range, Receipt& receipt);

  /// Sum of managed pages of all zones: MemTotal.
  PageCount mem_total() const;
  /// Sum of free pages of all zones: MemFree and per-CPU lists.
  PageCount mem_free() const;

  std::int64_t min_free_kbytes() const { return min_free_kbytes_; }
  /// Recomputes min_free_kbytes, watermarks and lowmem reserves as after every online and offline
  /// of a block (init_per_zone_wmark_min, then khugepaged_min_free_kbytes_update).
  void init_per_zone_wmark_min();
  /// Reserves alone, as after every read of vm.lowmem_reserve_ratio.
  void setup_per_zone_lowmem_reserve();
  /// Sysctls written at run time: vm.min_free_kbytes, which from then on is the least,
  /// vm.watermark_scale_factor and transparent_hugepage/enabled. Watermarks follow at once.
  void set_min_free_kbytes(std::int64_t kbytes);
  void set_watermark_scale_factor(std::int64_t factor);
  void set_transparent_hugepage(bool enabled);
  const ThpPolicy& thp() const { return thp_; }
  /// vm.percpu_pagelist_high_fraction; 0: per-CPU lists are limited by watermarks.
  void set_percpu_pagelist_high_fraction(std::int64_t fraction);
  /// Periodic work of every CPU on its lists of all zones (vmstat_update).
  void vmstat_update(Receipt& receipt);

  /// Makes a node's zones exist and gives it a zonelist of its own (first memory of an offline
  /// node).
  void bring_up_node(NodeId n);
  /// Builds the zonelists of all nodes (build_all_zonelists); returns the distance comparisons
  /// done.
  std::int64_t build_all_zonelists();
  /// Nodes in the order in which allocations of `n` try them, as the kernel log's "Fallback order"
  /// prints it.
  const std::vector<NodeId>& fallback_order(NodeId n) const { return node(n).fallback; }
  /// Every time zonelists were built, boot included, in order.
  const std::vector<ZonelistBuild>& zonelist_builds() const { return builds_; }

  std::int64_t online_cpus() const;
  std::int64_t online_nodes() const;
  std::int64_t populated_zones() const;

  /// Checks that no zone has lost or won a page: managed = free + in use + isolated, and spanned >=
  /// present >= managed. O(zones).
  void check_conservation() const;
  /// The same, and every structural invariant of the free lists. O(free blocks).
  void validate() const;

 private:
  void boot_zone(const BootZone& boot);
  PageCount movable_in(PfnRange range) const override;
  Zone* zone_to_lock(const AllocRequest& rq, Mark mark);
  static void clear_below_high(Zone& zone);
  CpuId cpu_of(const AllocRequest& rq) const {
    return rq.cpu.valid() ? rq.cpu : node(rq.node).first_cpu;
  }
  static bool may_take(Zone& zone, const AllocRequest& rq, Mark mark);
  void boost_if_claimed(Zone& zone, const AllocRequest& rq);
  static std::optional<Pfn> rmqueue_buddy(Zone& zone, int order, MigrateType type, CpuId cpu,
                                          Receipt& receipt);
  void commit_free(const FreedPages& freed, CpuId cpu, Receipt& receipt);
  void report(PageEvent::Kind kind, const FreedPages& pages, MigrateType type, CpuId cpu) const;
  void update_pcp_limits(Zone& zone);
  void calculate_min_free_kbytes();
  void set_recommended_min_free_kbytes();
  PageCount nr_free_buffer_pages() const;
  void setup_per_zone_wmarks();
  std::vector<NodeId> order_nodes(NodeId local, std::vector<std::int64_t>& load) const;
  void fill_zonelist(NodeId n, const std::vector<NodeId>& order);
  void log_build(NodeId first, NodeId end);

  const KernelProfile profile_;
  std::int64_t watermark_scale_factor_;
  const std::int64_t watermark_boost_factor_;
  ThpPolicy thp_;
  std::vector<Node> nodes_;
  std::vector<std::vector<int>> distance_;
  std::vector<PageOwner*> owners_;
  PageTrace* trace_ = nullptr;
  ReceiptBook receipts_;
  Receipt nobody_;
  std::int64_t high_fraction_ = 0;
  std::int64_t min_free_kbytes_ = 0;
  std::int64_t user_min_free_kbytes_ = -1;
  std::vector<ZonelistBuild> builds_;
  std::unique_ptr<Reclaim> reclaim_;
};

}  // namespace mhp::kernel
