#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/core/types.hpp"
#include "sim/kernel/hotplug/head_books.hpp"
#include "sim/kernel/hotplug/overhead.hpp"

namespace mhp::run {

/// How virtio-mem devices stand when a run ends.
struct VirtioMemFacts {
  PageCount requested;
  PageCount plugged;
  std::int64_t requests = 0;        ///< changes of what is requested
  std::int64_t retries = 0;         ///< runs of the drivers that their timers started
  std::int64_t partial_blocks = 0;  ///< memory blocks of which a part is plugged
};

/// What a run noted besides its operations and the kernel's counters.
struct RunFacts {
  SimTime boot_memmap_init;
  SimTime first_insertion;
  std::optional<SimTime> first_notification;
  std::optional<SimTime> first_unplug;
  PageCount removed;
  std::int64_t devices = 0;        ///< that were to come
  std::int64_t devices_added = 0;  ///< of these, whose adding has ended, well or not
  std::int64_t blocks_planned = 0;
  std::int64_t blocks_online = 0;
  PageCount mem_total_before;
  PageCount mem_total_after;
  std::int64_t gigantic_pages = 0;
  std::int64_t gigantic_ranges = 0;  ///< of what was added, aligned and as large as such a page
  Bytes gigantic_page{kGiB};
  kernel::MemoryOverhead overhead;
  std::optional<PageCount> hugetlb_vmemmap_saved;
  std::int64_t nr_memmap_pages = 0;
  std::int64_t nr_memmap_boot_pages = 0;
  std::optional<SimTime> memmap_latency;
  PageCount struct_pages_off_node;
  std::string placement_refusal;
  std::string panic;                         ///< why the kernel came to its end; empty: it did not
  std::string broken;                        ///< why a driver gave its device up; empty: none did
  std::optional<VirtioMemFacts> virtio_mem;  ///< of all virtio-mem devices; absent: there are none
  kernel::HeadFigures heads;                 ///< the most that each was
  int head_sites = 0;
  int head_online_sites = 0;
  double unwritten_page_seconds = 0;  ///< of heads, from the end of an addition to their writing
  Bytes away_unit;
  std::int64_t zones_not_contiguous = 0;  ///< of those with added memory, at the end
  PageCount reserved_at_boot;             ///< for memmap of what comes later
};

}  // namespace mhp::run
