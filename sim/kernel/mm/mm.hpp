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
#include "sim/kernel/mm/allocator_work.hpp"
#include "sim/kernel/mm/node.hpp"
#include "sim/kernel/mm/page_owner.hpp"
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
  std::optional<Allocation> get_page_from_freelist(const AllocRequest& request, Mark mark);
  /// The fast path of __alloc_pages: where `low` holds.
  std::optional<Allocation> alloc_pages_fast(const AllocRequest& request) {
    return get_page_from_freelist(request, Mark::low);
  }
  /// As far as a request gets without waiting: `low`, then kswapd is woken, then `min`.
  std::optional<Allocation> alloc_pages(const AllocRequest& request);
  /// A request that may wait: the fast path, then the slow one.
  Task<std::optional<Allocation>> alloc_pages(Host& host, AllocRequest request);
  /// After alloc_pages_fast has failed (__alloc_pages_slowpath): reclaims, compacts and kills as
  /// the request allows; nothing if it all did not help.
  Task<std::optional<Allocation>> alloc_pages_slow(Host& host, AllocRequest request);
  /// True if a request may be served by a zone of its node's zonelist.
  static bool allows(const AllocRequest& request, ZoneRef ref);
  /// The zones that may serve a request, in the order in which it tries them.
  std::vector<ZoneRef> zones_of(const AllocRequest& request) const;
  /// Gives what lies on per-CPU lists back to the zones.
  void drain_all_pages();
  /// Gives pages back on a CPU; not valid: the first one of the node on which they lie.
  void free_pages(Pfn pfn, int order, CpuId cpu = {});
  /// The same for blocks that are prepared together before any is given back (free_unref_folios).
  void free_batch(std::span<const FreedPages> batch, CpuId cpu);
  /// Frees pages of any number, in the largest aligned blocks.
  void free_page_range(PfnRange range);
  /// From now on the allocator writes down what its work costs; without, it knows no work. Every
  /// task that has called it spends what is there before it waits for anything else.
  void account_work();
  bool has_work() const { return work_ != nullptr && !work_->empty(); }
  bool has_zone_lock_holds() const { return work_ != nullptr && work_->holds(); }
  Task<void> spend_work(Host& host);
  /// What was done so far is nobody's.
  void forget_work();
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
  /// Drains the zone's per-CPU lists, takes the range's free pages off the lists and migrates the
  /// rest (start_isolate_page_range, do_migrate_range); `avoid`: node that gives no room. On
  /// success the whole range is isolated; else what is free is given back.
  Evacuation evacuate(Zone& zone, PfnRange range, NodeId avoid);
  /// True if nothing that could be seen from outside forbids alloc_contig_range.
  static bool contig_possible(const Zone& zone, PfnRange range);
  /// Takes exactly these pages, migrating what is in the way; asks no watermark.
  bool alloc_contig_range(Zone& zone, PfnRange range);
  void free_contig_range(Zone& zone, PfnRange range);

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
  void vmstat_update();

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
  static bool may_take(Zone& zone, const AllocRequest& rq, Mark mark);
  void boost_if_claimed(Zone& zone, const AllocRequest& rq);
  static std::optional<Pfn> rmqueue_buddy(Zone& zone, int order, MigrateType type, CpuId cpu);
  void commit_free(const FreedPages& freed, CpuId cpu);
  void report(PageEvent::Kind kind, const FreedPages& pages, MigrateType type, CpuId cpu) const;
  void update_pcp_limits(Zone& zone);
  Evacuation isolate_and_migrate(Zone& zone, PfnRange range, NodeId avoid);
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
  std::unique_ptr<AllocatorWork> work_;
  std::int64_t high_fraction_ = 0;
  std::int64_t min_free_kbytes_ = 0;
  std::int64_t user_min_free_kbytes_ = -1;
  std::vector<ZonelistBuild> builds_;
  std::unique_ptr<Reclaim> reclaim_;
};

}  // namespace mhp::kernel
