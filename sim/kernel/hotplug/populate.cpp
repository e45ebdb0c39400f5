// The memmap of added memory, section by section: sparse_add_section, vmemmap_populate (by leaves
// or single pages, as the architecture says) and what takes them back, Linux 6.12.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

namespace {

/// What is free, and what of it the kernel's own allocations cannot have.
std::string free_memory(const NodeTable& mm) {
  PageCount cma;
  for (std::size_t n = 0; n < mm.nodes(); ++n)
    for (const Zone& z : mm.node(NodeId{static_cast<std::int32_t>(n)}).zones)
      cma += z.buddy.free_cma_pages();
  return fmt::format("{} of {} pages free", mm.mem_free().value, mm.mem_total().value) +
         (cma > PageCount{0} ? fmt::format(", {} of them for movable memory alone (CMA)", cma.value)
                             : std::string());
}

}  // namespace

Task<OpResult> MemoryHotplug::populate_sections(Host& host, AddRequest rq, PfnRange block,
                                                const Plan& plan) {
  const MemmapOrigin memmap = plan.memmap;
  const bool at_boot = memmap.populated == When::boot;
  const HotplugCounters before = counters_;
  Receipt receipt = mm_.receipt();
  const std::int64_t first = geometry_.section_of(block.start);
  const std::int64_t end = geometry_.section_of(block.end);
  OpResult result;
  std::int64_t section = first;
  for (; section < end; ++section) {
    if (!co_await take_root(host, section, rq, receipt)) {
      result = {Status::enomem, "no page for section descriptors"};
      break;
    }
    const bool mapped =
        at_boot || co_await populate_section(host, rq.node, memmap, section, receipt);
    if (!mapped) {
      depopulate_section(section, [&](Pfn pfn, int order) { mm_.free_pages(pfn, order, receipt); });
      result = {Status::enomem, fmt::format("no memory for the memmap of section {}: {}", section,
                                            free_memory(mm_))};
      break;
    }
    if (at_boot) backing_.add_sections(section, section + 1, memmap.node);
    slab_extra_ += plan.per_section;
    if (!co_await take_slab(host, slab_sections_, rq.cpu_node, receipt)) {
      result = {Status::oom, "no page for a section's objects"};
      break;
    }
    ++counters_.sections;
    if (at_boot) continue;
    nr_memmap_pages_ += struct_pages_.section_pages();
  }
  if (memmap.in_added_memory())
    counters_.memmap_pages_range +=
        struct_pages_.pages_of(geometry_.section_start(section) - geometry_.section_start(first))
            .value;
  co_await receipt.spend(host);
  // sync_global_pgds visits every process for every section that is mapped.
  const std::int64_t populated = at_boot ? 0 : section - first;
  counters_.pgd_syncs += populated * config_.processes;
  co_await spend(host, Primitive::page_table_page,
                 geometry_.contents(counters_.vmemmap_tables - before.vmemmap_tables));
  co_await spend(host, Primitive::page_table_leaf,
                 counters_.vmemmap_leaves - before.vmemmap_leaves);
  co_await spend(host, Primitive::section_metadata, section - first);
  co_await spend(host, Primitive::pgd_sync, populated * config_.processes);
  co_await clear_memmap(host, first, section,
                        PageCount{counters_.memmap_pages_boot - before.memmap_pages_boot});
  co_return result;
}

// init_on_alloc: the page allocator clears what it hands out, an altmap nothing. A shared leaf was
// taken with the first section that needed it, and lies on the node of the next.
Task<void> MemoryHotplug::clear_memmap(Host& host, std::int64_t first, std::int64_t end,
                                       PageCount taken) {
  if (!config_.init_on_alloc || taken.value == 0 || first == end) co_return;
  co_await spend_first_touches(host,
                               {geometry_.section_start(first), geometry_.section_start(end)});
  std::vector<std::int64_t> sections(mm_.nodes(), 0);
  backing_.for_each_node(first, end, [&](NodeId node, std::int64_t from, std::int64_t to) {
    sections[node.index()] += to - from;
  });
  counters_.memmap_pages_cleared += taken.value;
  std::int64_t of = end - first;
  std::int64_t left = taken.value;
  for (std::size_t n = 0; n < sections.size(); ++n) {
    if (sections[n] == 0) continue;
    const std::int64_t share = left * sections[n] / of;
    of -= sections[n];
    left -= share;
    co_await spend(host, Primitive::kernel_init_page, geometry_.contents(share),
                   NodeId{static_cast<std::int32_t>(n)});
  }
}

// vmemmap_populate_hugepages: leaf by leaf, the tables first. A leaf that another section has a
// share in is there already; if that one had to do with single pages, so has this one.
Task<bool> MemoryHotplug::populate_section(Host& host, NodeId node, MemmapOrigin memmap,
                                           std::int64_t section, Receipt& receipt) {
  const Vmemmap::Span leaves = struct_pages_.leaves_of(section);
  NodeId lies_on = memmap.node;
  for (std::int64_t leaf = leaves.first; leaf < leaves.end; ++leaf) {
    const bool shared = backing_.mapped(leaf);
    if (!shared) {
      if (!co_await map_vmemmap(host, node, leaf, receipt)) co_return false;
      ++counters_.vmemmap_leaves;
    }
    std::optional<NodeId> on = memmap.node;
    if (shared && !backing_.base_pages(leaf)) {
      on = backing_.node_of_leaf(leaf);
    } else if (memmap.from_page_allocator()) {
      on.reset();
      const bool base_pages = arch_.vmemmap == VmemmapMapping::base_pages;
      if (!shared && !base_pages) on = co_await populate_leaf(host, memmap, leaf, receipt);
      if (!on)
        on = co_await populate_base_pages(host, memmap, section, leaf, shared || base_pages,
                                          receipt);
      if (!on) co_return false;
    }
    if (leaf == leaves.first) lies_on = *on;
  }
  backing_.add_sections(section, section + 1, lies_on);
  co_return true;
}

