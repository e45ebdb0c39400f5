#include "sim/observed/zones_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <string>

#include "sim/kernel/boot/found_state.hpp"
#include "sim/observed/table.hpp"

namespace mhp::observed {

namespace {

constexpr int kOrders = 11;  // of x86-64; where no text says how many there are
constexpr std::int64_t kPageSize4K = 4 * kKiB;

std::int64_t page_size(const Observed& o) { return o.page_size ? o.page_size->value : kPageSize4K; }

std::int64_t pages_in(const FreeBlocks& blocks) {
  std::int64_t pages = 0;
  for (std::size_t order = 0; order < blocks.size(); ++order) pages += blocks[order] << order;
  return pages;
}

/// So many pages in the largest blocks.
FreeBlocks largest_blocks(std::int64_t pages, std::size_t orders) {
  FreeBlocks blocks(orders, 0);
  for (std::size_t order = orders; order-- > 0;) {
    blocks[order] = pages >> order;
    pages -= blocks[order] << order;
  }
  return blocks;
}

FreeBlocks minus(FreeBlocks a, const FreeBlocks& b) {
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i)
    a[i] = std::max<std::int64_t>(0, a[i] - b[i]);
  return a;
}

FreeBlocks plus(FreeBlocks a, const FreeBlocks& b) {
  a.resize(std::max(a.size(), b.size()), 0);
  for (std::size_t i = 0; i < b.size(); ++i) a[i] += b[i];
  return a;
}

std::int64_t stat(const Zone& z, std::string_view name) {
  const auto it = z.stat.find(name);
  return it == z.stat.end() ? 0 : std::max<std::int64_t>(0, it->second);
}

bool populated(const Zone& z) { return z.present.value_or(PageCount{}).value > 0; }

/// The table of one zone.
class ZoneTable {
 public:
  ZoneTable(const Observed& o, const Zone& z, Pfn start, PageCount spanned, std::size_t orders,
            const Location& where)
      : o_(o), z_(z), orders_(orders), table_(where) {
    managed_ = z.managed.value_or(*z.present).value;
    table_.set("node", std::int64_t{z.node.value})
        .set("zone", std::string(kernel::zone_name(z.type)))
        .set("start_pfn", start.value)
        .set("spanned", std::max(spanned, *z.present).value)
        .set("present", z.present->value)
        .set("managed", std::min(managed_, z.present->value));
    managed_ = std::min(managed_, z.present->value);
  }

  bool types_known() const { return !z_.free_blocks_of.empty() && !z_.pageblocks.empty(); }

  Value take() {
    watermarks();
    free();
    lists();
    return table_.take();
  }

 private:
  void watermarks() {
    const std::int64_t boost = z_.boost.value_or(PageCount{}).value;
    if (z_.min && z_.low && z_.high && z_.high->value >= boost && z_.min <= z_.low &&
        z_.low <= z_.high && z_.min->value >= boost)
      table_.set("min", z_.min->value - boost)
          .set("low", z_.low->value - boost)
          .set("high", z_.high->value - boost);
    std::vector<std::int64_t> reserve(kernel::kZoneTypes, 0);
    std::size_t i = 0;
    for (const Zone& other : o_.zones)
      if (other.node == z_.node && i < z_.protection.size())
        reserve[static_cast<std::size_t>(other.type)] = z_.protection[i++].value;
    if (i > 0) table_.set("lowmem_reserve", reserve);
    if (!z_.pagesets.empty() && z_.pagesets.front().batch > 0)
      table_.set("pcp_batch", z_.pagesets.front().batch);
  }

  const FreeBlocks& of(FreeType type) const {
    static const FreeBlocks none;
    const auto it = z_.free_blocks_of.find(type);
    return it == z_.free_blocks_of.end() ? none : it->second;
  }
  std::int64_t pageblocks(FreeType type) const {
    const auto it = z_.pageblocks.find(type);
    return it == z_.pageblocks.end() ? 0 : it->second;
  }

  /// What is known twice, or at another moment, may add up to more than there is.
  void take_from_managed(FreeBlocks& blocks) {
    left_ -= pages_in(blocks);
    for (std::size_t order = 0; order < blocks.size() && left_ < 0; ++order) {
      const std::int64_t over = (-left_ + (std::int64_t{1} << order) - 1) >> order;
      const std::int64_t cut = std::min(over, blocks[order]);
      blocks[order] -= cut;
      left_ += cut << order;
    }
  }

