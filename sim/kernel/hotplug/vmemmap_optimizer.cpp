#include "sim/kernel/hotplug/vmemmap_optimizer.hpp"

#include <algorithm>

#include "sim/core/invariant.hpp"
#include "sim/kernel/placement/common/memmap_parameter.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

namespace {

/// Lines of memory that copying a page reads, and writes.
constexpr std::int64_t page_lines(const Geometry& geometry) { return geometry.page_size() / 64; }

HugetlbVmemmapRule rule_of(const KernelProfile& profile) { return profile.hugetlb_vmemmap; }
bool both_lead_to(HugetlbVmemmapExcludes what, const KernelProfile& profile) {
  return profile.hugetlb_vmemmap_excludes == what;
}

/// RESERVE_VMEMMAP_NR
constexpr std::int64_t kept_by(HugetlbVmemmapRule rule) {
  return rule == HugetlbVmemmapRule::two_pages ? 2 : 1;
}
/// The page that stays is a copy, on the node of the huge page (since 6.2).
constexpr bool copies_head(HugetlbVmemmapRule rule) {
  return rule == HugetlbVmemmapRule::new_head || rule == HugetlbVmemmapRule::shared_tail;
}

}  // namespace

VmemmapOptimizer::VmemmapOptimizer(Mm& mm, const BootState& boot, Vmemmap vmemmap,
                                   MemmapBacking& backing, PageTables& tables,
                                   HotplugCounters& counters, std::function<bool(Pfn)> self_hosted)
    : mm_(mm),
      vmemmap_(vmemmap),
      rule_(rule_of(mm.profile())),
      backing_(backing),
      tables_(tables),
      counters_(counters),
      self_hosted_(std::move(self_hosted)) {
  for (const BootMemmap& m : boot.memmaps) {
    boot_.push_back(m);
    for (const PfnRange& r : m.at) reserved_.insert(r.start.value, r.end.value);
  }
}

// hugetlb_vmemmap_init of 5.18 and 5.19: mhp_memmap_on_memory() stands for the parameter, whether
// or not it can be followed. No kernel does it if struct pages lie in two pages
// (hugetlb_vmemmap_init, is_power_of_2).
bool VmemmapOptimizer::wanted(const KernelConfig& config, const KernelProfile& profile) {
  if (!config.hugetlb_free_vmemmap || rule_of(profile) == HugetlbVmemmapRule::none) return false;
  if (!Vmemmap(config.struct_page_size).whole_struct_pages()) return false;
  return !both_lead_to(HugetlbVmemmapExcludes::itself, profile) ||
         config.memmap_placement == placement_of(MemmapOnMemory::off);
}

// mhp_supports_memmap_on_memory of 5.14 to 5.17: is_hugetlb_free_vmemmap_enabled().
std::string_view VmemmapOptimizer::excludes_range() const {
  return both_lead_to(HugetlbVmemmapExcludes::memmap_in_range, mm_.profile())
             ? "this kernel places no memmap in the range if it frees the vmemmap of huge pages"
             : "";
}

VmemmapOptimizer::Span VmemmapOptimizer::span(Pfn huge, Bytes size) const {
  const std::int64_t first = vmemmap_.page_of(huge);
  return {first, first + kept_by(rule_),
          first + vmemmap_.pages_of(mm_.geometry().pages_of(size)).value};
}

bool VmemmapOptimizer::optimized(Pfn huge) const {
  return shared_.contains(vmemmap_.page_of(huge) + kept_by(rule_));
}

void VmemmapOptimizer::forget(std::int64_t leaf) {
  MHP_INVARIANT(
      shared_.covered(leaf * vmemmap_.leaf_pages(), (leaf + 1) * vmemmap_.leaf_pages()) == 0,
      "leaf {} goes with a huge page in a pool", leaf);
  split_.erase(leaf, leaf + 1);
}

PageCount VmemmapOptimizer::without_memory(std::int64_t first, std::int64_t end) const {
  const std::int64_t section = vmemmap_.section_pages();
  return PageCount{shared_.covered(first * section, end * section)};
}

PageCount VmemmapOptimizer::saved() const {
  return PageCount{shared_.total() - split_.total() - static_cast<std::int64_t>(tails_.size())};
}

// The pages of a range's memmap end with the range; what lies before its first page is not there.
std::optional<Pfn> VmemmapOptimizer::boot_page(std::int64_t vmemmap_page) const {
  for (const BootMemmap& m : boot_) {
    const std::int64_t end = vmemmap_.pages_end(m.memory.end);
    std::int64_t n = vmemmap_page - (end - vmemmap_.pages_of(m.memory.pages()).value);
    if (n < 0 || vmemmap_page >= end) continue;
    for (const PfnRange& r : m.at) {
      if (n < r.pages().value) return r.start + PageCount{n};
      n -= r.pages().value;
    }
  }
  return std::nullopt;
}

