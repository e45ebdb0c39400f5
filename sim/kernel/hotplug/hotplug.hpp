#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "sim/core/host.hpp"
#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/arch/table_shape.hpp"
#include "sim/kernel/boot/boot_state.hpp"
#include "sim/kernel/hotplug/add_request.hpp"
#include "sim/kernel/hotplug/counters.hpp"
#include "sim/kernel/hotplug/device_memmap.hpp"
#include "sim/kernel/hotplug/head_books.hpp"
#include "sim/kernel/hotplug/memmap_backing.hpp"
#include "sim/kernel/hotplug/memory_block.hpp"
#include "sim/kernel/hotplug/op_result.hpp"
#include "sim/kernel/hotplug/overhead.hpp"
#include "sim/kernel/hotplug/page_ext.hpp"
#include "sim/kernel/hotplug/page_tables.hpp"
#include "sim/kernel/hotplug/vmemmap_optimizer.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/placement/placement.hpp"
#include "sim/kernel/primitives.hpp"
#include "sim/kernel/vmemmap.hpp"

namespace mhp::kernel {

/// Memory hot-plug of one running kernel: sections, memory blocks and page tables, and the
/// operations that add, online, offline and remove. Each operation changes the state page for page
/// as Linux 6.12 does and tells its host the work in counted primitives. Callers hold
/// Lock::device_hotplug_lock.
class MemoryHotplug {
 public:
  MemoryHotplug(Mm& mm, const BootState& boot, const KernelConfig& config);
  MemoryHotplug(const MemoryHotplug&) = delete;
  MemoryHotplug& operator=(const MemoryHotplug&) = delete;

  /// add_memory_resource(), as the placement plans it; the result says so if it cannot be followed.
  /// ENOMEM, too, if the machine would not have booted with what was to be set aside for memmap.
  /// On ENOMEM what the failed call had taken so far stays taken, as in the kernel; earlier calls
  /// for parts of the range are taken back.
  Task<OpResult> add(Host& host, AddRequest request);
  /// memory_group_register_dynamic(): for AddRequest::group.
  std::int32_t register_dynamic_group(NodeId node, PageCount unit);
  /// memory_block_online(), of all blocks that go online with this one.
  Task<OpResult> online(Host& host, BlockId block, OnlineType type);
  /// How device_online() would bring a block online, which names no type: as the last write to its
  /// `state` asked that was refused as the block was online already, else as the policy has it
  /// (memory_subsys_online).
  OnlineType device_online_type(BlockId block) const {
    return this->block(block).online_type.value_or(OnlineType::online);
  }
  /// memory_block_offline(), of all that go with it. Movable pages in use are migrated; EBUSY if a
  /// page of the kernel lies there, or if there is no room for the pages elsewhere; EINTR if the
  /// kernel would go on until a signal comes, or one has come. `task`: who writes to the block's
  /// state, or the worker of a driver.
  Task<OpResult> offline(Host& host, BlockId block, EvacuationTask task = {});
  /// virtio_mem_sbm_unplug_any_sb(): gives pages of a block back to the host, all at once or by
  /// sub-blocks, from the last, if that is too much or some are in use by the kernel; and takes the
  /// block offline when nothing of it is left.
  Task<Unplugged> unplug(Host& host, BlockId block, UnplugRequest request);
  /// virtio_mem_fake_offline(): takes exactly these pages of an online block, as
  /// alloc_contig_range() does, and marks them PageOffline: they are not managed, and neither free
  /// nor in use. EBUSY if the kernel uses some, ENOMEM if there is no room for what must move.
  /// `touched`: the guest has written all of them.
  Task<OpResult> fake_offline(Host& host, PfnRange range, bool touched = false);
  /// virtio_mem_fake_online(): pages of a block that are so become free, or, while the block is
  /// offline, will when it goes online.
  Task<void> fake_online(Host& host, PfnRange range);
  /// These pages will not be free when their block goes online: the host has not plugged them
  /// (virtio_mem_set_fake_offline in virtio_mem_online_page).
  void leave_unplugged(PfnRange range);
  void forget_unplugged(PfnRange range);
  /// Pages of a range that a driver holds, or will.
  PageCount fake_offline_in(PfnRange range) const {
    return PageCount{fake_offline_.covered(range.start.value, range.end.value)};
  }
  /// One request to the host to take a range back. `touched`: the guest has written all of it.
  Task<void> give_back(Host& host, PfnRange range, bool touched = false);
  /// These pages will not be free when their block goes online either, and their driver does not
  /// let go of them while it is to go offline: then it stays (Hyper-V, Xen).
  void keep_offline(PfnRange range);
  /// Of a range, pages that are kept so.
  PageCount kept_offline(PfnRange range) const {
    return PageCount{kept_.covered(range.start.value, range.end.value)};
  }
  /// The driver hands them over: those of blocks that are online become free one by one, the others
  /// when their block goes online. From the lowest, or from the highest as a balloon gives them
  /// back.
  enum class HandOver : std::uint8_t { ascending, descending };
  Task<PageCount> hand_over(Host& host, PfnRange range, HandOver order,
                            PageCount most = PageCount{std::int64_t{1} << 52});
  /// memremap_pages(): gives device memory its struct pages, in ZONE_DEVICE of `node`, which is
  /// online; the memory itself is on `target_node`. Needs no device_hotplug_lock.
  Task<OpResult> memremap_pages(Host& host, const DevPagemap& pagemap);
  /// memunmap_pages(), of what a pagemap has in this range.
  Task<OpResult> memunmap_pages(Host& host, PfnRange range);
  /// Pages of memmap of device memory, in the page allocator's memory and on devices.
  const DeviceMemmap& device_memmap() const { return device_memmap_; }
  /// remove_memory(): every block of the range must be offline, and those that go together in it.
  Task<OpResult> remove(Host& host, PfnRange range);

