// Adding memory: add_memory_resource, arch_add_memory and the block devices, Linux 6.12 (x86-64).
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "sim/core/invariant.hpp"
#include "sim/kernel/hotplug/claim.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

Task<OpResult> MemoryHotplug::add(Host& host, AddRequest rq) {
  if (OpResult refused = check_hotplug_memory_range(rq.range); refused.status != Status::ok)
    co_return refused;
  if (OpResult refused = check_addresses(rq.range); refused.status != Status::ok) co_return refused;
  if (backing_.any(geometry_.section_of(rq.range.start), geometry_.section_of(rq.range.end)))
    co_return OpResult{Status::eexist, "part of the range has a memmap already"};
  for (const auto& [start, map] : device_memmap_.maps())
    if (map.pagemap.range.start < rq.range.end && rq.range.start < map.pagemap.range.end)
      co_return OpResult{Status::eexist, "part of the range is device memory"};
  for (Pfn p = rq.range.start; p < rq.range.end; p += block_pages_)
    if (block(block_of(p)).present())
      co_return OpResult{Status::eexist, "part of the range has memory blocks already"};
  if (adding_.covered(rq.range.start.value, rq.range.end.value) > 0)
    co_return OpResult{Status::eexist, "part of the range is being added"};
  if (mapping_.covered(rq.range.start.value, rq.range.end.value) > 0)
    co_return OpResult{Status::eexist, "part of the range is being mapped as device memory"};
  if (!reservation_.fits)
    co_return OpResult{Status::enomem,
                       "the machine does not boot: its memory does not hold the memmap of all that "
                       "can come"};

  const Claim resource(adding_, rq.range);
  co_await acquire(host, Lock::mem_hotplug_lock);
  if (!mm_.node(rq.node).online) mm_.bring_up_node(rq.node);
  if (rq.adder->group == GroupKind::fixed) {
    groups_.push_back({rq.node, false, rq.range.pages(), PageCount{0}, PageCount{0}});
    rq.group = static_cast<std::int32_t>(groups_.size()) - 1;
  }
  const Plans plans = plans_for(rq);
  const auto refused = std::find_if(plans.begin(), plans.end(), std::mem_fn(&Plan::refused));
  OpResult result = check_plans(plans);
  const HotplugCounters before = counters_;
  for (Pfn p = rq.range.start; p < rq.range.end && result.status == Status::ok;) {
    const auto at = static_cast<std::size_t>((p - rq.range.start) / block_pages_);
    const BlockId first = block_of(p);
    const PfnRange call = plans[at].mapped;
    MHP_INVARIANT(call.start == p && !call.empty() && call.end <= rq.range.end,
                  "the plan of block {} maps pages {} to {}", first.value, call.start.value,
                  call.end.value);
    result = co_await add_call(host, rq, call, PlanSpan(plans).subspan(at));
    // The task is gone, and with it whoever would give mem_hotplug_lock back.
    if (result.status == Status::oops) co_return result;
    p = call.end;
    if (result.status == Status::ok) continue;
    // What is complete is taken back; what the failed call itself had got so far stays taken, up to
    // kernels that undo it, too.
    const bool all = block(first).present() || undoes_failed_add(profile_);
    const PfnRange complete{rq.range.start, all ? call.end : call.start};
    co_await withdraw_heads(host, complete);
    Receipt receipt = mm_.receipt();
    remove_memmap(complete, plans, receipt);
    remove_blocks(complete, receipt);
    unmap_direct(complete, receipt);
    if (!all && arch_.failed_add_unmaps) unmap_direct(call, receipt);
    if (!complete.empty()) counters_.take_back_addition(before);
    co_await receipt.spend(host);
  }
  settle();
  co_await release(host, Lock::mem_hotplug_lock);
  if (refused != plans.end()) result.placement_refusal = refused->refused_because;
  co_return result;
}

bool undoes_failed_add(const KernelProfile& profile) { return profile.failed_add_rolls_back; }

