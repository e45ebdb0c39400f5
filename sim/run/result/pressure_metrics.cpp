#include "sim/run/result/pressure_metrics.hpp"

#include <algorithm>

#include "sim/kernel/mm/fragmentation.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::run {

namespace {

/// The fragmentation index of the worst zone, 0 where a request would succeed.
std::int64_t worst_fragmentation(const kernel::Mm& mm, int order) {
  std::int64_t worst = 0;
  for (std::size_t n = 0; n < mm.nodes(); ++n)
    for (const auto& z : mm.node(NodeId{static_cast<std::int32_t>(n)}).zones)
      if (z.populated())
        worst =
            std::max(worst, kernel::fragmentation_index(kernel::free_blocks_of(z.buddy), order));
  return worst;
}

std::int64_t free_huge_pages(const kernel::Mm& mm) {
  std::int64_t n = 0;
  for (std::size_t i = 0; i < mm.nodes(); ++i)
    for (const auto& z : mm.node(NodeId{static_cast<std::int32_t>(i)}).zones)
      n += z.buddy.free_blocks(kernel::kPageblockOrder) +
           2 * z.buddy.free_blocks(kernel::kPageblockOrder + 1);
  return n;
}

}  // namespace

std::vector<Metric> pressure_metrics(const kernel::Mm& mm, const Pressure& pressure,
                                     const ZoneWatch& watch) {
  using kernel::Mark;
  const kernel::VmEvents& e = mm.reclaim().events();
  std::vector<Metric> out;
  const auto put = [&](const char* name, const char* unit, const char* better, std::int64_t value) {
    out.push_back({name, unit, better, "run", value});
  };
  put("huge_pages_free", "1", "higher", free_huge_pages(mm));
  put("fragmentation_index_9", "1", "lower", worst_fragmentation(mm, kernel::kPageblockOrder));
  put("time_below_high", "ns", "lower", watch.time_below(Mark::high).value);
  put("time_below_low", "ns", "lower", watch.time_below(Mark::low).value);
  put("time_below_min", "ns", "lower", watch.time_below(Mark::min).value);
  put("pgscan_kswapd", "page", "lower", e.pgscan_kswapd);
  put("pgscan_direct", "page", "lower", e.pgscan_direct);
  put("pgsteal_kswapd", "page", "lower", e.pgsteal_kswapd);
  put("pgsteal_direct", "page", "lower", e.pgsteal_direct);
  put("allocstall", "1", "lower", e.allocstall);
  put("pswpin", "page", "lower", e.pswpin);
  put("pswpout", "page", "lower", e.pswpout);
  put("compact_stall", "1", "lower", e.compact_stall);
  put("compact_success", "1", "none", e.compact_success);
  put("pgmigrate_success", "page", "none", e.pgmigrate_success);
  put("pgdemote", "page", "none", e.pgdemote_kswapd + e.pgdemote_direct);
  put("pgpromote_success", "page", "none", e.pgpromote_success);
  put("thp_fault_alloc", "1", "none", e.thp_fault_alloc);
  put("thp_fault_fallback", "1", "lower", e.thp_fault_fallback);
  put("oom_kill", "1", "lower", e.oom_kill);
  put("psi_some", "ns", "lower", pressure.some().value);
  put("psi_full", "ns", "lower", pressure.full().value);
  put("psi_longest", "ns", "lower", pressure.longest_stall().value);
  return out;
}

std::vector<Metric> zone_lock_metrics(const ZoneLockUse& use, SimTime elapsed) {
  const __int128 held = static_cast<__int128>(use.longest_held.value) * 1'000'000;
  const std::int64_t ppm = elapsed.value > 0 ? static_cast<std::int64_t>(held / elapsed.value) : 0;
  return {{"zone_lock_acquisitions", "1", "none", "run", use.acquisitions},
          {"zone_lock_contended", "1", "lower", "run", use.contended},
          {"zone_lock_wait", "ns", "lower", "run", use.wait.value},
          {"zone_lock_wait_max", "ns", "lower", "run", use.longest_wait.value},
          {"zone_lock_hold", "ns", "lower", "run", use.hold.value},
          {"zone_lock_utilisation", "1", "lower", "run", ppm}};
}

}  // namespace mhp::run
