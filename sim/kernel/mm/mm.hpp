#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/kernel/boot_state.hpp"
#include "sim/kernel/mm/page_owner.hpp"
#include "sim/kernel/mm/zone.hpp"
#include "sim/kernel/mm/zonelist_build.hpp"
#include "sim/kernel/profile.hpp"

namespace mhp::kernel {

/// A zone in a zonelist.
struct ZoneRef {
  NodeId node;
  ZoneType type = ZoneType::dma;
};

/// One node's memory management: its zones and the order in which its allocations try all zones.
struct Node {
  bool online = false;
  bool has_memory = false;  ///< N_MEMORY
  std::int64_t cpus = 0;
  std::array<Zone, kZoneTypes> zones;
  std::vector<NodeId> fallback;  ///< nodes in the order in which allocations try them
  std::vector<ZoneRef> zonelist;
};

/// A request to the page allocator.
struct AllocRequest {
  NodeId node;  ///< preferred node: its zonelist is used
  int order = 0;
  MigrateType type = MigrateType::unmovable;
  ZoneType highest = ZoneType::normal;  ///< gfp_zone(): the highest zone allowed
  bool atomic = false;                  ///< GFP_ATOMIC: may dip into the reserves below `min`
  bool this_node = false;               ///< GFP_THISNODE: the preferred node or none
  NodeId avoid = NodeId{};              ///< a node that must not serve the request
};

/// Pages got from the allocator, and from where.
struct Allocation {
  Pfn pfn;
  NodeId node;
  ZoneType zone = ZoneType::dma;
};

/// How emptying a range ended.
struct Evacuation {
  enum class Outcome : std::uint8_t { empty, unmovable, no_memory };
  Outcome outcome = Outcome::empty;
  PageCount moved;  ///< pages migrated
  PageCount left;   ///< pages in the way: unmovable, or without a place to go
};

/// Nodes, zones, zonelists, watermarks and the page allocator over them: decides which zone serves
/// a request and when none may. Reclaim, compaction and per-CPU lists of single pages are not part
/// of it: free pages are the sum of lists and per-CPU lists.
class Mm {
 public:
  Mm(const BootState& boot, const KernelConfig& config, const KernelProfile& profile);

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

  /// Takes 2^order pages: first where the low watermark holds, then where min does
  /// (get_page_from_freelist, called by
  /// __alloc_pages and its slow path). Nothing if no zone may give them.
  std::optional<Allocation> alloc_pages(const AllocRequest& request);
  void free_pages(Pfn pfn, int order);

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
  bool watermark_ok(const Zone& zone, PageCount mark, const AllocRequest& rq) const;
  void calculate_min_free_kbytes();
  void set_recommended_min_free_kbytes();
  PageCount nr_free_buffer_pages() const;
  void setup_per_zone_wmarks();
  std::vector<NodeId> order_nodes(NodeId local, std::vector<std::int64_t>& load) const;
  void fill_zonelist(NodeId n, const std::vector<NodeId>& order);
  void log_build(NodeId first, NodeId end);

  const KernelProfile profile_;
  std::int64_t watermark_scale_factor_;
  bool thp_enabled_ = false;
  std::vector<Node> nodes_;
  std::vector<std::vector<int>> distance_;
  std::vector<PageOwner*> owners_;
  std::int64_t min_free_kbytes_ = 0;
  std::int64_t user_min_free_kbytes_ = -1;
  std::vector<ZonelistBuild> builds_;
};

}  // namespace mhp::kernel
