#include <algorithm>

#include "sim/kernel/mm/fragmentation.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/run/result/metric/record.hpp"

namespace mhp::run {

namespace {

using kernel::Mark;
using kernel::VmEvents;
using Value = MetricRecord::Value;

template <class F>
void for_each_zone(const kernel::Mm& mm, F&& f) {
  for (std::size_t n = 0; n < mm.nodes(); ++n)
    for (const auto& z : mm.node(NodeId{static_cast<std::int32_t>(n)}).zones) f(z);
}

Value worst_fragmentation(const RunEnd& r) {
  std::int64_t worst = 0;
  for_each_zone(r.mm, [&](const kernel::Zone& z) {
    if (z.populated())
      worst = std::max(worst, kernel::fragmentation_index(kernel::free_blocks_of(z.buddy),
                                                          z.buddy.geometry().pageblock_order()));
  });
  return worst;
}

Value free_huge_pages(const RunEnd& r) {
  std::int64_t n = 0;
  for_each_zone(r.mm, [&](const kernel::Zone& z) {
    const kernel::Geometry& g = z.buddy.geometry();
    for (int order = g.pmd_order(); order <= g.max_order(); ++order)
      n += z.buddy.free_blocks(order) << (order - g.pmd_order());
  });
  return n;
}

template <Mark mark>
Value time_below(const RunEnd& r) {
  return r.watch.time_below(mark).value;
}

/// A counter of /proc/vmstat, or the sum of several.
template <auto... counters>
Value events(const RunEnd& r) {
  return ((r.mm.reclaim().events().*counters) + ...);
}

/// A metric of the whole run, under the kernel's name if it has one.
constexpr MetricRecord metric(const char* name, Unit unit, Better better, const char* definition,
                              Value (*value)(const RunEnd&)) {
  return {{name, unit, better, definition}, MetricPhase::run, value};
}

constexpr Unit kOne = Unit::one;
constexpr Unit kPage = Unit::page;
constexpr Unit kNs = Unit::ns;
constexpr Better kLower = Better::lower;
constexpr Better kNone = Better::none;

constexpr std::array kPressureMetrics{
    metric("huge_pages_free", kOne, Better::higher,
           "transparent huge pages (`kernel.architecture.pmd_size`, 2 MiB on x86-64) that could be "
           "taken at the end: free blocks of that order, and parts of larger ones, all zones",
           free_huge_pages),
    metric("fragmentation_index_9", Unit::thousandth, kLower,
           "`fragmentation_index` of the worst zone for a pageblock (order 9 on x86-64) at the "
           "end: 1000 if a request "
           "fails because what is free lies apart, towards 0 if for want of memory; 0 where it "
           "would succeed",
           worst_fragmentation),
    metric("time_below_high", kNs, kLower,
           "time during which a kernel zone that was populated at boot had fewer free pages than "
           "its high watermark; pages on per-CPU lists do not count",
           time_below<Mark::high>),
    metric("time_below_low", kNs, kLower, "the same for the low watermark", time_below<Mark::low>),
    metric("time_below_min", kNs, kLower, "the same for the min watermark", time_below<Mark::min>),
    metric("pgscan_kswapd", kPage, kLower,
           "pages looked at on inactive lists, or in the oldest generation, by kswapd",
           events<&VmEvents::pgscan_kswapd>),
    metric("pgscan_direct", kPage, kLower,
           "pages looked at there by tasks that reclaim for themselves",
           events<&VmEvents::pgscan_direct>),
    metric("pgsteal_kswapd", kPage, kLower,
           "pages reclaimed by kswapd; demoted pages are not among them",
           events<&VmEvents::pgsteal_kswapd>),
    metric("pgsteal_direct", kPage, kLower,
           "pages reclaimed by tasks for themselves; demoted pages are not among them",
           events<&VmEvents::pgsteal_direct>),
    metric("allocstall", kOne, kLower, "direct reclaims (`allocstall_*` of all zones)",
           events<&VmEvents::allocstall>),
    metric("workingset_refault_file", kPage, kLower,
           "pages of page cache that came back after they were reclaimed",
           events<&VmEvents::workingset_refault_file>),
    metric("workingset_refault_anon", kPage, kLower, "the same of anonymous memory",
           events<&VmEvents::workingset_refault_anon>),
    metric("pswpin", kPage, kLower, "pages read from swap", events<&VmEvents::pswpin>),
    metric("pswpout", kPage, kLower, "pages written to swap", events<&VmEvents::pswpout>),
    metric("compact_stall", kOne, kLower, "direct compactions", events<&VmEvents::compact_stall>),
    metric("compact_success", kOne, kNone, "direct compactions after which the request was met",
           events<&VmEvents::compact_success>),
    metric("pgmigrate_success", kPage, kNone,
           "pages moved by compaction, demotion and promotion, and out of blocks that are to go "
           "offline or ranges that are taken as a whole",
           events<&VmEvents::pgmigrate_success>),
    metric("pgdemote", kPage, kNone,
           "pages moved to a lower tier instead of being reclaimed (`pgdemote_kswapd` and "
           "`pgdemote_direct`)",
           events<&VmEvents::pgdemote_kswapd, &VmEvents::pgdemote_direct>),
    metric("pgpromote_success", kPage, kNone, "pages moved up after a hint fault",
           events<&VmEvents::pgpromote_success>),
    metric("thp_fault_alloc", kOne, kNone, "faults that got a transparent huge page",
           events<&VmEvents::thp_fault_alloc>),
    metric("thp_fault_fallback", kOne, kLower,
           "faults that asked for a transparent huge page and took base pages",
           events<&VmEvents::thp_fault_fallback>),
    metric("slabs_scanned", kOne, kNone,
           "objects of slab that shrinkers have looked at, under direct reclaim and kswapd",
           events<&VmEvents::slabs_scanned>),
    metric("oom_kill", kOne, kLower, "tasks killed", events<&VmEvents::oom_kill>),
    MetricRecord{
        {"oom_kill_memory_policy", kOne, kLower,
         "of these, killed for a request that a memory policy binds to some nodes "
         "(CONSTRAINT_MEMORY_POLICY); only of runs that have one"},
        MetricPhase::run,
        events<&VmEvents::oom_kill_memory_policy>,
        {},
        [](const RunEnd& r) { return r.mm.reclaim().events().oom_kill_memory_policy > 0; }},
    MetricRecord{
        {"oom_free_movable", kPage, kNone,
         "free in ZONE_MOVABLE when the OOM killer was first called for a request that may "
         "not have it; only of runs in which it was"},
        MetricPhase::run,
        events<&VmEvents::oom_free_movable>,
        {},
        [](const RunEnd& r) { return r.mm.reclaim().events().oom_free_movable >= 0; }},
    metric("psi_some", kNs, kLower,
           "time during which at least one task was stalled for want of memory "
           "(`/proc/pressure/memory`, total)",
           [](const RunEnd& r) -> Value { return r.pressure.some().value; }),
    metric("psi_full", kNs, kLower,
           "of it, time during which besides no task worked (`/proc/pressure/memory`, total)",
           [](const RunEnd& r) -> Value { return r.pressure.full().value; }),
    MetricRecord{
        ranked({"psi_longest", kNs, kLower, "the longest such stall of one task that has ended"}),
        MetricPhase::run,
        [](const RunEnd& r) -> Value { return r.pressure.longest_stall().value; }}};

}  // namespace

std::span<const MetricRecord> pressure_metrics() { return kPressureMetrics; }

}  // namespace mhp::run
