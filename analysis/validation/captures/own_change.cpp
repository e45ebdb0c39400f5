#include "analysis/validation/captures/own_change.hpp"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string>

#include "analysis/validation/captures/capture_boot.hpp"

namespace mhp::validation {

namespace {

using observed::Observed;

/// The zone of a look; a node that was not there then has empty ones.
const observed::Zone& zone_at(const Observed& look, const ModelMoment::Zone& zone) {
  static const observed::Zone empty;
  const observed::Zone* z = look.find_zone(zone.node, zone.type);
  return z != nullptr ? *z : empty;
}

PageCount free_of_zone(const observed::Zone& z) {
  PageCount pages = z.free.value_or(PageCount{}) + z.free_pcp.value_or(PageCount{});
  for (const observed::PerCpuList& list : z.pagesets) pages += PageCount{list.count};
  return pages;
}

std::optional<std::int64_t> counter(const observed::Counters& counters, const std::string& name) {
  const auto it = counters.find(name);
  if (it == counters.end()) return std::nullopt;
  return it->second;
}

/// A run of memory blocks cut to single ones, so that runs may be cut otherwise.
std::map<std::int64_t, std::string> single_blocks(const std::vector<observed::Blocks>& runs) {
  std::map<std::int64_t, std::string> blocks;
  for (const observed::Blocks& run : runs)
    for (std::int64_t b = run.first; b <= run.last; ++b)
      blocks[b] = fmt::format("{}, node {}, zones {}", run.state, run.node.value_or(NodeId{}).value,
                              run.valid_zones);
  return blocks;
}

class Change {
 public:
  Change(Score& score, const Observed& before, const Observed& after, const ModelMoment& start,
         const ModelMoment& end, std::int64_t bound)
      : score_(score), before_(before), after_(after), start_(start), end_(end), bound_(bound) {}

  void all() {
    for (std::size_t i = 0; i < end_.zones.size(); ++i) zone(start_.zones[i], end_.zones[i]);
    for (const observed::Zone& z : after_.zones)
      if (z.node.index() >= end_.zones.size() / kernel::kZoneTypes)
        score_.exact(fmt::format("node/{}", z.node.value), "there", "not there");
    counters("meminfo", "MemTotal", before_.meminfo, after_.meminfo,
             kib(end_.mem_total) - kib(start_.mem_total));
    counters("vmstat", "nr_memmap_pages", before_.vmstat, after_.vmstat,
             end_.nr_memmap_pages - start_.nr_memmap_pages);
    counters("vmstat", "nr_memmap_boot_pages", before_.vmstat, after_.vmstat,
             end_.nr_memmap_boot_pages - start_.nr_memmap_boot_pages);
    direct_map();
    blocks();
  }

 private:
  std::int64_t kib(PageCount pages) const { return pages.value * end_.page_size.value / kKiB; }

  void zone(const ModelMoment::Zone& start, const ModelMoment::Zone& end) {
    const observed::Zone& was = zone_at(before_, end);
    const observed::Zone& is = zone_at(after_, end);
    const std::string path =
        fmt::format("zone/{}/{}/", end.node.value, kernel::zone_name(end.type));
    const bool nothing = was.present.value_or(PageCount{}).value == 0 &&
                         is.present.value_or(PageCount{}).value == 0 && start.present.value == 0 &&
                         end.present.value == 0;
    if (nothing) return;
    const auto change = [&](const char* name, std::optional<PageCount> then,
                            std::optional<PageCount> now, PageCount model) {
      score_.exact(path + name, (now.value_or(PageCount{}) - then.value_or(PageCount{})).value,
                   model.value);
    };
    change("spanned", was.spanned, is.spanned, end.spanned - start.spanned);
    change("present", was.present, is.present, end.present - start.present);
    change("managed", was.managed, is.managed, end.managed - start.managed);
    if (was.present.value_or(PageCount{}).value == 0 && is.start_pfn)
      score_.exact(path + "start_pfn", is.start_pfn->value, end.start_pfn.value);
    score_.noise(NoiseKind::free_pages, path + "free", (free_of_zone(is) - free_of_zone(was)).value,
                 (end.free - start.free).value, bound_);
  }