Task<bool> MemoryHotplug::map_vmemmap(Host& host, NodeId node, std::int64_t leaf,
                                      Receipt& receipt) {
  return with_tables(host, {.node = node, .kthread = true}, receipt,
                     [this, leaf](const PageTables::TakePage& take) {
                       const auto done = tables_.map_vmemmap_leaf(leaf, take);
                       counters_.vmemmap_tables += done.tables;
                       return done.ok;
                     });
}

// What is there already is not taken again: a table that has to be waited for is the next.
Task<bool> MemoryHotplug::with_tables(Host& host, AllocRequest request, Receipt& receipt,
                                      std::function<bool(const PageTables::TakePage&)> map) {
  std::optional<Allocation> page;
  const PageTables::TakePage take = [&]() -> std::optional<Pfn> {
    if (!page) page = mm_.alloc_listed(request, receipt);
    const auto got = std::exchange(page, std::nullopt);
    return got ? std::optional(got->pfn) : std::nullopt;
  };
  while (!map(take)) {
    page = co_await mm_.alloc_pages(host, request, receipt);
    if (!page) co_return false;
  }
  co_return true;
}

// One order-9 block, asked for afresh for every leaf (GFP_KERNEL | __GFP_RETRY_MAYFAIL); else
// single pages and a table for them.
Task<std::optional<NodeId>> MemoryHotplug::populate_leaf(Host& host, MemmapOrigin memmap,
                                                         std::int64_t leaf, Receipt& receipt) {
  const auto got = co_await mm_.alloc_pages(host,
                                            {.node = memmap.node,
                                             .order = struct_pages_.leaf_order(),
                                             .highest = memmap.highest,
                                             .retry = Retry::mayfail,
                                             .kthread = true},
                                            receipt);
  if (!got) co_return std::nullopt;
  ++counters_.memmap_order9;
  counters_.memmap_pages_boot += struct_pages_.leaf_pages();
  backing_.add_order9(leaf, got->pfn);
  co_return got->node;
}

// vmemmap_populate_basepages, of a section's part of a leaf. A section that cannot be completed
// gives its own pages back (section_deactivate); the sections before it stay as they are.
Task<std::optional<NodeId>> MemoryHotplug::populate_base_pages(Host& host, MemmapOrigin memmap,
                                                               std::int64_t section,
                                                               std::int64_t leaf, bool has_table,
                                                               Receipt& receipt) {
  const AllocRequest single{
      .node = memmap.node, .highest = memmap.highest, .retry = Retry::mayfail, .kthread = true};
  Vmemmap::Span part = struct_pages_.pages_of_section(section);
  part.first = std::max(part.first, leaf * struct_pages_.leaf_pages());
  part.end = std::min(part.end, (leaf + 1) * struct_pages_.leaf_pages());
  const std::int64_t wanted = part.end - part.first;
  const std::int64_t tables = has_table ? 0 : 1;
  std::vector<Pfn> pages;
  NodeId donor;
  while (static_cast<std::int64_t>(pages.size()) < wanted + tables) {
    const auto page = co_await mm_.alloc_pages(host, single, receipt);
    if (!page) {
      for (const Pfn p : pages) mm_.free_pages(p, 0, receipt);
      co_return std::nullopt;
    }
    donor = page->node;
    pages.push_back(page->pfn);
  }
  if (!has_table) {  // The first page is the table of the others.
    tables_.add_vmemmap_pte_table(leaf, pages.front());
    pages.erase(pages.begin());
    ++counters_.vmemmap_tables;
  }
  counters_.memmap_base_pages += wanted;
  counters_.memmap_pages_boot += wanted;
  backing_.add_base_pages(part, pages);
  co_return donor;
}

void MemoryHotplug::remove_memmap(PfnRange range, PlanSpan plans, Receipt& receipt) {
  for (std::int64_t s = geometry_.section_of(range.start); s < geometry_.section_of(range.end);
       ++s) {
    if (!backing_.has(s)) continue;
    const Plan& plan =
        plans[static_cast<std::size_t>((geometry_.section_start(s) - range.start) / block_pages_)];
    const auto give = [&](Pfn pfn, int order) { free_taken(pfn, order, receipt); };
    const bool at_boot = plan.memmap.populated == When::boot;
    if (at_boot)
      backing_.release(s, give);
    else
      depopulate_section(s, give);
    slab_extra_ -= plan.per_section;
    give_slab(slab_sections_, receipt);
    if (!at_boot) nr_memmap_pages_ -= struct_pages_.section_pages();
  }
}

// depopulate_section_memmap: what others share stays.
void MemoryHotplug::depopulate_section(std::int64_t section, const MemmapBacking::Give& give) {
  backing_.release(section, give);
  const Vmemmap::Span leaves = struct_pages_.leaves_of(section);
  for (std::int64_t leaf = leaves.first; leaf < leaves.end; ++leaf) {
    if (backing_.mapped(leaf)) continue;
    if (vmemmap_) vmemmap_->forget(leaf);
    tables_.unmap_vmemmap_leaf(leaf, [&](Pfn pfn) { give(pfn, 0); });
  }
}

}  // namespace mhp::kernel
