#include "analysis/validation/growth/growth.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "sim/core/invariant.hpp"
#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"

namespace mhp::validation {

namespace {

using kernel::CountingHost;
using kernel::HotplugCounters;
using kernel::Primitive;

/// The model's counts of a run, by block in the order of the operations.
struct ModelCounts {
  std::int64_t sections = 0;
  std::int64_t blocks = 0;
  std::int64_t altmaps = 0;
  std::int64_t recomputations = 0;
  std::int64_t walks = 1;  ///< walks over the zone for each block
  std::vector<std::int64_t> contiguity, initialised, unisolated;
  std::vector<std::int64_t> contiguity_offline, isolated;
};

// The recorded guest: 2 GiB of boot memory, one processor, the DIMMs from 4 GiB on.
ModelCounts simulate(const CountRun& run, const kernel::KernelProfile& profile) {
  kernel::KernelConfig config;
  config.init_on_alloc = false;
  config.memmap_placement = kernel::placement_of(run.memmap_on_memory);
  const machine::Description machine{.nodes = {{Bytes{2 * kGiB}, 1}}, .distance = {{10}}};
  const kernel::BootState boot = kernel::boot(machine, config);
  kernel::Mm mm(boot, config, profile);
  kernel::MemoryHotplug hotplug(mm, boot, config);
  CountingHost host;
  const Pfn first = pfn_of(Bytes{4 * kGiB});
  for (std::int64_t d = 0; d < run.dimms; ++d) {
    const Pfn start = first + pages_of(run.dimm) * d;
    const auto added = CountingHost::run(
        hotplug.add(host, {NodeId{0}, {start, start + pages_of(run.dimm)}, NodeId{0}}));
    MHP_INVARIANT(added.status == kernel::Status::ok, "{} cannot be added", run.name);
  }
  ModelCounts counts;
  const Pfn end = first + pages_of(run.dimm) * run.dimms;
  const auto type = run.online == "online_movable" ? kernel::OnlineType::online_movable
                                                   : kernel::OnlineType::online_kernel;
  for (Pfn p = first; p < end; p += hotplug.block_pages()) {
    const HotplugCounters before = hotplug.counters();
    CountingHost::run(hotplug.online(host, hotplug.block_of(p), type));
    const HotplugCounters& now = hotplug.counters();
    counts.contiguity.push_back(now.contiguity_checks - before.contiguity_checks);
    counts.initialised.push_back(now.struct_pages_initialised - before.struct_pages_initialised);
    counts.unisolated.push_back(now.pageblocks_unisolated - before.pageblocks_unisolated);
  }
  counts.sections = hotplug.counters().sections;
  counts.blocks = hotplug.counters().blocks_onlined;
  counts.altmaps = hotplug.counters().altmaps;
  counts.recomputations = hotplug.counters().wmark_recomputations;
  counts.walks = counts.altmaps > 0 ? 2 : 1;
  for (Pfn p = end; p > first;) {
    p = p - hotplug.block_pages();
    const std::int64_t checks = hotplug.counters().contiguity_checks_offline;
    const std::int64_t isolated = host.spent(Primitive::pageblock_isolate);
    CountingHost::run(hotplug.offline(host, hotplug.block_of(p)));
    counts.contiguity_offline.push_back(hotplug.counters().contiguity_checks_offline - checks);
    counts.isolated.push_back(host.spent(Primitive::pageblock_isolate) - isolated);
  }
  return counts;
}

double quantile(std::vector<double> v, double q) {
  const auto at = v.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(v.size()));
  std::nth_element(v.begin(), at, v.end());
  return *at;
}
double median(std::vector<double> v) { return quantile(std::move(v), 0.5); }

struct Point {
  double count;
  double instructions;
};

// The slope by Theil-Sen: the median of the slopes of all pairs. Equal counts have none: a unit is
// the share then. What disturbs a call only adds to it, so the line passes below the middle.
void draw_line(GrowthRow& row, const std::vector<Point>& points) {
  std::vector<double> slopes;
  for (std::size_t i = 0; i < points.size(); ++i)
    for (std::size_t j = i + 1; j < points.size(); ++j)
      if (points[i].count != points[j].count)
        slopes.push_back((points[j].instructions - points[i].instructions) /
                         (points[j].count - points[i].count));
  std::vector<double> rest;
  for (const Point& p : points)
    rest.push_back(slopes.empty() ? p.instructions / p.count : p.instructions);
  if (slopes.empty()) {
    row.per_unit = quantile(rest, 0.25);
    return;
  }
  row.per_unit = median(slopes);
  for (std::size_t i = 0; i < points.size(); ++i) rest[i] -= row.per_unit * points[i].count;
  row.fixed = quantile(rest, 0.25);
}

// Twice: the second time without the calls that are more than 1 % off, as about one in ten holds a
// timer tick.
void fit(GrowthRow& row, const std::vector<std::int64_t>& counts,
         const std::vector<std::int64_t>& instructions) {
  std::vector<Point> points;
  for (std::size_t i = 0; i < std::min(counts.size(), instructions.size()); ++i)
    points.push_back({static_cast<double>(counts[i]), static_cast<double>(instructions[i])});
  row.calls = static_cast<std::int64_t>(points.size());
  draw_line(row, points);
  std::erase_if(points, [&](const Point& p) {
    const double expected = row.fixed + row.per_unit * p.count;
    return std::abs(p.instructions - expected) > 0.01 * expected;
  });
  row.disturbed = row.calls - static_cast<std::int64_t>(points.size());
  draw_line(row, points);
}

/// The calls of a series, those of one block added up.
std::vector<std::int64_t> by_block(const std::vector<std::int64_t>& calls, std::int64_t each) {
  std::vector<std::int64_t> sums(calls.size() / static_cast<std::size_t>(each));
  for (std::size_t i = 0; i < sums.size() * static_cast<std::size_t>(each); ++i)
    sums[i / static_cast<std::size_t>(each)] += calls[i];
  return sums;
}

/// Writes the rows and calls of one run.
class Comparison {
 public:
  Comparison(const CountRun& run, ModelCounts model, GrowthReport& report)
      : run_(run), model_(std::move(model)), report_(report) {}