// vmemmap_should_optimize_folio, and the test for self-hosted pages in vmemmap_pmd_entry, which
// looks at the first of them. Nor is anything done where nobody knows what lies behind the vmemmap.
bool VmemmapOptimizer::can_optimize(Pfn huge, Bytes size) const {
  const Span pages = span(huge, size);
  if (pages.end <= pages.keep || optimized(huge) || self_hosted_(huge)) return false;
  for (std::int64_t leaf = pages.first / vmemmap_.leaf_pages();
       leaf * vmemmap_.leaf_pages() < pages.end; ++leaf) {
    if (backing_.pfn_of(leaf * vmemmap_.leaf_pages())) continue;
    const std::int64_t first = std::max(pages.first, leaf * vmemmap_.leaf_pages());
    const std::int64_t last = std::min(pages.end, (leaf + 1) * vmemmap_.leaf_pages()) - 1;
    if (!boot_page(first) || !boot_page(last)) return false;
  }
  return true;
}

NodeId VmemmapOptimizer::cpu_node(CpuId cpu, NodeId otherwise) const {
  if (!cpu.valid()) cpu = mm_.node(otherwise).first_cpu;
  for (std::size_t n = 0; n < mm_.nodes(); ++n)
    if (const NodeId id{static_cast<std::int32_t>(n)}; mm_.node(id).has_cpu(cpu)) return id;
  return otherwise;
}

Task<std::optional<Pfn>> VmemmapOptimizer::page(Job& job, AllocRequest request) {
  request.cpu = job.cpu;
  std::optional<Allocation> got;
  if (job.host)
    got = co_await mm_.alloc_pages(*job.host, request, job.receipt);
  else
    got = mm_.alloc_pages(request, job.receipt);
  co_return got ? std::optional(got->pfn) : std::nullopt;
}

// synchronize_rcu, once for all pages of a write: somebody may be about to raise the reference
// count of a struct page that goes. Shared tails are never written.
Task<void> VmemmapOptimizer::wait_for_readers(Job& job) {
  if (job.grace || rule_ != HugetlbVmemmapRule::new_head) co_return;
  job.grace = true;
  if (!job.host) co_return;
  co_await job.receipt.spend(*job.host);
  co_await wait_for(*job.host, Condition::grace_period);
}

// vmemmap_split_pmd: the table comes from the node of who writes; from then on the pages are single
// ones, also when the leaf was one block.
Task<bool> VmemmapOptimizer::split(Job& job, Span pages) {
  for (std::int64_t leaf = pages.first / vmemmap_.leaf_pages();
       leaf * vmemmap_.leaf_pages() < pages.end; ++leaf) {
    if (backing_.base_pages(leaf)) continue;
    const std::int64_t at = std::max(pages.first, leaf * vmemmap_.leaf_pages());
    const NodeId huge_node = node_of(Pfn{at * vmemmap_.struct_pages_a_page()});
    const auto table = co_await page(job, {.node = cpu_node(job.cpu, huge_node)});
    if (!table) co_return false;
    ++job.tables;
    job.entries += vmemmap_.leaf_pages();
    split_.insert(leaf, leaf + 1);
    std::vector<Pfn> single;
    const auto added = backing_.pfn_of(leaf * vmemmap_.leaf_pages());
    for (std::int64_t i = 0; i < vmemmap_.leaf_pages(); ++i)
      single.push_back(
          added ? *added + PageCount{i}
                : boot_page(leaf * vmemmap_.leaf_pages() + i).value_or(MemmapBacking::kNone));
    if (added) {
      tables_.add_vmemmap_pte_table(leaf, *table);
      ++counters_.vmemmap_tables;
    } else {
      boot_tables_.emplace(leaf, *table);
    }
    backing_.split(leaf, std::move(single));
  }
  co_return true;
}

// vmemmap_get_tail: one for all huge pages of a size and zone, never given back.
Task<std::optional<Pfn>> VmemmapOptimizer::shared_tail(Job& job, Pfn huge, Bytes size) {
  const Zone& zone = *mm_.zone_of(huge);
  const auto key = std::pair{zone_index(zone.node, zone.type), size.value};
  if (const auto known = tails_.find(key); known != tails_.end()) co_return known->second;
  const auto got = co_await page(job, {.node = zone.node});
  if (got) tails_.emplace(key, *got);
  co_return got;
}

