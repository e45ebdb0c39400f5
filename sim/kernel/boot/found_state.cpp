#include "sim/kernel/boot/found_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "sim/core/interval_map.hpp"
#include "sim/core/invariant.hpp"
#include "sim/kernel/placement/placement.hpp"

namespace mhp::kernel {

namespace {

constexpr std::int64_t kMostPages = std::int64_t{1} << 40;
constexpr std::int64_t kMostBlocks = std::int64_t{1} << 25;

struct Run {
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int64_t node = 0;
};

std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || n < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return n;
}

/// "FIRST-LAST", and " NODE" behind it if `with_node`.
std::optional<Run> parse_run(std::string_view text, bool with_node, std::int64_t most) {
  Run run;
  const auto first = take_number(text);
  if (!first || !text.starts_with('-')) return std::nullopt;
  text.remove_prefix(1);
  const auto last = take_number(text);
  if (!last || *last < *first || *last > most) return std::nullopt;
  run.first = *first;
  run.last = *last;
  if (with_node) {
    if (!text.starts_with(' ')) return std::nullopt;
    text.remove_prefix(1);
    const auto node = take_number(text);
    if (!node) return std::nullopt;
    run.node = *node;
  }
  if (!text.empty()) return std::nullopt;
  return run;
}

/// Checks what the parameter records cannot.
class Check {
 public:
  Check(const Value& table, const FoundState& state, std::size_t nodes, Diagnostics& errors)
      : table_(table), state_(state), nodes_(static_cast<std::int64_t>(nodes)), errors_(errors) {}

  void all() {
    const std::int64_t block = state_.block_size.value;
    if (block <= 0 || (block & (block - 1)) != 0)
      bad(table_, "block_size", "memory blocks are a power of two", "for example \"128MiB\"");
    runs("memory", state_.memory, false, kMostPages);
    runs("blocks", state_.blocks, true, kMostBlocks);
    const auto cells = static_cast<std::size_t>(nodes_ * nodes_);
    if (!state_.distance.empty() && state_.distance.size() != cells)
      bad(table_, "distance",
          fmt::format("{} distances of {} nodes", state_.distance.size(), nodes_),
          fmt::format("{}, row by row", cells));
    if (state_.zones.empty()) bad(table_, "zone", "no zone has memory", "add [[zone]] tables");
    for (std::size_t i = 0; i < state_.zones.size(); ++i)
      zone((*table_.find("zone")->array())[i], state_.zones[i]);
  }

 private:
  void bad(const Value& table, const char* key, std::string problem, std::string remedy) {
    const Value* v = table.find(key);
    errors_.push_back(
        {v != nullptr ? v->where : table.where, std::move(problem), std::move(remedy)});
  }

  void runs(const char* key, const std::vector<std::string>& texts, bool with_node,
            std::int64_t most) {
    std::int64_t next = 0;
    for (const std::string& text : texts) {
      const auto run = parse_run(text, with_node, most);
      if (!run)
        return bad(
            table_, key, fmt::format("'{}' is no run", text),
            with_node ? "\"FIRST-LAST NODE\", numbers of blocks" : "\"FIRST-LAST\", page frames");
      if (run->first < next)
        return bad(table_, key, fmt::format("'{}' does not come after the one before", text),
                   "runs are in ascending order");
      if (with_node && run->node >= nodes_)
        return bad(table_, key, fmt::format("'{}': there is no node {}", text, run->node),
                   fmt::format("nodes are numbered 0 to {}", nodes_ - 1));
      next = run->last + 1;
    }
  }

