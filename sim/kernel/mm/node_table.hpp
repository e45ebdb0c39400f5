#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/core/paged_array.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/boot/boot_state.hpp"
#include "sim/kernel/mm/alloc_request.hpp"
#include "sim/kernel/mm/node.hpp"
#include "sim/kernel/mm/zone_changes.hpp"
#include "sim/kernel/profile.hpp"

namespace mhp::kernel {

/// The kernel as it was built, every possible node, its zones, and the distances between nodes.
/// Stays where it is: others hold references to its zones.
class NodeTable {
 public:
  NodeTable(const BootState& boot, const KernelProfile& profile);
  NodeTable(const NodeTable&) = delete;
  NodeTable& operator=(const NodeTable&) = delete;

  const KernelProfile& profile() const { return profile_; }
  const Architecture& arch() const { return arch_; }
  const Geometry& geometry() const { return geometry_; }
  std::size_t nodes() const { return nodes_.size(); }
  Node& node(NodeId n) { return nodes_[n.index()]; }
  const Node& node(NodeId n) const { return nodes_[n.index()]; }
  Zone& zone(NodeId n, ZoneType t) { return node(n).zones[static_cast<std::size_t>(t)]; }
  const Zone& zone(NodeId n, ZoneType t) const {
    return node(n).zones[static_cast<std::size_t>(t)];
  }
  /// By zone_index.
  const Zone& zone(std::size_t index) const {
    return nodes_[index / kZoneTypes].zones[index % kZoneTypes];
  }
  std::size_t zones() const { return nodes_.size() * kZoneTypes; }
  /// Which have changed, by zone_index. For one who looks, as looking forgets.
  ZoneChanges& zone_changes() { return zone_changes_; }
  int distance(NodeId a, NodeId b) const { return distance_[a.index()][b.index()]; }
  /// The zone in which a page frame is online; null if it is not. O(1) where its section has pages
  /// of one zone alone.
  Zone* zone_of(Pfn pfn);
  /// From now on page frames can be found in a zone, or not.
  void set_online(Zone& zone, PfnRange range);
  void set_offline(Zone& zone, PfnRange range);

  /// Sum of managed pages of all zones: MemTotal.
  PageCount mem_total() const;
  /// Sum of present pages of all zones of some nodes (node_present_pages).
  PageCount present_on(const NodeMask& nodes) const;
  /// policy_zone of mm/mempolicy.c: the highest kernel zone that any node has.
  ZoneType policy_zone() const;
  /// Sum of free pages of all zones: MemFree and per-CPU lists.
  PageCount mem_free() const;
  /// The same of all zones of one type.
  PageCount free_in(ZoneType type) const;
  std::int64_t online_cpus() const;
  std::int64_t online_nodes() const;
  std::int64_t populated_zones() const;

  /// Checks that no zone has lost or won a page: managed = free + being freed + in use + isolated,
  /// and spanned >= present >= managed. O(zones).
  void check_conservation() const;
  /// The same, every structural invariant of the free lists, and that a section's zone is the one
  /// in which it is online. O(free blocks and sections online).
  void validate() const;

 protected:
  std::vector<Node>& all_nodes() { return nodes_; }
  const std::vector<Node>& all_nodes() const { return nodes_; }

 private:
  /// Which zone has pages of a section online.
  struct SectionZone {
    enum class Has : std::uint8_t { nothing, part, all, of_several };
    Has has = Has::nothing;
    const Zone* zone = nullptr;  ///< of which it has part or all; null: of several, or none
    bool operator==(const SectionZone&) const = default;
  };

  void boot_zone(const BootZone& boot);
  Zone* search_zone_of(Pfn pfn);
  PfnRange section(std::int64_t number) const;
  SectionZone look_at(std::int64_t section) const;
  void check_sections(const Zone& z, PfnRange online) const;

  const KernelProfile profile_;
  const Architecture arch_;
  const Geometry geometry_;
  std::vector<Node> nodes_;  // by number
  ZoneChanges zone_changes_;
  std::vector<std::vector<int>> distance_;  // [from][to]
  PagedArray<SectionZone> sections_;        // by number
};

}  // namespace mhp::kernel