Plans MemoryHotplug::plans_for(const AddRequest& rq) const {
  const PageCount mapping{
      arch_.memmap_alignment == MemmapAlignment::anything ? 1 : geometry_.pmd_pages()};
  std::string_view excluded = vmemmap_ ? vmemmap_->excludes_range() : "";
  if (arch_.memmap_alignment == MemmapAlignment::never)
    excluded = "this architecture's kernels have no memmap in the range";
  const PlacementRequest request{rq.range,
                                 rq.node,
                                 block_pages_,
                                 struct_pages_.pages_of(block_pages_),
                                 PageCount{geometry_.pageblock_pages()},
                                 rq.adder->asks_for_memmap_in_range(profile_),
                                 mapping,
                                 excluded,
                                 geometry_};
  MemoryBlock added;
  added.node = rq.node;
  added.group = rq.group;
  Plans plans = policy_->decide(
      request, profile_,
      {blocks_, config_, zone_for(added, rq.range, OnlineType::online), reservation_});
  if (!rq.adder->never_asks.empty() && !request.adder_asks)
    for (Plan& plan : plans)
      if (plan.refused()) plan.refused_because = rq.adder->never_asks;
  MHP_INVARIANT(std::ssize(plans) == request.blocks(), "{} plans for {} blocks", plans.size(),
                request.blocks());
  return plans;
}

OpResult MemoryHotplug::check_plans(PlanSpan plans) const {
  for (const Plan& plan : plans)
    if (const auto why = not_carried_out(plan); !why.empty())
      return {Status::einval, fmt::format("the placement cannot be simulated: {}", why)};
  return {};
}

// One call of arch_add_memory and the block devices for what it added
// (create_altmaps_and_memory_blocks).
Task<OpResult> MemoryHotplug::add_call(Host& host, AddRequest rq, PfnRange range, PlanSpan plans) {
  const bool populate = plans.front().memmap.populated != When::online;
  OpResult result;
  if (populate) result = co_await arch_add(host, rq, range, plans);
  if (result.status == Status::ok) result = co_await create_blocks(host, rq, range, plans);
  if (result.status != Status::ok || !populate) co_return result;
  co_await populated(host, range);
  co_await account_heads(host, nullptr, range, When::add);
  co_return result;
}

// In the kernel's words, which name the size of a block.
OpResult MemoryHotplug::check_hotplug_memory_range(PfnRange range) const {
  if (!range.empty() && range.start.value % block_pages_.value == 0 &&
      range.end.value % block_pages_.value == 0)
    return {};
  return {
      Status::einval,
      fmt::format("Block size [{:#x}] unaligned hotplug range: start {:#x}, size {:#x}",
                  geometry_.bytes_of(block_pages_).value, geometry_.address_of(range.start).value,
                  geometry_.bytes_of(range.pages()).value)};
}

// mhp_range_allowed, then the resource of System RAM, which ends where the CPUs' addresses end.
OpResult MemoryHotplug::check_addresses(PfnRange range) const {
  const auto tib = [this](Pfn end) {
    return static_cast<double>(geometry_.address_of(end).value) / kTiB;
  };
  if (range.end > direct_map_end_)
    return {Status::e2big, fmt::format("the range ends at {:.1f} TiB, the direct map at {:.1f} TiB",
                                       tib(range.end), tib(direct_map_end_))};
  if (range.end > physical_end_)
    return {Status::eexist,
            fmt::format("the range ends at {:.1f} TiB, physical addresses at {:.1f} TiB",
                        tib(range.end), tib(physical_end_))};
  return {};
}

// alloc_low_page asks for what is there at once; others wait, reclaim, and have somebody killed.
AllocRequest MemoryHotplug::table_request(const AddRequest& rq) const {
  AllocRequest request{.node = rq.cpu_node};
  request.atomic = arch_.atomic_tables && profile_.direct_map_tables_atomic;
  request.kthread = !request.atomic;
  return request;
}

// phys_pud_init and its kin (arch/x86/mm/init_64.c) use what alloc_low_page returns, be it null.
// Where a task waits for the page nobody is left to be killed.
OpResult MemoryHotplug::no_direct_map_table(const AddRequest& rq) const {
  constexpr std::string_view kWhat = "no page for a direct-map table";
  if (profile_.direct_map_failure_handled) return {Status::enomem, std::string(kWhat)};
  if (!table_request(rq).atomic)
    return {Status::oom, fmt::format("{}: the kernel would panic", kWhat)};
  return {Status::oops,
          fmt::format("{}: the kernel follows a null pointer, and the task that adds memory dies "
                      "with its locks held",
                      kWhat)};
}