  void zone(const Value& table, const FoundZone& z) {
    const auto type = zone_type(z.zone);
    if (!type)
      return bad(table, "zone", fmt::format("'{}' is no zone", z.zone), "as in /proc/zoneinfo");
    if (z.node.value < 0 || z.node.value >= nodes_)
      return bad(table, "node", fmt::format("there is no node {}", z.node.value),
                 fmt::format("nodes are numbered 0 to {}", nodes_ - 1));
    if (seen_[{z.node.value, z.zone}]++ > 0)
      bad(table, "zone", fmt::format("zone {} of node {} is there twice", z.zone, z.node.value),
          "each once");
    if (z.managed > z.present || z.present > z.spanned)
      bad(table, "managed",
          fmt::format("zone {} of node {} has {} pages managed, {} present and {} spanned", z.zone,
                      z.node.value, z.managed.value, z.present.value, z.spanned.value),
          "no more managed than present, no more present than spanned");
    if (z.min > z.low || z.low > z.high)
      bad(table, "min", "the watermarks are out of order", "min, low, high");
    const PageCount free = pages_in(z.free_blocks) + pages_in(z.free_unmovable) +
                           pages_in(z.free_reclaimable) + pages_in(z.free_cma) + z.pcp;
    if (free > z.managed)
      bad(table, "free_blocks",
          fmt::format("zone {} of node {} has {} pages free of {}", z.zone, z.node.value,
                      free.value, z.managed.value),
          "no more free than managed");
    else if (free + z.on_lists() > z.managed)
      bad(table, "inactive_file",
          fmt::format("zone {} of node {} has {} pages free and {} on LRU lists of {}", z.zone,
                      z.node.value, free.value, z.on_lists().value, z.managed.value),
          "no more together than managed");
  }

  const Value& table_;
  const FoundState& state_;
  std::int64_t nodes_;
  Diagnostics& errors_;
  std::map<std::pair<std::int32_t, std::string>, int> seen_;
};

std::vector<std::vector<int>> matrix(const std::vector<std::int64_t>& rows, std::size_t nodes) {
  std::vector<std::vector<int>> out(nodes, std::vector<int>(nodes));
  for (std::size_t i = 0; i < rows.size() && i < nodes * nodes; ++i)
    out[i / nodes][i % nodes] = static_cast<int>(rows[i]);
  return out;
}

/// Sets a stretch aside of what is free together, as if it had been at boot: in the highest zone of
/// the first node that has one.
MemmapReservation set_aside(std::vector<BootZone>& zones, PageCount wanted, PageCount memmap,
                            const Geometry& g) {
  for (auto zone = zones.rbegin(); zone != zones.rend(); ++zone) {
    if (zone->node != zones.front().node) continue;
    IntervalSet free;
    for (const PfnRange& r : zone->free) free.insert(r.start.value, r.end.value);
    std::optional<Pfn> at;
    free.for_each_in(0, std::int64_t{1} << 52, [&](const auto& i) {
      const Pfn start{round_up(i.start, g.pmd_pages())};
      if (!at && start + wanted <= Pfn{i.end}) at = start;
    });
    if (!at) continue;
    const PfnRange taken{*at, *at + wanted};
    std::vector<PfnRange> left;
    for (const PfnRange& r : zone->free) {
      const PfnRange before{r.start, std::min(r.end, taken.start)};
      const PfnRange behind{std::max(r.start, taken.end), r.end};
      if (!before.empty()) left.push_back(before);
      if (!behind.empty()) left.push_back(behind);
    }
    zone->free = std::move(left);
    zone->managed -= wanted;
    return {{*at, *at + memmap}, zone->node};
  }
  return {.range = {}, .node = {}, .fits = false};
}

/// The blocks that were online, or those that zones touch.
std::vector<BootBlocks> blocks_of(const FoundState& found, PageCount block, bool by_zones) {
  std::vector<BootBlocks> blocks;
  if (!by_zones)
    for (const std::string& text : found.blocks)
      if (const auto run = parse_run(text, true, kMostBlocks))
        blocks.push_back({run->first, run->last, NodeId{static_cast<std::int32_t>(run->node)}});
  if (!blocks.empty()) return blocks;
  std::vector<const FoundZone*> zones;
  for (const FoundZone& z : found.zones)
    if (z.spanned.value > 0) zones.push_back(&z);
  std::sort(zones.begin(), zones.end(), [](const FoundZone* a, const FoundZone* b) {
    return std::pair(a->start_pfn, a->zone) < std::pair(b->start_pfn, b->zone);
  });
  std::int64_t next = 0;
  for (const FoundZone* z : zones) {
    const std::int64_t first = std::max(next, z->start_pfn / block.value);
    const std::int64_t last = (z->start_pfn + z->spanned.value - 1) / block.value;
    if (last >= first) blocks.push_back({first, last, z->node});
    next = std::max(next, last + 1);
  }
  return blocks;
}

}  // namespace