// __hugetlb_vmemmap_optimize_folio. False: there was no memory, and the page stays as it is.
Task<bool> VmemmapOptimizer::optimize_one(Job& job, Pfn huge, Bytes size) {
  const Span pages = span(huge, size);
  const NodeId node = node_of(huge);
  std::optional<Pfn> tail;
  if (rule_ == HugetlbVmemmapRule::shared_tail) {
    tail = co_await shared_tail(job, huge, size);
    if (!tail) co_return false;
  }
  std::optional<Pfn> head;
  if (copies_head(rule_)) {
    head = co_await page(job, {.node = node});
    if (!head) co_return false;
    ++nr_memmap_change_;
    ++job.copied[node.value];
  }
  if (!co_await split(job, pages)) {
    if (head) job.freed.push_back(*head);
    co_return false;
  }
  const auto at = [this](std::int64_t page) {
    return backing_.pfn_of(page).value_or(MemmapBacking::kNone);
  };
  if (head) {
    job.freed.push_back(at(pages.first));
    backing_.replace(pages.first, *head);
  }
  if (!tail) tail = at(pages.keep - 1);
  for (std::int64_t p = pages.keep; p < pages.end; ++p) {
    job.freed.push_back(at(p));
    backing_.replace(p, *tail);
  }
  shared_.insert(pages.keep, pages.end);
  job.entries += pages.end - pages.first;
  co_return true;
}

// free_vmemmap_page_list: the last one first. Pages of boot memory, which nobody had allocated,
// become managed with it (free_bootmem_page).
void VmemmapOptimizer::free_list(Job& job) {
  for (; !job.freed.empty(); job.freed.pop_back()) {
    const Pfn pfn = job.freed.back();
    if (reserved_.contains(pfn.value)) {
      reserved_.erase(pfn.value, pfn.value + 1);
      Zone& zone = *mm_.zone_of(pfn);
      zone.adjust_managed_page_count(PageCount{1});
      zone.in_use_pages += PageCount{1};
      --nr_memmap_boot_change_;
    } else {
      --nr_memmap_change_;
    }
    mm_.free_pages(pfn, 0, job.receipt, job.cpu);
  }
}

Task<void> VmemmapOptimizer::settle(Job& job) {
  if (!job.host) co_return;
  co_await job.receipt.spend(*job.host);
  co_await spend(*job.host, Primitive::page_table_page, mm_.geometry().contents(job.tables));
  co_await spend(*job.host, Primitive::page_table_leaf, job.entries);
  for (const auto& [node, pages] : job.copied)
    co_await spend(*job.host, Primitive::memory_line, 2 * page_lines(mm_.geometry()) * pages,
                   NodeId{node});
  co_await spend(*job.host, Primitive::tlb_flush, job.flushes);
}

// All leaves are split first, with one flush. Who then finds no memory frees what the pages before
// it have left, and tries once more. What one write did at once before 6.7 was one page.
Task<void> VmemmapOptimizer::optimize(Host* host, std::vector<Pfn> huge, Bytes size,
                                      Receipt& receipt, CpuId cpu) {
  std::erase_if(huge, [&](Pfn p) { return !can_optimize(p, size); });
  if (huge.empty()) co_return;
  Job job{host, receipt, cpu};
  for (const Pfn p : huge)
    if (!co_await split(job, span(p, size))) break;
  ++job.flushes;
  for (const Pfn p : huge) {
    co_await wait_for_readers(job);
    if (co_await optimize_one(job, p, size) || job.freed.empty()) continue;
    ++job.flushes;
    free_list(job);
    co_await optimize_one(job, p, size);
  }
  ++job.flushes;
  free_list(job);
  co_await settle(job);
}

// alloc_vmemmap_page_list, vmemmap_restore_pte: the pages got last are used first. A request may
// fail rather than have somebody killed; up to 6.3 it asks the page's own node alone, and once.
Task<std::int64_t> VmemmapOptimizer::restore(Host* host, std::vector<Pfn> huge, Bytes size,
                                             Receipt& receipt, CpuId cpu) {
  Job job{host, receipt, cpu};
  const bool stubborn = copies_head(rule_);
  std::int64_t done = 0;
  for (const Pfn p : huge) {
    if (optimized(p)) {
      const Span pages = span(p, size);
      const NodeId node = node_of(p);
      const AllocRequest request{.node = node,
                                 .this_node = !stubborn,
                                 .retry = stubborn ? Retry::mayfail : Retry::noretry};
      co_await wait_for_readers(job);
      std::vector<Pfn> got;
      while (static_cast<std::int64_t>(got.size()) < pages.end - pages.keep) {
        const auto one = co_await this->page(job, request);
        if (!one) break;
        got.push_back(*one);
      }
      const bool all = static_cast<std::int64_t>(got.size()) == pages.end - pages.keep;
      if (!all) {
        for (; !got.empty(); got.pop_back()) mm_.free_pages(got.back(), 0, receipt, cpu);
        break;
      }
      nr_memmap_change_ += pages.end - pages.keep;
      for (std::int64_t v = pages.keep; v < pages.end; ++v, got.pop_back())
        backing_.replace(v, got.back());
      shared_.erase(pages.keep, pages.end);
      job.copied[node.value] += pages.end - pages.keep;
      job.entries += pages.end - pages.keep;
      job.flushes = 1;
    }
    ++done;
  }
  co_await settle(job);
  co_return done;
}

}  // namespace mhp::kernel