  void free() {
    left_ = managed_;
    FreeBlocks all;
    if (z_.free_blocks)
      all = *z_.free_blocks;
    else if (!z_.free_blocks_of.empty())
      for (const auto& [type, blocks] : z_.free_blocks_of) all = plus(all, blocks);
    else
      all = largest_blocks(std::min(z_.free.value_or(PageCount{}).value, managed_), orders_);
    take_from_managed(all);
    if (types_known()) {
      // Nobody but a high-order request of interrupts may have what is set aside for it.
      const FreeBlocks unmovable =
          plus(plus(of(FreeType::unmovable), of(FreeType::highatomic)), of(FreeType::isolate));
      const FreeBlocks& reclaimable = of(FreeType::reclaimable);
      table_.set("free_unmovable", within(unmovable, all));
      all = minus(all, unmovable);
      table_.set("free_reclaimable", within(reclaimable, all));
      all = minus(all, reclaimable);
      if (z_.cma.value_or(PageCount{}).value > 0) {
        table_.set("cma", z_.cma->value).set("free_cma", within(of(FreeType::cma), all));
        all = minus(all, of(FreeType::cma));
      }
      table_
          .set("pageblocks_unmovable",
               pageblocks(FreeType::unmovable) + pageblocks(FreeType::highatomic))
          .set("pageblocks_reclaimable", pageblocks(FreeType::reclaimable));
    }
    table_.set("free_blocks", all);
    std::int64_t pcp = z_.free_pcp.value_or(PageCount{}).value;
    for (const PerCpuList& list : z_.pagesets) pcp += list.count;
    pcp = std::min(pcp, left_);
    left_ -= pcp;
    table_.set("pcp", pcp);
  }

  static FreeBlocks within(FreeBlocks part, const FreeBlocks& all) {
    part.resize(std::max(part.size(), all.size()), 0);
    for (std::size_t i = 0; i < part.size(); ++i)
      part[i] = i < all.size() ? std::min(part[i], all[i]) : 0;
    return part;
  }

  void lists() {
    for (const char* list :
         {"unevictable", "active_anon", "inactive_anon", "active_file", "inactive_file"}) {
      const std::int64_t n = std::min(stat(z_, fmt::format("nr_zone_{}", list)), left_);
      left_ -= n;
      if (n > 0) table_.set(list, n);
    }
  }

  const Observed& o_;
  const Zone& z_;
  std::size_t orders_;
  Table table_;
  std::int64_t managed_ = 0;
  std::int64_t left_ = 0;  ///< managed pages that are not accounted for yet
};

/// Where zones lie that do not say it: one behind the other, DMA32 up to 4 GiB.
class Places {
 public:
  explicit Places(const Observed& o) : page_(page_size(o)) {
    for (const Zone& z : o.zones)
      if (z.start_pfn && z.spanned) end_ = std::max(end_, z.start_pfn->value + z.spanned->value);
  }
  Pfn place(const Zone& z) {
    if (z.start_pfn) return *z.start_pfn;
    guessed_ = true;
    if (z.type == kernel::ZoneType::dma) return Pfn{1};
    if (z.type == kernel::ZoneType::dma32) return Pfn{16 * kMiB / page_};
    const std::int64_t above = std::max(end_, 4 * kGiB / page_);
    const Pfn start{round_up(above, 128 * kMiB / page_)};
    end_ = start.value + z.present->value;
    return start;
  }
  bool guessed() const { return guessed_; }