PageCount pages_in(const std::vector<std::int64_t>& blocks) {
  PageCount pages;
  for (std::size_t order = 0; order < blocks.size() && order < 40; ++order)
    pages += PageCount{blocks[order] << order};
  return pages;
}

std::optional<ZoneType> zone_type(std::string_view name) {
  for (int t = 0; t < kZoneTypes; ++t)
    if (zone_name(static_cast<ZoneType>(t)) == name) return static_cast<ZoneType>(t);
  return std::nullopt;
}

ParamSet<FoundState> found_state_params() {
  using P = FoundState;
  ParamSet<P> set;
  set.add("block_size", &P::block_size,
          {.doc = "size of its memory blocks",
           .linux_name = "/sys/devices/system/memory/block_size_bytes",
           .required = true,
           .min = Bytes{kMiB},
           .max = Bytes{64 * kGiB}})
      .add("min_free_kbytes", &P::min_free_kbytes,
           {.doc = "as it was found; 0: as the kernel computes it",
            .linux_name = "vm.min_free_kbytes",
            .min = 0,
            .max = std::int64_t{1} << 40})
      .add("memory", &P::memory,
           {.doc =
                "System RAM in page frames, \"FIRST-LAST\" each, ascending; none: what zones span",
            .linux_name = "/proc/iomem"})
      .add("blocks", &P::blocks,
           {.doc = "memory blocks that are online, \"FIRST-LAST NODE\" each, ascending; none: all "
                   "that zones touch",
            .linux_name = "/sys/devices/system/memory/memoryN"})
      .add("distance", &P::distance,
           {.doc = "distances between the nodes, row by row; none: as latencies have them",
            .linux_name = "/sys/devices/system/node/nodeN/distance",
            .min = 1,
            .max = 255})
      .subtable("zone");
  return set;
}

ParamSet<FoundZone> found_zone_params() {
  using P = FoundZone;
  constexpr PageCount kNone{0};
  constexpr PageCount kMost{kMostPages};
  ParamSet<P> set;
  const auto pages = [&](const char* name, PageCount P::*member, const char* doc,
                         const char* linux_name) {
    set.add(name, member, {.doc = doc, .linux_name = linux_name, .min = kNone, .max = kMost});
  };
  const auto blocks = [&](const char* name, std::vector<std::int64_t> P::*member, const char* doc) {
    set.add(name, member,
            {.doc = doc,
             .linux_name = "/proc/buddyinfo, /proc/pagetypeinfo",
             .min = 0,
             .max = kMostPages});
  };
  set.add("node", &P::node, {.doc = "node of the zone", .required = true})
      .add("zone", &P::zone, {.doc = "type of the zone, by its name", .required = true})
      .add("start_pfn", &P::start_pfn,
           {.doc = "its first page frame", .linux_name = "start_pfn", .min = 0, .max = kMostPages});
  pages("spanned", &P::spanned, "pages from its first to its last, holes among them", "spanned");
  pages("present", &P::present, "pages that there are", "present");
  pages("managed", &P::managed, "pages that the page allocator has", "managed");
  pages("min", &P::min, "watermark, without boost; all three 0: as the kernel computes them",
        "min");
  pages("low", &P::low, "watermark, without boost", "low");
  pages("high", &P::high, "watermark, without boost", "high");
  set.add("lowmem_reserve", &P::lowmem_reserve,
          {.doc = "pages kept from requests of zones DMA, DMA32, Normal, Movable and Device",
           .linux_name = "protection",
           .min = 0,
           .max = kMostPages})
      .add("pcp_batch", &P::pcp_batch,
           {.doc = "batch of per-CPU lists; 0: as `managed` has it",
            .linux_name = "batch",
            .min = 0,
            .max = 1'000'000});
  pages("pcp", &P::pcp, "free pages on per-CPU lists", "count");
  blocks("free_blocks", &P::free_blocks,
         "free blocks by order, from 0: movable ones, or all where types are not known");
  blocks("free_unmovable", &P::free_unmovable, "free unmovable blocks by order, from 0");
  blocks("free_reclaimable", &P::free_reclaimable, "free reclaimable blocks by order, from 0");
  blocks("free_cma", &P::free_cma, "free blocks of CMA by order, from 0");
  set.add("pageblocks_unmovable", &P::pageblocks_unmovable,
          {.doc = "unmovable pageblocks; -1: types are not known",
           .linux_name = "/proc/pagetypeinfo",
           .min = -1,
           .max = kMostPages})
      .add("pageblocks_reclaimable", &P::pageblocks_reclaimable,
           {.doc = "reclaimable pageblocks",
            .linux_name = "/proc/pagetypeinfo",
            .min = 0,
            .max = kMostPages});
  pages("cma", &P::cma, "pages of the contiguous memory allocator", "cma");
  pages("inactive_anon", &P::inactive_anon, "pages on this LRU list", "nr_zone_inactive_anon");
  pages("active_anon", &P::active_anon, "pages on this LRU list", "nr_zone_active_anon");
  pages("inactive_file", &P::inactive_file, "pages on this LRU list", "nr_zone_inactive_file");
  pages("active_file", &P::active_file, "pages on this LRU list", "nr_zone_active_file");
  pages("unevictable", &P::unevictable, "pages on this LRU list", "nr_zone_unevictable");
  return set;
}

