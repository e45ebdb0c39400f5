// What the kernel keeps for a node from its first memory on: a barn of each slab cache
// (slab_mem_going_online_callback), and the threads that reclaim and compact it (kswapd_run,
// kcompactd_run). Linux 7.3.
#include <algorithm>
#include <array>

#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

namespace {
/// Order of a slab of struct task_struct; both threads fit in one.
constexpr int kTaskSlabOrder = 3;
/// What 7.3 takes besides, in this order: stacks and what belongs to them, as recorded.
constexpr std::array<int, 4> kStackOrders{0, 0, 0, 2};
}  // namespace

// The node has no memory yet, so each request opens a slab of its own on the next one. Caches that
// have got theirs keep it, if another fails or the node goes.
Task<bool> MemoryHotplug::take_node_slab(Host& host, NodeId node) {
  if (of_nodes_[node.index()].from_boot) co_return true;
  std::vector<Pfn>& slab = of_nodes_[node.index()].slab;
  Receipt receipt = mm_.receipt();
  bool complete = true;
  while (complete && std::ssize(slab) < profile_.slab_pages_per_node) {
    const auto page = co_await mm_.alloc_pages(host, {.node = node}, receipt);
    complete = page.has_value();
    if (!page) break;
    slab.push_back(page->pfn);
    ++counters_.slab_pages;
  }
  co_await receipt.spend(host);
  co_return complete;
}

// What comes from other nodes is not counted, as it is not for kernels that take all from there.
// Once taken, it pins its block, so that the node keeps memory and the threads run on.
Task<void> MemoryHotplug::start_node_threads(Host& host, const Zone& zone) {
  std::vector<int> orders;
  const NodeThreads rule = profile_.node_threads;
  if (rule != NodeThreads::nothing && is_kernel_zone(zone.type)) orders.push_back(kTaskSlabOrder);
  if (rule == NodeThreads::tasks_and_stacks && !orders.empty())
    orders.insert(orders.end(), kStackOrders.begin(), kStackOrders.end());
  for (const int order : orders) {
    const auto got = co_await mm_.get_page_from_freelist(
        host, {.node = zone.node, .order = order, .this_node = true}, Mark::min);
    if (got) of_nodes_[zone.node.index()].threads += PageCount{std::int64_t{1} << order};
  }
}

PageCount MemoryHotplug::of_new_nodes() const {
  PageCount pages;
  for (const OfNode& of : of_nodes_) pages += PageCount{std::ssize(of.slab)} + of.threads;
  return pages;
}

// page_is_unmovable lets a single page without references pass, as one that is just being freed;
// then nothing is found that could move, and the range is looked at again.
bool MemoryHotplug::never_goes_offline(PfnRange range, PageCount left) const {
  if (profile_.offline_sees_order0_slab) return false;
  const auto in_range = [&](const std::vector<Pfn>& pages) {
    return std::count_if(pages.begin(), pages.end(), [&](Pfn p) { return range.contains(p); });
  };
  std::int64_t single = in_range(slab_);
  for (const OfNode& of : of_nodes_) single += in_range(of.slab);
  return single >= left.value;
}

}  // namespace mhp::kernel
