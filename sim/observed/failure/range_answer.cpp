#include "sim/observed/failure/range_answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/core/units.hpp"
#include "sim/kernel/vmemmap.hpp"

namespace mhp::observed {

namespace {

using kernel::ZoneType;

// Functions that allocate the memmap of an added range (mm/sparse-vmemmap.c, mm/sparse.c, 4.x to
// 7.0), its direct-map tables (arch/x86/mm/init_64.c, arch/arm64/mm/mmu.c), and all of a hot-add.
constexpr std::array<std::string_view, 8> kMemmap{
    "vmemmap_populate",    "vmemmap_alloc_block",   "__populate_section_memmap",
    "populate_section",    "section_activate",      "sparse_add_section",
    "sparse_add_one_sect", "kmalloc_section_memmap"};
constexpr std::array<std::string_view, 9> kTables{"kernel_physical_mapping_init",
                                                  "__kernel_physical_mapping_init",
                                                  "phys_p4d_init",
                                                  "phys_pud_init",
                                                  "alloc_low_page",
                                                  "init_memory_mapping",
                                                  "__create_pgd_mapping",
                                                  "__pgd_pgtable_alloc",
                                                  "pgd_pgtable_alloc"};
constexpr std::array<std::string_view, 7> kHotAdd{
    "add_memory", "__add_memory", "acpi_memory_device_add",   "dev_dax_kmem_probe",
    "virtio_mem", "hot_add_req",  "reserve_additional_memory"};

template <std::size_t N>
bool calls_one(const FailedRequest& request, const std::array<std::string_view, N>& functions) {
  return std::any_of(functions.begin(), functions.end(),
                     [&](std::string_view f) { return request.calls(f); });
}

/// "5.14.0-..." as 514; 0 if there is none.
int version_of(std::string_view release) {
  const std::size_t point = release.find('.');
  if (point == release.npos) return 0;
  const std::size_t end = release.find_first_not_of("0123456789", point + 1);
  const auto number = [](std::string_view text) {
    int n = 0;
    for (const char c : text) n = std::min(n * 10 + (c - '0'), 10000);
    return n;
  };
  const std::string_view major = release.substr(0, point);
  if (major.find_first_not_of("0123456789") != major.npos) return 0;
  return number(major) * 100 + number(release.substr(point + 1, end - point - 1));
}

/// The memmap of a Movable zone, and whether it lies in the zone itself: then the zone has so many
/// pages that nobody manages (mhp_init_memmap_on_memory).
struct MovableMemmap {
  NodeId node;
  PageCount pages;
  bool in_range = false;
};

std::vector<MovableMemmap> movable_memmaps(const Observed& machine) {
  std::vector<MovableMemmap> out;
  const std::int64_t page = machine.page_size.value_or(Bytes{4 * kKiB}).value;
  for (const Zone& zone : machine.zones) {
    if (zone.type != ZoneType::movable || !zone.present || zone.present->value == 0) continue;
    const PageCount pages{zone.present->value * kernel::kStructPageSize.value / page};
    const bool in_range = zone.managed && *zone.present - *zone.managed >= pages - pages / 16;
    out.push_back({zone.node, pages, in_range});
  }
  return out;
}

/// Whether the block was for a page table of the memmap's own mapping: its allocator was called by
/// one that fills a directory, not by one that maps struct pages.
bool for_memmap_tables(const FailedRequest& request) {
  const auto& trace = request.call_trace;
  for (std::size_t i = 0; i + 1 < trace.size(); ++i)
    if (trace[i].starts_with("vmemmap_alloc_block") && trace[i + 1].starts_with("vmemmap_p") &&
        trace[i + 1].ends_with("d_populate"))
      return true;
  return false;
}

/// What the kernel in the report says to memmap_on_memory.
void say_who(const MemInfoReport& report, Explanation& out) {
  const FailedRequest& request = report.request;
  const int version = version_of(request.release);
  if (version > 0 && version < 514) {
    out.range = RangeAnswer::newer_kernel;
    out.range_why.push_back(fmt::format(
        "its kernel, {}, has no memmap_on_memory, which came with 5.14", request.release));
  } else if (version > 0 && version < 608) {
    out.range = RangeAnswer::newer_kernel;
    out.range_why.push_back(fmt::format(
        "its kernel, {}, has it for additions of exactly one memory block, mainline since 6.8 for "
        "more",
        request.release));
  } else {
    out.range = RangeAnswer::yes;
    out.range_why.emplace_back(
        "it needs memory_hotplug.memmap_on_memory=1 and memory blocks whose memmap fills whole "
        "pageblocks");
  }
}

void of_hot_add(const MemInfoReport& report, Explanation& out) {
  const FailedRequest& request = report.request;
  const bool virtio = request.calls("virtio_mem") || request.workqueue.starts_with("virtio_mem");
  if (for_memmap_tables(request)) {
    out.range = RangeAnswer::no;
    out.range_why.emplace_back(
        "the request was for a page table that maps the memmap, which always comes from memory "
        "that "
        "is there already");
    return;
  }
  if (calls_one(request, kMemmap)) {
    out.range = RangeAnswer::no;
    out.range_why.emplace_back(
        "the request was for the memmap of memory that was being added: placed in the added range "
        "it asks for no page of the machine");
    if (virtio)
      out.range_why.emplace_back(
          "but virtio-mem does not let its memory be added so: mainline kernels keep its memmap in "
          "memory that is there already");
    else
      say_who(report, out);
    return;
  }
  out.range = RangeAnswer::no;
  out.range_why.emplace_back(
      calls_one(request, kTables)
          ? "the request was for page tables of the direct map, which always come from memory that "
            "is there already"
          : "the request was part of adding memory, but neither for its memmap nor for its page "
            "tables");
}

/// Pages that a kernel zone has more if no memmap of Movable memory lies in it: that of its node,
/// and that of nodes without a kernel zone.
PageCount given_back(const Observed& machine, const std::vector<MovableMemmap>& memmaps,
                     const Zone& zone) {
  PageCount out;
  for (const MovableMemmap& m : memmaps) {
    const Zone* own = machine.find_zone(m.node, ZoneType::normal);
    const bool orphan = own == nullptr || own->managed.value_or(PageCount{}).value == 0;
    if (!m.in_range && (m.node == zone.node || orphan)) out += m.pages;
  }
  return out;
}

void of_demand(const MemInfoReport& report, Explanation& out) {
  const auto memmaps = movable_memmaps(report.machine);
  PageCount outside;
  bool inside = false;
  for (const MovableMemmap& m : memmaps) {
    if (m.in_range)
      inside = true;
    else
      outside += m.pages;
  }
  out.memmap_pages = outside;
  if (memmaps.empty()) {
    const bool hotplugged = !report.has_memory;
    out.range = hotplugged ? RangeAnswer::not_told : RangeAnswer::no;
    out.range_why.emplace_back(
        hotplugged
            ? "the report has no zones"
            : "there is no Movable zone; memory that was added to kernel zones brings more "
              "pages than its memmap takes, and the report does not tell it from boot memory");
    return;
  }
  if (outside.value == 0) {
    out.range = inside ? RangeAnswer::already : RangeAnswer::no;
    out.range_why.emplace_back(
        "the memmap of the Movable zones lies in them: as many pages as it has are present there "
        "and not managed");
    return;
  }
  const std::int64_t page = report.machine.page_size.value_or(Bytes{4 * kKiB}).value;
  const std::string size = format_bytes(Bytes{outside.value * page});
  const auto& zones = report.machine.zones;
  const bool met = std::any_of(zones.begin(), zones.end(), [&](const Zone& zone) {
    return zone.type == ZoneType::normal && zone.managed != PageCount{0} &&
           judge(report, out.request, zone, given_back(report.machine, memmaps, zone)).verdict ==
               Verdict::would_serve;
  });
  const bool failed = std::none_of(out.zones.begin(), out.zones.end(), [](const ZoneVerdict& v) {
    return v.verdict == Verdict::would_serve;
  });
  if (!failed) {
    out.range_why.emplace_back(
        "as printed the request could be met, so nothing can be said of what "
        "more free pages would have changed");
    return;
  }
  out.range = met ? RangeAnswer::headroom : RangeAnswer::no;
  out.range_why.push_back(
      fmt::format("the memmap of the Movable zones has {} pages ({}) in kernel zones, if their "
                  "memory was added "
                  "and its memmap is not in it",
                  outside.value, size));
  out.range_why.push_back(
      met ? fmt::format("with these pages free this request would have been met; whatever took the "
                        "kernel's memory would have had {} more to take before the same happened",
                        size)
          : "with these pages free this request would still have failed");
}

}  // namespace

void answer_range(const MemInfoReport& report, Explanation& out) {
  const FailedRequest& request = report.request;
  const bool hot_add =
      calls_one(request, kMemmap) || calls_one(request, kTables) || calls_one(request, kHotAdd);
  if (hot_add) return of_hot_add(report, out);
  if (report.request.memory_cgroup) {
    out.range = RangeAnswer::no;
    out.range_why.emplace_back("a memory cgroup's limit does not depend on where the memmap lies");
    return;
  }
  of_demand(report, out);
}

}  // namespace mhp::observed