  /// Parameters as they are now.
  const KernelConfig& config() const { return config_; }
  const KernelProfile& profile() const { return profile_; }
  const Geometry& geometry() const { return geometry_; }
  /// Written to /sys/module/memory_hotplug/parameters while the kernel runs.
  void set_online_policy(OnlinePolicy policy) { config_.online_policy = policy; }
  void set_auto_movable_ratio(std::int64_t percent) { config_.auto_movable_ratio = percent; }
  void set_auto_movable_numa_aware(bool aware) { config_.auto_movable_numa_aware = aware; }

  PageCount block_pages() const { return block_pages_; }
  /// Base pages that the struct pages of one block fill.
  PageCount block_memmap_pages() const { return struct_pages_.pages_of(block_pages_); }
  BlockId block_of(Pfn pfn) const {
    return BlockId{static_cast<std::int32_t>(pfn.value / block_pages_.value)};
  }
  PfnRange block_range(BlockId b) const {
    return {Pfn{b.value * block_pages_.value}, Pfn{(b.value + 1) * block_pages_.value}};
  }
  /// Blocks by number; absent where there is no memory. Past the end: none.
  const std::vector<MemoryBlock>& blocks() const { return blocks_; }
  const MemoryBlock& block(BlockId b) const;
  const MemoryGroup& group(std::int32_t id) const { return groups_[static_cast<std::size_t>(id)]; }
  /// Zones that an offline block may be onlined to, default first; the zone of an online one
  /// (valid_zones in sysfs).
  std::vector<ZoneType> valid_zones(BlockId b) const;