  void run() {
    series("contiguity_check", "online/set_zone_contiguous", model_.contiguity);
    series("contiguity_check, offline", "offline/set_zone_contiguous", model_.contiguity_offline);
    series("struct_page_init", "online/memmap_init_range", model_.initialised);
    call("pageblock_unisolate", "online/undo_isolate_page_range", model_.unisolated.front());
    call("pageblock_isolate, its test", "offline/test_pages_isolated", model_.isolated.front());
    call("watermark recomputation", "online/init_per_zone_wmark_min", 1);
    call(model_.altmaps > 0 ? "page_table_leaf" : "page_table_leaf and an allocation of order 9",
         "add/vmemmap_populate", 1);
    section();
    if (model_.altmaps > 0) call("block_device", "add/create_memory_block_devices", 1);

    count("add/sparse_add_section", model_.sections);
    count("add/create_memory_block_devices", model_.altmaps > 0 ? model_.altmaps : run_.dimms);
    count("online/online_pages", model_.blocks);
    count("online/set_zone_contiguous", model_.blocks * model_.walks);
    count("online/init_per_zone_wmark_min", model_.recomputations);
  }

 private:
  const CountRun::Function* function(const std::string& name) const {
    const auto it = run_.functions.find(name);
    return it == run_.functions.end() ? nullptr : &it->second;
  }
  GrowthRow row(const char* work, const std::string& function) const {
    return {run_.name, run_.kernel, work, function, 0, 0, 0, 0, 0};
  }

  void series(const char* work, const char* name, const std::vector<std::int64_t>& counts) {
    const auto it = run_.series.find(name);
    if (it == run_.series.end()) return;
    GrowthRow r = row(work, name);
    fit(r, counts, by_block(it->second, model_.walks));
    report_.rows.push_back(std::move(r));
  }

  // The median of the calls, each of which does the same.
  void call(const char* work, const char* name, std::int64_t units) {
    const auto* f = function(name);
    if (f == nullptr) return;
    GrowthRow r = row(work, name);
    r.calls = f->calls;
    r.per_unit = static_cast<double>(f->median) / static_cast<double>(units);
    report_.rows.push_back(std::move(r));
  }

  // A section without the vmemmap that is populated inside.
  void section() {
    const auto* outer = function("add/sparse_add_section");
    const auto* inner = function("add/vmemmap_populate");
    if (outer == nullptr || inner == nullptr) return;
    GrowthRow r = row("section_metadata", "add/sparse_add_section");
    r.calls = outer->calls;
    r.per_unit = static_cast<double>(outer->median - inner->median);
    report_.rows.push_back(std::move(r));
  }

  void count(const char* name, std::int64_t model) {
    if (const auto* f = function(name)) report_.calls.push_back({run_.name, name, f->calls, model});
  }

  const CountRun& run_;
  const ModelCounts model_;
  GrowthReport& report_;
};

}  // namespace

void compare_growth(const CountRun& run, const kernel::KernelProfile& profile,
                    GrowthReport& report) {
  Comparison(run, simulate(run, profile), report).run();
}

void compare_runs(GrowthReport& report) {
  std::map<std::pair<std::string, std::string>, std::vector<double>> groups;
  for (const GrowthRow& r : report.rows) groups[{r.kernel, r.work}].push_back(r.per_unit);
  for (GrowthRow& r : report.rows) {
    const double middle = median(groups[{r.kernel, r.work}]);
    r.deviation = (r.per_unit - middle) / middle;
  }
}

double GrowthReport::worst_deviation() const {
  double worst = 0;
  for (const GrowthRow& r : rows) worst = std::max(worst, std::abs(r.deviation));
  return worst;
}

bool GrowthReport::passed() const {
  return worst_deviation() <= kGrowthBound &&
         std::all_of(calls.begin(), calls.end(),
                     [](const GrowthCalls& c) { return c.kernel == c.model; });
}

}  // namespace mhp::validation