// The direct map of the whole call first, then the memmap section by section.
Task<OpResult> MemoryHotplug::arch_add(Host& host, AddRequest rq, PfnRange range, PlanSpan plans) {
  Receipt receipt = mm_.receipt();
  const HotplugCounters before = counters_;
  const bool mapped =
      co_await with_tables(host, table_request(rq), receipt, [&](const PageTables::TakePage& take) {
        const auto done = tables_.map_direct(range, take);
        counters_.direct_map_tables += done.tables;
        if (done.ok) counters_.direct_map_leaves += done.leaves;
        return done.ok;
      });
  co_await receipt.spend(host);
  co_await spend(host, Primitive::page_table_leaf,
                 counters_.direct_map_leaves - before.direct_map_leaves);
  co_await spend(host, Primitive::page_table_page,
                 geometry_.contents(counters_.direct_map_tables - before.direct_map_tables));
  if (!mapped) co_return no_direct_map_table(rq);
  for (Pfn p = range.start; p < range.end; p += block_pages_) {
    const Plan& plan = plans[static_cast<std::size_t>((p - range.start) / block_pages_)];
    OpResult done = co_await populate_sections(host, rq, {p, p + block_pages_}, plan);
    if (done.status != Status::ok) co_return done;
  }
  co_return OpResult{};
}

Task<OpResult> MemoryHotplug::create_blocks(Host& host, AddRequest rq, PfnRange range,
                                            PlanSpan plans) {
  const BlockId first = block_of(range.start);
  const BlockId end = block_of(range.end);
  if (blocks_.size() < end.index()) blocks_.resize(end.index());
  OpResult result;
  Receipt receipt = mm_.receipt();
  for (std::int32_t b = first.value; b < end.value; ++b) {
    const BlockId id{b};
    const Plan& plan = plans[static_cast<std::size_t>(b - first.value)];
    change_block(id, [&](MemoryBlock& block) {
      block = {.state = MemoryBlock::State::offline,
               .node = rq.node,
               .group = rq.group,
               .plan = plan,
               .cpu_node = rq.cpu_node,
               .page_by_page = rq.adder->online_pages != OnlinePages::kernel};
    });
    const BlockId host_block = host_of(plan, id);
    MemoryBlock& holds = blocks_[host_block.index()];
    if (host_block != id) ++holds.hosted;
    const bool tied = plan.memmap.in_added_memory() && !plan.memmap.moved_at_remove;
    largest_away_unit_ = std::max(
        {largest_away_unit_, plan.away_unit.pages(), block_pages_ * (tied ? holds.hosted + 1 : 1)});
    if (plan.memmap.in_added_memory() && host_block == id) ++counters_.altmaps;
    ++counters_.blocks;
    if (!co_await take_slab(host, slab_blocks_, rq.cpu_node, receipt)) {
      result = {Status::oom, "no page for a memory block device"};
      break;
    }
  }
  co_await receipt.spend(host);
  co_await spend(host, Primitive::block_device, end.value - first.value);
  co_return result;
}

void MemoryHotplug::free_taken(Pfn pfn, int order, Receipt& receipt) {
  mm_.free_pages(pfn, order, receipt);
  counters_.pages_given_back += std::int64_t{1} << order;
}

void MemoryHotplug::remove_blocks(PfnRange range, Receipt& receipt) {
  for_each_block(range, [&](BlockId b) {
    if (!block(b).present()) return;
    const BlockId host_block = host_of(block(b).plan, b);
    if (host_block != b) --blocks_[host_block.index()].hosted;
    give_slab(slab_blocks_, receipt);
  });
  for_each_block(range, [&](BlockId b) {
    if (block(b).present()) change_block(b, [](MemoryBlock& was) { was = {}; });
  });
}

void MemoryHotplug::unmap_direct(PfnRange range, Receipt& receipt) {
  tables_.unmap_direct(range, [&](Pfn pfn) { free_taken(pfn, 0, receipt); });
}

}  // namespace mhp::kernel