  const PageTables& page_tables() const { return tables_; }
  const HotplugCounters& counters() const { return counters_; }
  /// What has become of memmap that lies in added memory.
  const HeadBooks& heads() const { return heads_; }
  /// The most that has had to be removed together, hosts with the blocks whose memmap they hold.
  PageCount largest_away_unit() const { return largest_away_unit_; }
  /// Pages of memmap of hot-added memory in use now (nr_memmap_pages of /proc/vmstat, 6.11 and
  /// later).
  std::int64_t nr_memmap_pages() const;
  /// Pages of memmap that were taken while the machine booted (nr_memmap_boot_pages of
  /// /proc/vmstat, 6.11 and later).
  std::int64_t nr_memmap_boot_pages() const;
  /// Pages by which the vmemmap of huge pages is smaller than that of other memory, less what that
  /// costs; nothing where the kernel does not free it.
  std::optional<PageCount> hugetlb_vmemmap_saved() const;
  /// What hot-added memory takes from use now.
  MemoryOverhead overhead() const;
  /// Node on whose memory the memmap of a page frame lies.
  NodeId memmap_node(Pfn pfn) const { return backing_.node_of(geometry_.section_of(pfn)); }
  /// Page frame at which the memmap of a hot-added block begins; `block_start` is the block's first
  /// page frame.
  Pfn memmap_pfn(Pfn block_start) const;
  PageCount gigantic_page() const { return geometry_.pages_of(arch_.gigantic_page); }
  /// Aligned ranges of the size of a gigantic page that a runtime allocation of gigantic pages
  /// could use, among the pages of `range` that are online: in one zone that allows it, and with
  /// nothing unmovable inside.
  std::int64_t gigantic_pages_possible(PfnRange range) const;
  /// Pages of a range whose struct page lies on another node than the block's own.
  PageCount struct_pages_off_node(PfnRange range) const;

 private:
  /// Section descriptors (struct mem_section arrays of 4 KiB) in one slab (kmalloc-4k: order 3).
  static constexpr int kRootSlabOrder = 3;
  static constexpr std::int64_t kRootsPerSlab = std::int64_t{1} << kRootSlabOrder;

  /// Behind the last section that page frames of 52 bits of address have.
  std::int64_t no_section() const {
    return geometry_.section_of(geometry_.pfn_of(Bytes{std::int64_t{1} << 52}));
  }
  OpResult check_hotplug_memory_range(PfnRange range) const;
  OpResult check_addresses(PfnRange range) const;
  bool has_hole(BlockId block) const;
  OnlineUnit unit_of(const MemoryBlock& block) const;
  using PlanSpan = std::span<const Plan>;  // of the blocks of a range
  Plans plans_for(const AddRequest& rq) const;
  OpResult check_plans(PlanSpan plans) const;
  Task<OpResult> add_call(Host& host, AddRequest rq, PfnRange range, PlanSpan plans);
  AllocRequest table_request(const AddRequest& rq) const;
  OpResult no_direct_map_table(const AddRequest& rq) const;
  /// Maps a range and gives it its memmap.
  Task<OpResult> arch_add(Host& host, AddRequest rq, PfnRange range, PlanSpan plans);
  Task<OpResult> populate_sections(Host& host, AddRequest rq, PfnRange block, const Plan& plan);
  /// False: there was no memory; what it has got so far stays (depopulate_section).
  Task<bool> populate_section(Host& host, NodeId node, MemmapOrigin memmap, std::int64_t section,
                              Receipt& receipt);
  Task<void> clear_memmap(Host& host, std::int64_t first, std::int64_t end, PageCount taken);
  void depopulate_section(std::int64_t section, const MemmapBacking::Give& give);
  Task<bool> map_vmemmap(Host& host, NodeId node, std::int64_t leaf, Receipt& receipt);
  /// Calls `map` until it has all tables that it asks for, or there is no page for one: what a
  /// per-CPU list has is taken at once, the rest is waited for.
  Task<bool> with_tables(Host& host, AllocRequest request, Receipt& receipt,
                         std::function<bool(const PageTables::TakePage&)> map);
  // On which node it lies; nothing if there is no memory.
  Task<std::optional<NodeId>> populate_leaf(Host& host, MemmapOrigin memmap, std::int64_t leaf,
                                            Receipt& receipt);
  Task<std::optional<NodeId>> populate_base_pages(Host& host, MemmapOrigin memmap,
                                                  std::int64_t section, std::int64_t leaf,
                                                  bool has_table, Receipt& receipt);
  Task<OpResult> create_blocks(Host& host, AddRequest rq, PfnRange range, PlanSpan plans);
  // What adding took goes back.
  void free_taken(Pfn pfn, int order, Receipt& receipt);
  void remove_memmap(PfnRange range, PlanSpan plans, Receipt& receipt);
  void remove_blocks(PfnRange range, Receipt& receipt);
  void unmap_direct(PfnRange range, Receipt& receipt);
  Plans plans_of(PfnRange range) const;
  OpResult may_remove(PfnRange range) const;
  Task<OpResult> free_of_guests(Host& host, PfnRange range, Receipt& receipt);
  Task<OpResult> empty_range(Host& host, Zone& zone, PfnRange rest, BlockId id,
                             EvacuationTask task);
  /// Mm::evacuate, with what it moved, and what was reclaimed meanwhile, counted.
  Task<Evacuation> evacuate(Host& host, Zone& zone, PfnRange range, EvacuationMode mode,
                            Receipt& receipt);
  OpResult why_it_stays(PfnRange range, BlockId id, const Evacuation& emptied) const;
  /// The broadcasts while the mapping of a range is taken away.
  Task<void> flush_tlbs(Host& host, PfnRange range);
  // Memory that has no memmap before it goes online (late.cpp).
  /// A range is mapped and has its memmap.
  Task<void> populated(Host& host, PfnRange range);
  Task<OpResult> populate_late(Host& host, PfnRange range);
  Task<void> depopulate_late(Host& host, PfnRange range);