  void counters(const std::string& text, const std::string& name, const observed::Counters& was,
                const observed::Counters& is, std::int64_t model) {
    const auto then = counter(was, name);
    const auto now = counter(is, name);
    if (then && now)
      score_.exact(text + "/" + name, *now - *then, model);
    else
      score_.unmodelled(text + "/" + name);
  }

  void direct_map() {
    const std::int64_t page = end_.page_size.value / kKiB;
    const auto leaves = [&](std::size_t level) {
      return end_.direct_map_leaves[level] - start_.direct_map_leaves[level];
    };
    if (!counter(after_.meminfo, "DirectMap2M")) return score_.unmodelled("meminfo/DirectMap");
    counters("meminfo", fmt::format("DirectMap{}k", page), before_.meminfo, after_.meminfo,
             leaves(0) * page);
    counters("meminfo", "DirectMap2M", before_.meminfo, after_.meminfo,
             leaves(1) * (2 * kMiB / kKiB));
    // Kernels without 1 GiB leaves do not print it.
    if (counter(after_.meminfo, "DirectMap1G"))
      counters("meminfo", "DirectMap1G", before_.meminfo, after_.meminfo,
               leaves(2) * (kGiB / kKiB));
  }

  /// Where both looks have memory blocks.
  void blocks() {
    if (before_.blocks.empty() || after_.blocks.empty()) return score_.unmodelled("memory blocks");
    const auto seen = single_blocks(after_.blocks);
    const auto model = single_blocks(end_.blocks);
    for (const auto& [number, state] : seen) {
      const auto it = model.find(number);
      score_.exact(fmt::format("block/{}", number), state,
                   it == model.end() ? "absent" : it->second);
    }
    score_.exact("blocks", static_cast<std::int64_t>(seen.size()),
                 static_cast<std::int64_t>(model.size()));
  }

  Score& score_;
  const Observed& before_;
  const Observed& after_;
  const ModelMoment& start_;
  const ModelMoment& end_;
  const std::int64_t bound_;
};

}  // namespace

ModelMoment moment_of(const kernel::Mm& mm, const kernel::MemoryHotplug& hotplug) {
  ModelMoment m;
  for (std::size_t n = 0; n < mm.nodes(); ++n)
    for (const kernel::Zone& z : mm.node(NodeId{static_cast<std::int32_t>(n)}).zones)
      m.zones.push_back({z.node, z.type, z.zone_start_pfn, z.spanned_pages, z.present_pages,
                         z.managed_pages, z.free_pages()});
  m.mem_total = mm.mem_total();
  m.nr_memmap_pages = hotplug.nr_memmap_pages();
  m.nr_memmap_boot_pages = hotplug.nr_memmap_boot_pages();
  for (std::size_t level = 0; level < m.direct_map_leaves.size(); ++level)
    m.direct_map_leaves[level] = hotplug.page_tables().direct_map_leaves(static_cast<int>(level));
  m.page_size = Bytes{mm.geometry().page_size()};
  for (std::size_t b = 0; b < hotplug.blocks().size(); ++b) {
    const kernel::MemoryBlock& block = hotplug.blocks()[b];
    if (!block.present()) continue;
    observed::Blocks run;
    run.first = run.last = static_cast<std::int64_t>(b);
    run.state = block.state == kernel::MemoryBlock::State::online ? "online" : "offline";
    run.node = block.node;
    run.valid_zones = zone_names(hotplug.valid_zones(BlockId{static_cast<std::int32_t>(b)}));
    m.blocks.push_back(std::move(run));
  }
  return m;
}

void compare_change(Score& score, const Observed& before, const Observed& after,
                    const ModelMoment& start, const ModelMoment& end, std::int64_t bound) {
  Change(score, before, after, start, end, bound).all();
}

}  // namespace mhp::validation
