#include <algorithm>

#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/run/recording/recorder.hpp"

namespace mhp::run {

namespace {

using kernel::VmEvents;
using Axes = std::vector<std::string>;

/// A counter of /proc/vmstat.
struct VmStat {
  const char* name;
  std::int64_t VmEvents::*counter;
  const char* units;
  const char* long_name;
};

constexpr VmStat kVmStats[] = {
    {"pgscan_kswapd", &VmEvents::pgscan_kswapd, "page", "pages that kswapd has looked at"},
    {"pgscan_direct", &VmEvents::pgscan_direct, "page", "pages that direct reclaim has looked at"},
    {"pgscan_anon", &VmEvents::pgscan_anon, "page", "anonymous pages that were looked at"},
    {"pgscan_file", &VmEvents::pgscan_file, "page", "pages of files that were looked at"},
    {"pgsteal_kswapd", &VmEvents::pgsteal_kswapd, "page", "pages reclaimed by kswapd"},
    {"pgsteal_direct", &VmEvents::pgsteal_direct, "page", "pages reclaimed by direct reclaim"},
    {"pgsteal_anon", &VmEvents::pgsteal_anon, "page", "anonymous pages that were reclaimed"},
    {"pgsteal_file", &VmEvents::pgsteal_file, "page", "pages of files that were reclaimed"},
    {"pgactivate", &VmEvents::pgactivate, "page", "pages moved to an active list"},
    {"pgdeactivate", &VmEvents::pgdeactivate, "page", "pages moved to an inactive list"},
    {"pgrefill", &VmEvents::pgrefill, "page", "pages looked at on active lists"},
    {"slabs_scanned", &VmEvents::slabs_scanned, "1", "objects that shrinkers have looked at"},
    {"nr_vmscan_write", &VmEvents::nr_vmscan_write, "page", "pages that reclaim has written"},
    {"pswpin", &VmEvents::pswpin, "page", "pages read from swap"},
    {"pswpout", &VmEvents::pswpout, "page", "pages written to swap"},
    {"workingset_refault_anon", &VmEvents::workingset_refault_anon, "page",
     "anonymous pages that came back after they were reclaimed"},
    {"workingset_refault_file", &VmEvents::workingset_refault_file, "page",
     "pages of files that came back after they were reclaimed"},
    {"workingset_activate_anon", &VmEvents::workingset_activate_anon, "page",
     "of the anonymous ones, those that count as in use at once"},
    {"workingset_activate_file", &VmEvents::workingset_activate_file, "page",
     "of those of files, those that count as in use at once"},
    {"allocstall", &VmEvents::allocstall, "1", "direct reclaims"},
    {"pageoutrun", &VmEvents::pageoutrun, "1", "rounds of kswapd"},
    {"drop_pagecache", &VmEvents::drop_pagecache, "1", "times that the page cache was dropped"},
    {"oom_kill", &VmEvents::oom_kill, "1", "tasks killed for want of memory"},
    {"compact_stall", &VmEvents::compact_stall, "1", "direct compactions"},
    {"compact_success", &VmEvents::compact_success, "1",
     "direct compactions after which the request was met"},
    {"compact_fail", &VmEvents::compact_fail, "1", "direct compactions that did not help"},
    {"compact_daemon_wake", &VmEvents::compact_daemon_wake, "1", "times that kcompactd was woken"},
    {"compact_migrate_scanned", &VmEvents::compact_migrate_scanned, "page",
     "page frames that compaction has looked at for pages to move"},
    {"compact_free_scanned", &VmEvents::compact_free_scanned, "page",
     "page frames that compaction has looked at for places to move them to"},
    {"compact_isolated", &VmEvents::compact_isolated, "page", "pages isolated by compaction"},
    {"pgmigrate_success", &VmEvents::pgmigrate_success, "page", "pages moved"},
    {"pgmigrate_fail", &VmEvents::pgmigrate_fail, "page", "pages that could not be moved"},
    {"pgdemote_kswapd", &VmEvents::pgdemote_kswapd, "page",
     "pages that kswapd has moved to a lower tier"},
    {"pgdemote_direct", &VmEvents::pgdemote_direct, "page",
     "pages that direct reclaim has moved to a lower tier"},
    {"pgpromote_success", &VmEvents::pgpromote_success, "page",
     "pages moved to a higher tier after a hint fault"},
    {"numa_hint_faults", &VmEvents::numa_hint_faults, "1", "hint faults"},
    {"thp_fault_alloc", &VmEvents::thp_fault_alloc, "1", "faults that got a transparent huge page"},
    {"thp_fault_fallback", &VmEvents::thp_fault_fallback, "1",
     "faults that took base pages instead"},
};

SeriesSource gauge(const char* name, Axes axes, const char* units, const char* long_name,
                   std::size_t places, std::function<void(SimTime, double*)> read) {
  return {{name, std::move(axes), units, SeriesKind::gauge, long_name, true, {}, {}, {}},
          places,
          std::move(read)};
}

SeriesSource counter(const char* name, Axes axes, const char* units, const char* long_name,
                     std::size_t places, std::function<void(SimTime, double*)> read) {
  return {{name, std::move(axes), units, SeriesKind::counter, long_name, true, {}, {}, {}},
          places,
          std::move(read)};
}

/// A quantity of every zone of every node.
template <class Value>
SeriesSource of_zones(const System& s, const char* name, const char* long_name, Value value) {
  const kernel::Mm& mm = s.mm;
  return gauge(name, {"node", "zone"}, "page", long_name,
               mm.nodes() * static_cast<std::size_t>(kernel::kZoneTypes),
               [&mm, value](SimTime, double* to) {
                 for (std::size_t n = 0; n < mm.nodes(); ++n)
                   for (const auto& zone : mm.node(NodeId{static_cast<std::int32_t>(n)}).zones)
                     *to++ = zone.populated() ? static_cast<double>(value(zone).value) : 0;
               });
}

}  // namespace

std::vector<std::string> lock_names() {
  return {"device_hotplug_lock", "mem_hotplug_lock", "mem_sysfs_mutex", "hugetlb_lock",
          "zone_lock"};
}

std::array<std::size_t, kRecordedLocks> lock_waiters(const LockTable& locks) {
  return {locks.device_hotplug.waiting(), locks.mem_hotplug.waiting(), locks.mem_sysfs.waiting(),
          locks.hugetlb.waiting(), locks.zones.waiting()};
}

std::vector<SeriesSource> watched_sources(const System& s) {
  using kernel::Zone;
  std::vector<SeriesSource> out;
  out.push_back(of_zones(s, "nr_free_pages", "free pages, per-CPU lists included",
                         [](const Zone& z) { return z.free_pages(); }));
  out.push_back(gauge(
      "psi_stalled", {}, "1", "tasks that are stalled for want of memory", 1,
      [&p = s.locks.pressure](SimTime, double* to) { *to = static_cast<double>(p.stalled()); }));
  out.push_back(gauge("lock_waiters", {"lock"}, "1", "tasks that wait for the lock, of all zones",
                      kRecordedLocks, [&locks = s.locks](SimTime, double* to) {
                        for (const std::size_t waiting : lock_waiters(locks))
                          *to++ = static_cast<double>(waiting);
                      }));
  const machine::MemorySystem& memory = s.memory;
  out.push_back(gauge("bandwidth", {"resource"}, "byte/s", "bytes moved in a second",
                      memory.resources(), [&memory](SimTime, double* to) {
                        for (std::size_t r = 0; r < memory.resources(); ++r)
                          *to++ = bytes_per_second(memory.load(r));
                      }));
  out.back().quantity.kind = SeriesKind::rate;
  out.back().quantity.whole = false;
  return out;
}

std::vector<SeriesSource> read_sources(const System& s, const Workloads& workloads) {
  using kernel::Zone;
  std::vector<SeriesSource> out;
  out.push_back(of_zones(s, "managed_pages", "pages that the page allocator manages",
                         [](const Zone& z) { return z.managed_pages; }));
  out.push_back(of_zones(s, "wmark_min", "min watermark, without boost",
                         [](const Zone& z) { return z.watermark.min; }));
  out.push_back(of_zones(s, "wmark_low", "low watermark, without boost",
                         [](const Zone& z) { return z.watermark.low; }));
  out.push_back(of_zones(s, "wmark_high", "high watermark, without boost",
                         [](const Zone& z) { return z.watermark.high; }));
  const VmEvents& events = s.mm.reclaim().events();
  for (const VmStat& v : kVmStats)
    out.push_back(counter(v.name, {}, v.units, v.long_name, 1,
                          [&events, field = v.counter](SimTime, double* to) {
                            *to = static_cast<double>(events.*field);
                          }));
  const kernel::MemoryHotplug& hotplug = s.hotplug;
  out.push_back(gauge(
      "nr_memmap_pages", {}, "page", "pages that hold memmap of added memory", 1,
      [&hotplug](SimTime, double* to) { *to = static_cast<double>(hotplug.nr_memmap_pages()); }));
  out.push_back(gauge(
      "sections_added", {}, "1",
      "sections added, without those of additions that failed and were taken back", 1,
      [&hotplug](SimTime, double* to) { *to = static_cast<double>(hotplug.counters().sections); }));
  out.push_back(counter("blocks_onlined", {}, "1", "memory blocks brought online", 1,
                        [&hotplug](SimTime, double* to) {
                          *to = static_cast<double>(hotplug.counters().blocks_onlined);
                        }));
  const Pressure& pressure = s.locks.pressure;
  out.push_back(counter(
      "psi_some", {}, "ns", "time during which at least one task was stalled for want of memory", 1,
      [&pressure](SimTime at, double* to) { *to = static_cast<double>(pressure.some(at).value); }));
  out.push_back(counter(
      "psi_full", {}, "ns", "of it, time during which besides no task worked", 1,
      [&pressure](SimTime at, double* to) { *to = static_cast<double>(pressure.full(at).value); }));
  out.push_back(counter("lock_wait", {"lock"}, "ns",
                        "time that tasks have waited for the lock, sum over tasks and zones",
                        kRecordedLocks, {}));
  const machine::MemorySystem& memory = s.memory;
  out.push_back(counter("moved", {"resource"}, "byte", "bytes moved", memory.resources(),
                        [&memory](SimTime at, double* to) {
                          for (std::size_t r = 0; r < memory.resources(); ++r)
                            *to++ = memory.moved(r, at);
                        }));
  out.back().quantity.whole = false;
  const auto of_workloads = [&](const char* name, const char* units, const char* long_name,
                                auto value) {
    out.push_back(counter(name, {"workload"}, units, long_name, workloads.size(),
                          [&workloads, value](SimTime, double* to) {
                            for (const auto& w : workloads)
                              *to++ = w->latency() ? static_cast<double>(value(*w->latency())) : 0;
                          }));
  };
  of_workloads("operations", "1", "operations of the workload that have ended",
               [](const Histogram& h) { return h.count(); });
  of_workloads("latency_sum", "ns", "sum of their latencies",
               [](const Histogram& h) { return h.sum(); });
  return out;
}

}  // namespace mhp::run