  // Heads (heads.cpp). `zone`: the one of the blocks, null if it is not known yet.
  struct Head {
    PfnRange pages;
    HeadAccount account;
    Zone* in = nullptr;  ///< null: not known yet
  };
  std::vector<Head> heads_of(PfnRange range, Zone* zone);
  /// What their plan has done by this operation before the rest of the blocks.
  IntervalSet& early_heads(const Zone& zone);
  Task<void> account_heads(Host& host, Zone* zone, PfnRange range, When now);
  Task<void> write_head(Host& host, PfnRange head, const Zone* zone);
  void count_present(Zone& zone, PfnRange head, bool present);
  void find_heads(Zone& zone, PfnRange range);
  void count_heads_online(Zone& zone, PfnRange range);
  void count_heads_offline(Zone& zone, PfnRange range);
  Task<void> remove_heads_from_zone(Host& host, Zone& zone, PfnRange range);
  Task<void> withdraw_heads(Host& host, PfnRange range);
  /// An operation is over: looks at what it has left.
  void settle();

  // Blocks that hold the memmap of others (hosts.cpp).
  /// The block in which a block's memmap lies; itself, if in no other.
  BlockId host_of(const Plan& plan, BlockId self) const;
  /// An offline block that has to go online before this unit.
  std::optional<BlockId> missing_host(PfnRange unit) const;
  /// Whether others have to go offline before this unit.
  bool has_guests_online(PfnRange unit) const;
  /// Blocks outside the range whose memmap lies in it.
  std::vector<BlockId> guests_outside(PfnRange range) const;
  void set_online(BlockId b, ZoneType zone);
  void set_offline(BlockId b);
  /// Copies the memmap of a block to pages of the page allocator; false, and nothing done, if there
  /// are none.
  Task<bool> move_memmap(Host& host, BlockId block, Receipt& receipt);