FoundState read_found_state(const Value& table, std::size_t nodes, Diagnostics& errors,
                            std::vector<ParamValue>* used, const std::string& path) {
  static const auto state_params = found_state_params();
  static const auto zone_params = found_zone_params();
  FoundState state;
  const std::size_t before = errors.size();
  state_params.read(table, state, errors, used, path);
  if (const Value* zones = table.find("zone"); zones != nullptr && zones->array() == nullptr) {
    errors.push_back(
        {zones->where, fmt::format("'zone' is {}", zones->kind_name()), "write [[zone]] tables"});
  } else if (zones != nullptr) {
    for (const Value& element : *zones->array())
      zone_params.read(element, state.zones.emplace_back(), errors, used,
                       fmt::format("{}.zone.{}", path, state.zones.size() - 1));
  }
  if (errors.size() == before) Check(table, state, nodes, errors).all();
  return state;
}

BootState boot(const FoundState& found, const machine::Description& machine,
               const KernelConfig& config, const Architecture& arch) {
  const Geometry g = arch.geometry();
  BootState state;
  state.arch = arch;
  state.cpu = machine.cpu;
  state.struct_page_size = config.struct_page_size;
  state.distance =
      found.distance.empty() ? machine.distance : matrix(found.distance, machine.nodes.size());
  for (const auto& node : machine.nodes) state.nodes.push_back({node.cpus > 0, false, node.cpus});
  std::vector<PfnRange> memory;
  for (const std::string& text : found.memory)
    if (const auto run = parse_run(text, false, kMostPages))
      memory.push_back({Pfn{run->first}, Pfn{run->last + 1}});
  if (memory.empty()) {
    for (const FoundZone& z : found.zones)
      memory.push_back({Pfn{z.start_pfn}, Pfn{z.start_pfn} + z.spanned});
    std::sort(memory.begin(), memory.end(),
              [](const PfnRange& a, const PfnRange& b) { return a.start < b.start; });
  }
  state.memory = memory;
  const auto sections = whole_sections(memory, g);
  bool watermarks = false;
  for (const FoundZone& z : found.zones) {
    BootNode& node = state.nodes[z.node.index()];
    node.online = true;
    node.has_memory = node.has_memory || z.present.value > 0;
    watermarks = watermarks || z.high.value > 0;
    state.zones.push_back(lay_out(z, sections, g));
  }
  state.min_free_kbytes = found.min_free_kbytes;
  state.recompute_watermarks = !watermarks;
  const bool other = config.memory_block_size.value > 0;  // another choice than at its boot
  state.block_pages = g.pages_of(other ? config.memory_block_size : found.block_size);
  state.blocks = blocks_of(found, state.block_pages, other);
  const PlacementPolicy* placement = placements().find(config.memmap_placement);
  if (placement != nullptr && placement->reserves_at_boot) {
    const Vmemmap struct_pages(config.struct_page_size, g);
    const PageCount memmap = struct_pages.pages_of(g.pages_of(config.max_hotpluggable));
    const PageCount tables{round_up(memmap.value, g.pud_pages()) / g.pud_pages()};
    state.memmap_reservation = set_aside(state.zones, memmap + tables, memmap, g);
  }
  return state;
}

}  // namespace mhp::kernel