 private:
  std::int64_t page_;
  std::int64_t end_ = 0;
  bool guessed_ = false;
};

/// Runs of memory blocks as page frames.
std::vector<std::string> memory_runs(const Observed& o, std::int64_t block_pages) {
  std::vector<std::string> runs;
  for (const PfnRange& r : o.system_ram)
    runs.push_back(fmt::format("{}-{}", r.start.value, r.end.value - 1));
  if (!runs.empty()) return runs;
  std::int64_t first = -1;
  std::int64_t end = -1;
  const auto close = [&] {
    if (first >= 0) runs.push_back(fmt::format("{}-{}", first, end - 1));
  };
  for (const Blocks& b : o.blocks) {
    if (b.first * block_pages != end) {
      close();
      first = b.first * block_pages;
    }
    end = (b.last + 1) * block_pages;
  }
  close();
  return runs;
}

std::vector<std::string> block_runs(const Observed& o, std::vector<Remark>& assumed) {
  std::vector<std::string> runs;
  std::int64_t offline = 0;
  for (const Blocks& b : o.blocks) {
    if (b.state == "offline") {
      offline += b.last - b.first + 1;
      continue;
    }
    runs.push_back(fmt::format("{}-{} {}", b.first, b.last, b.node.value_or(NodeId{0}).value));
  }
  if (offline > 0)
    assumed.push_back({fmt::format("{} memory blocks that are offline", offline),
                       "they stay so, and are in nobody's way"});
  return runs;
}

std::vector<std::int64_t> distances(const Observed& o, std::size_t nodes) {
  constexpr std::int64_t kLocal = 10;
  constexpr std::int64_t kRemote = 20;
  std::vector<std::int64_t> rows(nodes * nodes, kRemote);
  bool any = false;
  for (std::size_t i = 0; i < nodes; ++i) rows[i * nodes + i] = kLocal;
  for (const Node& n : o.nodes)
    for (const auto& [to, d] : n.distance)
      if (n.id.index() < nodes && to.index() < nodes) {
        rows[n.id.index() * nodes + to.index()] = d;
        any = true;
      }
  return any ? rows : std::vector<std::int64_t>{};
}

}  // namespace

bool tells_state(const Observed& o) {
  return std::any_of(o.zones.begin(), o.zones.end(), populated);
}

Said<PageCount> present_in(const Observed& o, NodeId node) {
  PageCount sum;
  for (const Zone& z : o.zones)
    if (z.node == node) sum += z.present.value_or(PageCount{});
  if (!tells_state(o)) return std::nullopt;
  return sum;
}

Value state_table(const Observed& o, std::size_t nodes, const Location& where,
                  std::vector<Remark>& assumed) {
  Table table(where);
  Bytes block = o.block_size.value_or(Bytes{});
  Places places(o);
  Value::Array zones;
  std::int64_t end = 0;
  bool types = false;
  bool lists = false;
  bool blocks = false;
  for (const Zone& z : o.zones) {
    if (!populated(z)) continue;
    const Pfn start = places.place(z);
    const PageCount spanned = z.spanned.value_or(*z.present);
    end = std::max(end, start.value + spanned.value);
    const std::size_t orders = z.free_blocks ? z.free_blocks->size() : kOrders;
    ZoneTable zone(o, z, start, spanned, orders, where);
    types = types || zone.types_known();
    blocks = blocks || z.free_blocks || !z.free_blocks_of.empty();
    lists = lists || std::any_of(z.stat.begin(), z.stat.end(), [](const auto& counter) {
              return counter.first.starts_with("nr_zone_");
            });
    zones.push_back(zone.take());
  }
  if (block.value == 0) {
    const bool guest = std::find(o.processors.flags.begin(), o.processors.flags.end(),
                                 "hypervisor") != o.processors.flags.end();
    block = kernel::memory_block_size(Bytes{end * page_size(o)}, guest, Bytes{});
    assumed.push_back({"size of memory blocks",
                       fmt::format("{} MiB, as the kernel chooses on x86-64", block.value / kMiB)});
  }
  const std::int64_t block_pages = block.value / page_size(o);
  table.set("block_size", fmt::format("{}KiB", block.value / kKiB));
  if (const auto it = o.sysctl.find("vm.min_free_kbytes"); it != o.sysctl.end())
    table.set("min_free_kbytes", it->second);
  if (const auto runs = memory_runs(o, block_pages); !runs.empty())
    table.set("memory", runs);
  else
    assumed.push_back({"where memory lies", "all that zones span"});
  if (const auto runs = block_runs(o, assumed); !runs.empty()) table.set("blocks", runs);
  if (const auto rows = distances(o, nodes); !rows.empty()) table.set("distance", rows);
  if (places.guessed())
    assumed.push_back({"where zones lie", "one behind the other, Normal from 4 GiB on"});
  if (!blocks) assumed.push_back({"how free memory is cut", "into the largest blocks"});
  if (!types)
    assumed.push_back(
        {"types of pageblocks", "movable, but for those in which less than a pageblock is free"});
  if (!lists)
    assumed.push_back({"page cache and anonymous memory",
                       "nothing can be reclaimed: what is in use is the kernel's"});
  else
    assumed.push_back({"page cache and anonymous memory",
                       "clean, but for what is anonymous, and not used again"});
  assumed.push_back(
      {"which page frames are free", "the numbers of blocks hold, their places do not"});
  table.set("zone", std::move(zones));
  return table.take();
}

}  // namespace mhp::observed