  /// Changes the record of a block, and the books of heads with it.
  template <class Change>
  void change_block(BlockId b, Change&& change) {
    MemoryBlock& block = blocks_[b.index()];
    heads_.leave(block, block_pages_);
    change(block);
    heads_.enter(block, block_pages_);
  }
  Task<void> move_pfn_range_to_zone(Host& host, Zone& zone, PfnRange range);
  Task<void> write_struct_pages(Host& host, PfnRange range);
  Task<void> hand_to_buddy(Host& host, Zone& zone, PfnRange range, bool page_by_page);
  Task<void> free_onlined(Host& host, Zone& zone, PfnRange range, bool page_by_page = false);
  // Device memory (memremap.cpp).
  OpResult may_remap(PfnRange range) const;
  /// The part of a section that a pagemap has; false if there is no memory for it.
  Task<bool> populate_device_section(Host& host, const DevPagemap& pagemap, PfnRange part,
                                     DeviceMemmap::Map& map, Receipt& receipt);
  Task<bool> populate_device_pages(Host& host, const DevPagemap& pagemap, PfnRange part,
                                   DeviceMemmap::Map& map, Receipt& receipt);
  Task<void> unmap_device(Host& host, const DevPagemap& pagemap, DeviceMemmap::Map map);
  /// Takes back what bringing memory online has done before the memory notifier refused: there was
  /// no memory for `what`.
  Task<OpResult> cancel_online(Host& host, Zone& zone, PfnRange range, PfnRange rest,
                               std::string_view what);
  Task<void> remove_pfn_range_from_zone(Host& host, Zone& zone, PfnRange range);
  // What the kernel keeps for a node that has got its first memory (node_memory.cpp).
  /// Its slab caches, before that memory is there; false if there is none for one of them.
  Task<bool> take_node_slab(Host& host, NodeId node);
  /// Its threads, from that memory.
  Task<void> start_node_threads(Host& host, const Zone& zone);
  PageCount of_new_nodes() const;
  /// Whether nothing but slab pages of order 0 keeps `left` pages of a range from going offline,
  /// and the kernel does not see them.
  bool never_goes_offline(PfnRange range, PageCount left) const;
  Task<void> walk_contiguous(Host& host, Zone& zone, PfnRange changed, std::int64_t& counter);
  Task<void> spend_first_touches(Host& host, PfnRange range);
  Task<void> spend_faults(Host& host, std::int64_t faults);
  /// The host backs what is written; how many of its pages it had not before.
  std::int64_t back(PfnRange written);
  Task<Unplugged> unplug_offline(Host& host, BlockId block, UnplugRequest request);
  Task<Unplugged> unplug_online(Host& host, BlockId block, UnplugRequest request);
  Task<OpResult> take_and_give_back(Host& host, PfnRange range, bool touched);
  /// Parts of a range that a driver does not hold.
  std::vector<PfnRange> plugged_in(PfnRange range) const;
  PageCount release_fake_offline(Zone& zone, PfnRange range);
  bool has_fake_offline(const Zone& zone) const;
  void keep_fake_offline(Zone& zone, PfnRange range);
  /// Isolates a range pageblock by pageblock; false, and nothing, if the kernel uses pages there.
  Task<bool> isolate_pageblocks(Host& host, Zone& zone, PfnRange range,
                                Mm::Pools pools = Mm::Pools::kept);
  /// The page frame behind a page of the vmemmap of hot-added memory; nothing if it lies in boot
  /// memory that nobody has to give back.
  std::optional<Pfn> memmap_page(std::int64_t page) const;
  Task<void> recompute_watermarks(Host& host);
  /// zone->lock, for so many holds of the kernel in a row.
  Task<void> take_zone_lock(Host& host, Zone& zone, std::int64_t holds);
  /// Changes the pageblocks of a range, portion by portion, under the zone's lock.
  Task<void> change_pageblocks(Host& host, Zone& zone, Primitive primitive, PfnRange range,
                               std::function<void(PfnRange)> change);
  Task<void> spend_on_memmap(Host& host, Primitive primitive, PfnRange range, std::int64_t unit);
  /// One value for each node; few machines have more than it has room for.
  using ByNode = boost::container::small_vector<std::int64_t, 16>;
  ByNode units_by_node(PfnRange range, std::int64_t unit) const;
  std::int64_t memmap_units(PfnRange range, std::int64_t unit) const;
  Task<bool> take_root(Host& host, std::int64_t section, AddRequest rq, Receipt& receipt);
  std::optional<std::int64_t> root_of(std::int64_t section) const;
  /// One more, or one less, of `users`: slab_blocks_ or slab_sections_.
  Task<bool> take_slab(Host& host, std::int64_t& users, NodeId cpu_node, Receipt& receipt);
  void give_slab(std::int64_t& users, Receipt& receipt);
  Bytes slab_bytes() const;
  ZoneType zone_for(const MemoryBlock& block, PfnRange range, OnlineType type) const;
  bool auto_movable(const MemoryBlock& block, PfnRange range) const;
  bool movable_ratio_allows(NodeId node, PageCount more, std::int32_t group) const;
  void account_group(const MemoryBlock& block, ZoneType zone, PageCount change);
  template <class F>
  void for_each_block(PfnRange range, F&& f) const {
    for (Pfn p = range.start; p < range.end; p += block_pages_) f(block_of(p));
  }

