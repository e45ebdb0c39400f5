#include "sim/observed/texts/mem_info_zones.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sim/observed/texts/texts.hpp"

namespace mhp::observed {

namespace {

constexpr std::int64_t kMostKib = kMostBytes / kKiB;

}  // namespace

// "Node 0 Normal ...", and "Normal ..." of kernels without NUMA. A node alone is the line of its
// counters.
std::optional<ZonePlace> MemInfoZones::zone_prefix(bool& node_alone) {
  node_alone = false;
  std::string_view rest = scan_.rest();
  std::int64_t node = 0;
  const bool named = take(rest, "Node ");
  if (named) {
    const std::string_view number = take_word(rest);
    const auto n = number_of(number, kMostNodes - 1);
    if (!n) return std::nullopt;
    node = *n;
  }
  std::string_view after = rest;
  std::string_view name = take_word(after);
  if (!name.empty() && name.back() == ':') name.remove_suffix(1);
  const auto type = zone_named(name);
  if (type && !after.empty()) {
    scan_.go_on(after);
    return ZonePlace{NodeId{static_cast<std::int32_t>(node)}, *type};
  }
  if (!named || type) return std::nullopt;
  if (name == "HighMem" && after.starts_with("free:"))
    scan_.fail(name, "a zone HighMem", "32-bit machines are not modelled");
  scan_.go_on(rest);
  node_alone = true;
  return ZonePlace{NodeId{static_cast<std::int32_t>(node)}, kernel::ZoneType::dma};
}

// Tokens "name:123kB" (`kib`) or "name:123"; false at the first that is none.
bool MemInfoZones::numbers(Numbers& into, bool kib) {
  while (!scan_.rest().empty()) {
    const std::string_view rest = scan_.rest();
    const std::string_view word = scan_.word();
    const std::size_t colon = word.find(':');
    if (word.starts_with("all_unreclaimable?")) {
      scan_.word();
      continue;
    }
    const std::string_view name = word.substr(0, colon);
    // Some are printed as "anon_thp: 0kB".
    std::string_view number =
        colon != word.npos && colon + 1 == word.size() ? scan_.word() : word.substr(name.size());
    take(number, ":");
    // rsyslog writes the end of a line within a message so.
    number = number.substr(0, number.find("#012"));
    if (colon == word.npos || colon == 0 || number.empty() || !is_digit(number.front())) {
      scan_.go_on(rest);
      return false;
    }
    const bool has_unit = number.ends_with("kB") || number.ends_with("KB");
    // pages_scanned of a zone is a number without unit.
    if (has_unit) number.remove_suffix(2);
    if (!has_unit && kib && name != "pages_scanned") {
      scan_.go_on(rest);
      return false;
    }
    // Counters below zero for a moment are printed near 2^64.
    if (number.size() >= 17) continue;
    const std::int64_t n = scan_.number(number, name, has_unit ? kMostKib : kMostPages);
    if (scan_.failed()) return false;
    into.insert_or_assign(std::string(name), n);
  }
  return true;
}

void MemInfoZones::zone_line(ZonePlace place) {
  const std::string_view line = scan_.line().text;
  if (zones_.contains(place) && zones_[place].contains("free"))
    return scan_.fail(line, "this zone was there before in this report",
                      "a line \"Mem-Info:\" begins the next");
  zone_ = place;
  node_.reset();
  list_.reset();
  numbers(zones_[place], true);
}

void MemInfoZones::node_line(NodeId node) {
  zone_.reset();
  list_.reset();
  node_ = node;
  numbers(nodes_[node.value], true);
}

// "1*4kB (U) 0*8kB 2*16kB (UME) ... = 36kB", perhaps over several lines.
void MemInfoZones::free_list() {
  Zone& zone = report_->machine.zone(list_->node, list_->type);
  std::vector<std::string>& types = report_->free_types[*list_];
  if (!zone.free_blocks) zone.free_blocks.emplace();
  while (!scan_.rest().empty() && !scan_.failed()) {
    const std::string_view word = scan_.word();
    if (word == "=") {
      list_.reset();
      return;
    }
    if (word.front() == '(' && word.back() == ')') {
      if (!types.empty()) types.back() = printable(word.substr(1, word.size() - 2), 8);
      continue;
    }
    // Markdown eats the stars and leaves "2_16kB" where somebody did not quote.
    const std::size_t star = word.find_first_of("*_");
    std::string_view size = star == word.npos ? word : word.substr(star + 1);
    if (star == word.npos || !size.ends_with("kB")) return list_.reset();
    size.remove_suffix(2);
    const std::int64_t kib = scan_.number(size, "size of a free block", kMostKib);
    const std::int64_t n = scan_.number(word.substr(0, star), "free blocks", kMostPages);
    if (scan_.failed()) return;
    Said<Bytes>& page = report_->machine.page_size;
    const bool first = zone.free_blocks->empty();
    if (first && !page) page = Bytes{kib * kKiB};
    const std::int64_t expected =
        first ? page->value / kKiB : page->value / kKiB << zone.free_blocks->size();
    if (kib != expected || kib < 4 || (kib & (kib - 1)) != 0 || kib > kMostKib / 2)
      return scan_.fail(
          size, fmt::format("free blocks of {} kB, where those of {} kB would come", kib, expected),
          "sizes double from that of a page on");
    zone.free_blocks->push_back(n);
    types.emplace_back();
  }
}

// "lowmem_reserve[]: 0 2830 15854 15854", of the zone above it.
void MemInfoZones::protection() {
  if (!zone_) return;
  std::vector<PageCount>& reserve = protection_[*zone_];
  reserve.clear();
  while (!scan_.rest().empty() && !scan_.failed() && reserve.size() < 8)
    reserve.push_back(PageCount{scan_.number("lowmem_reserve", kMostPages)});
}

// "CPU    0: hi:  186, btch:  31 usd:   0"
void MemInfoZones::per_cpu_list(std::string_view line) {
  const auto number = [&](std::string_view key) {
    const std::size_t at = line.find(key);
    if (at == line.npos) return std::int64_t{0};
    std::string_view rest = line.substr(at + key.size());
    std::string_view word = take_word(rest);
    word = word.substr(0, word.find_first_not_of("0123456789"));
    return scan_.number(word, trimmed(key), kMostPages);
  };
  PerCpuList list;
  list.cpu = number("CPU ");
  list.high = number("hi:");
  list.batch = number("btch:");
  list.count = number("usd:");
  if (scan_.failed() || list.cpu >= kMostCpus) return;
  report_->machine.zone(pcp_->node, pcp_->type).pagesets.push_back(list);
}

// "hugepages_total=0 hugepages_free=0 hugepages_surp=0 hugepages_size=2048kB"
void MemInfoZones::huge_pages(NodeId node) {
  HugePages pool;
  pool.node = node;
  for (std::string_view word = scan_.word(); !word.empty(); word = scan_.word()) {
    const std::size_t equals = word.find('=');
    if (equals == word.npos) return;
    const std::string_view name = word.substr(0, equals);
    std::string_view value = word.substr(equals + 1);
    if (value.ends_with("kB")) value.remove_suffix(2);
    const std::int64_t n = scan_.number(value, name, kMostKib);
    if (name == "hugepages_total") pool.total = n;
    if (name == "hugepages_free") pool.free = n;
    if (name == "hugepages_surp") pool.surplus = n;
    if (name == "hugepages_size") pool.size = Bytes{n * kKiB};
  }
  if (pool.size.value > 0 && !scan_.failed()) report_->machine.huge_pages.push_back(pool);
}

// "131 total pagecache pages", "Free swap  = 0kB", "8388448 pages RAM".
bool MemInfoZones::total(std::string_view line) {
  std::string_view rest = line;
  if (take(rest, "Total swap") || take(rest, "Free swap")) {
    if (take_word(rest) != "=" || !rest.ends_with("kB")) return true;
    rest.remove_suffix(2);
    const std::int64_t kib = scan_.number(rest, "swap", kMostKib);
    report_->machine.meminfo.insert_or_assign(line.starts_with("Total") ? "SwapTotal" : "SwapFree",
                                              kib);
    return true;
  }
  const std::string_view number = take_word(rest);
  if (number.empty() || !std::all_of(number.begin(), number.end(), is_digit)) return false;
  constexpr std::array<std::pair<std::string_view, const char*>, 6> kTotals{{
      {"total pagecache pages", "nr_file_pages"},
      {"pages in swap cache", "nr_swapcached"},
      {"pages RAM", "pages_ram"},
      {"pages reserved", "pages_reserved"},
      {"pages cma reserved", "pages_cma_reserved"},
      {"pages hwpoisoned", "pages_hwpoisoned"},
  }};
  for (const auto& [words, name] : kTotals) {
    if (rest != words) continue;
    report_->machine.vmstat.insert_or_assign(name, scan_.number(number, words, kMostPages));
    return true;
  }
  return false;
}

void MemInfoZones::line() {
  const std::string_view line = scan_.rest();
  if (line.starts_with("lowmem_reserve[]:")) {
    scan_.word();
    return protection();
  }
  if (line.starts_with("CPU ") && pcp_) return per_cpu_list(line);
  if (total(line)) return;
  bool node_alone = false;
  if (const auto place = zone_prefix(node_alone)) {
    const std::string_view rest = scan_.rest();
    pcp_.reset();
    if (node_alone) {
      if (rest.starts_with("hugepages_total=")) return huge_pages(place->node);
      return node_line(place->node);
    }
    if (rest.starts_with("per-cpu:")) {
      pcp_ = *place;
    } else if (rest.starts_with("free:")) {
      zone_line(*place);
    } else if (is_digit(rest.front())) {
      list_ = *place;
      if (report_->machine.zone(place->node, place->type).free_blocks)
        return scan_.fail(line, "the free blocks of this zone were there before",
                          "a line \"Mem-Info:\" begins the next report");
      free_list();
    }
    return;
  }
  if (scan_.failed()) return;
  // A mailer broke the line, or it is one of the machine's.
  if (list_) return free_list();
  const std::string_view word = line.substr(0, line.find(' '));
  const bool kib = word.ends_with("kB") || word.ends_with("KB");
  if (kib && zone_) {
    numbers(zones_[*zone_], true);
  } else if (kib && node_) {
    numbers(nodes_[node_->value], true);
  } else if (!kib && zones_.empty()) {
    numbers(machine_, false);
  }
}

std::int64_t MemInfoZones::page_kib() const {
  return report_->machine.page_size.value_or(Bytes{4 * kKiB}).value / kKiB;
}

// Zones are those that the kernel was built with, of which those without pages are not listed.
std::vector<kernel::ZoneType> MemInfoZones::zone_types(std::size_t entries) const {
  using kernel::ZoneType;
  const auto seen = [&](ZoneType type) {
    return std::any_of(zones_.begin(), zones_.end(),
                       [&](const auto& z) { return z.first.type == type; });
  };
  std::vector<ZoneType> types{ZoneType::normal, ZoneType::movable, ZoneType::device};
  if (seen(ZoneType::dma32) || (seen(ZoneType::dma) && entries > 3))
    types.insert(types.begin(), ZoneType::dma32);
  if (seen(ZoneType::dma)) types.insert(types.begin(), ZoneType::dma);
  types.resize(std::min(types.size(), entries));
  return types;
}

void MemInfoZones::finish() {
  Observed& machine = report_->machine;
  const std::int64_t kib = page_kib();
  for (const auto& [place, numbers] : zones_) {
    Zone& zone = machine.zone(place.node, place.type);
    const auto pages = [&, &from = numbers](std::string_view name) -> Said<PageCount> {
      const auto it = from.find(name);
      if (it == from.end()) return std::nullopt;
      return PageCount{it->second / kib};
    };
    zone.free = pages("free");
    zone.boost = pages("boost");
    zone.min = pages("min");
    zone.low = pages("low");
    zone.high = pages("high");
    zone.present = pages("present");
    zone.managed = pages("managed");
    zone.free_pcp = pages("free_pcp");
    if (const auto n = pages("reserved_highatomic")) report_->reserved_highatomic[place] = *n;
    if (const auto n = pages("free_highatomic")) report_->reserved_highatomic[place] = *n;
    constexpr std::array<std::string_view, 8> kWatermarks{"free", "boost",   "min",     "low",
                                                          "high", "present", "managed", "free_pcp"};
    for (const auto& [name, n] : numbers)
      if (std::find(kWatermarks.begin(), kWatermarks.end(), name) == kWatermarks.end())
        zone.stat.insert_or_assign("nr_" + name, name == "pages_scanned" ? n : n / kib);
  }
  for (const auto& [id, numbers] : nodes_) {
    Node& node = machine.node(NodeId{id});
    node.online = true;
    for (const auto& [name, n] : numbers) node.stat.insert_or_assign("nr_" + name, n / kib);
  }
  for (const auto& [name, n] : machine_) machine.vmstat.insert_or_assign("nr_" + name, n);
  for (const auto& [place, reserve] : protection_) {
    // The zones that a reserve is told of are those that the node has, with pages or without.
    for (const kernel::ZoneType type : zone_types(reserve.size())) {
      machine.node(place.node).online = true;
      Zone& zone = machine.zone(place.node, type);
      if (zones_.contains({place.node, type})) continue;
      zone.present = zone.managed = zone.spanned = zone.free = PageCount{0};
    }
    machine.zone(place.node, place.type).protection = reserve;
  }
}

Result<void> merge_mem_info(const Observed& report, const Location& at, Observed& into) {
  if (report.zones.empty()) return fail(at, "the report names no zone");
  if (report.page_size) into.page_size = report.page_size;
  if (into.kernel_release.empty()) into.kernel_release = report.kernel_release;
  for (const Node& node : report.nodes) {
    Node& to = into.node(node.id);
    to.online = true;
    for (const auto& [name, n] : node.stat) to.stat.insert_or_assign(name, n);
  }
  for (const Zone& zone : report.zones) {
    into.node(zone.node).online = true;
    Zone& to = into.zone(zone.node, zone.type);
    const auto start_pfn = to.start_pfn;
    const auto spanned = to.spanned;
    const auto cma = to.cma;
    to = zone;
    // What the report does not tell, another text may have.
    to.start_pfn = start_pfn;
    if (spanned) to.spanned = spanned;
    if (cma) to.cma = cma;
  }
  for (const auto& [name, n] : report.vmstat) into.vmstat.insert_or_assign(name, n);
  for (const auto& [name, n] : report.meminfo) into.meminfo.insert_or_assign(name, n);
  if (!report.huge_pages.empty()) into.huge_pages = report.huge_pages;
  into.found.push_back({"zones, with watermarks and free blocks", "Mem-Info"});
  return {};
}

}  // namespace mhp::observed
