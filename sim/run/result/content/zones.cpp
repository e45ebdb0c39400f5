#include <limits>

#include "sim/run/result/content/columns.hpp"
#include "sim/run/result/content/groups.hpp"

namespace mhp::run::content {

namespace {

Group& over_time(record::FileContent& file, const std::string& name, const RunResult& r) {
  return file.group(name)
      .coordinate("time", column(r.samples, [](const Sample& s) { return s.time.value; }), "ns",
                  "simulated time")
      .coordinate("node", count_up(r.nodes), "1", "NUMA node")
      .coordinate("zone", zone_names(), "1", "zone type");
}

}  // namespace

void zones(record::FileContent& file, const config::Scenario&, const RunResult& r) {
  Group& g = over_time(file, "zones", r);
  const auto put = [&](const char* name, std::int64_t Sample::ZoneState::*field,
                       const char* long_name) {
    Ints data;
    for (const Sample& s : r.samples)
      for (const auto& z : s.zones) data.push_back(z.*field);
    g.variable(name, {"time", "node", "zone"}, std::move(data), "page", long_name);
  };
  using Z = Sample::ZoneState;
  put("nr_free_pages", &Z::free, "free pages, per-CPU lists included");
  put("spanned_pages", &Z::spanned, "pages from the zone's first to its last, holes included");
  put("present_pages", &Z::present, "pages that exist in the zone");
  put("managed_pages", &Z::managed, "pages that the page allocator manages");
  put("min", &Z::min, "min watermark, without boost");
  put("low", &Z::low, "low watermark, without boost");
  put("high", &Z::high, "high watermark, without boost");
  put("boost", &Z::boost, "what kswapd is to free beyond the watermarks");
  put("pcp", &Z::pcp, "pages on per-CPU lists, which watermarks do not see");
}

void buddy(record::FileContent& file, const config::Scenario&, const RunResult& r) {
  Group& g =
      over_time(file, "buddy", r)
          .coordinate("order", count_up(static_cast<std::size_t>(r.geometry.max_order()) + 1), "1",
                      "order of the block: 2^order pages");
  Ints data;
  for (const Sample& s : r.samples)
    for (const auto& z : s.zones)
      data.insert(data.end(), z.free_blocks.begin(),
                  z.free_blocks.begin() + r.geometry.max_order() + 1);
  g.variable("free_blocks", {"time", "node", "zone", "order"}, std::move(data), "1",
             "free blocks, as in /proc/buddyinfo");
  const auto put = [&](const char* name, auto index, const char* long_name) {
    std::vector<double> values;
    for (const Sample& s : r.samples)
      for (const auto& z : s.zones)
        for (int order = 0; order <= r.geometry.max_order(); ++order)
          values.push_back(z.present > 0 ? static_cast<double>(index(z.free_blocks, order)) / 1000
                                         : std::numeric_limits<double>::quiet_NaN());
    g.variable(name, {"time", "node", "zone", "order"}, std::move(values), "1", long_name);
  };
  put("fragmentation_index", kernel::fragmentation_index,
      "why a request would fail: towards 0 for want of memory, towards 1 because it lies apart; -1 "
      "if it would not; NaN where the zone has no memory");
  put("unusable_free_index", kernel::unusable_free_index,
      "share of the free pages that lie in smaller blocks; NaN where the zone has no memory");
}

}  // namespace mhp::run::content