  Mm& mm_;
  const KernelProfile profile_;
  const PlacementPolicy* policy_;
  KernelConfig config_;
  const Architecture arch_;
  const Geometry geometry_;
  const bool guest_;
  const std::int64_t host_page_;
  PageCount block_pages_;
  Pfn direct_map_end_;  // what the direct map can hold
  Pfn physical_end_;    // what the CPUs can address
  const Vmemmap struct_pages_;
  std::vector<MemoryBlock> blocks_;
  std::vector<MemoryGroup> groups_;
  PageTables tables_;
  MemmapBacking backing_;
  PageExt page_ext_;
  HotplugCounters counters_;
  HeadBooks heads_;
  PageCount largest_away_unit_;
  /// Heads that a zone has spanned since they were added.
  struct EarlyHeads {
    const Zone* zone = nullptr;
    IntervalSet pages;
  };
  std::map<std::int32_t, EarlyHeads> early_heads_;  // by zone_index()
  const MemmapReservation reservation_;
  std::unique_ptr<VmemmapOptimizer> vmemmap_;  // where the kernel frees the vmemmap of huge pages
  std::int64_t nr_memmap_pages_ = 0;
  std::int64_t slab_blocks_ = 0;           // block devices in slabs
  std::int64_t slab_sections_ = 0;         // objects of sections in slabs
  Bytes slab_extra_;                       // what plans have besides, for their sections
  std::vector<Pfn> slab_;                  // the pages that hold them
  IntervalSet roots_;                      // pages of section descriptors that exist
  std::vector<std::int64_t> root_spares_;  // free objects in the slabs of each node for them
  std::int64_t root_slabs_ = 0;            // such slabs taken since boot; none is given back
  /// What the kernel keeps for nodes, by node.
  struct OfNode {
    bool from_boot = false;  // online since then, with what its caches have for it
    std::vector<Pfn> slab;   // of caches; stays for good
    PageCount threads;       // task structures and stacks
  };
  std::vector<OfNode> of_nodes_;
  std::vector<PfnRange> boot_memory_;  // System RAM of the firmware's map
  IntervalSet early_sections_;         // with memory at boot (SECTION_IS_EARLY)
  IntervalSet touched_;                // by number, host pages that back a guest's memory
  IntervalSet fake_offline_;           // page frames that a driver holds (PageOffline)
  IntervalSet kept_;                   // of these, those that it does not let go
  DeviceMemmap device_memmap_;
  // Of operations that go on: their resources are there (register_memory_resource,
  // devm_request_mem_region) before they wait for mem_hotplug_lock.
  IntervalSet adding_;   ///< System RAM
  IntervalSet mapping_;  ///< device memory
};

}  // namespace mhp::kernel
