// What zoneinfo_show_print of mm/vmstat.c prints, Linux 3.10 to 7.0: "managed" since 3.8, per-node
// stats since 4.8, "cma" since 5.3, "boost" since 5.17, "promo" since 6.11.
#include <array>
#include <set>

#include "sim/observed/texts/texts.hpp"
#include "sim/observed/texts/zone_line.hpp"

namespace mhp::observed {

namespace {

/// A number of pages of a zone, and the word in front of it.
struct ZoneNumber {
  std::string_view word;
  Said<PageCount> Zone::*number;
};
constexpr std::array<ZoneNumber, 8> kZoneNumbers{{{"boost", &Zone::boost},
                                                  {"min", &Zone::min},
                                                  {"low", &Zone::low},
                                                  {"high", &Zone::high},
                                                  {"spanned", &Zone::spanned},
                                                  {"present", &Zone::present},
                                                  {"managed", &Zone::managed},
                                                  {"cma", &Zone::cma}}};

/// The lines of one zone after its head.
class ZoneReader {
 public:
  ZoneReader(Scan& scan, Observed& into) : scan_(scan), into_(into) {}

  void begin(ZonePlace place) {
    place_ = place;
    part_ = Part::zone;
    into_.zone(place.node, place.type);
    if (!seen_.insert(place).second)
      scan_.fail(scan_.line().text, "this zone was there before",
                 "one /proc/zoneinfo at a time; for a before and after give two files");
  }
  bool found() const { return !seen_.empty(); }
  void line();

 private:
  enum class Part { none, node, zone, pagesets };
  Zone& zone() { return into_.zone(place_.node, place_.type); }
  PageCount pages(std::string_view what) { return PageCount{scan_.number(what, kMostPages)}; }
  bool zone_number(std::string_view word);
  void protection();
  void pageset(std::string_view word);
  void counter(std::string_view name);

  Scan& scan_;
  Observed& into_;
  std::set<ZonePlace> seen_;
  ZonePlace place_;
  Part part_ = Part::none;
};

bool ZoneReader::zone_number(std::string_view word) {
  for (const ZoneNumber& n : kZoneNumbers) {
    if (n.word != word) continue;
    zone().*n.number = pages(word);
    return true;
  }
  return false;
}

// "protection: (0, 2779, 15814, 15814)"
void ZoneReader::protection() {
  zone().protection.clear();
  for (std::string_view word = scan_.word(); !word.empty() && !scan_.failed();
       word = scan_.word()) {
    if (word.front() == '(') word.remove_prefix(1);
    while (!word.empty() && (word.back() == ',' || word.back() == ')')) word.remove_suffix(1);
    if (!word.empty())
      zone().protection.push_back(PageCount{scan_.number(word, "protection", kMostPages)});
  }
}

void ZoneReader::pageset(std::string_view word) {
  std::vector<PerCpuList>& lists = zone().pagesets;
  if (word == "cpu:") {
    PerCpuList list;
    list.cpu = scan_.number("cpu", kMostCpus - 1);
    lists.push_back(list);
  } else if (lists.empty()) {
    return;
  } else if (word == "count:") {
    lists.back().count = scan_.number("count", kMostPages);
  } else if (word == "high:") {
    lists.back().high = scan_.number("high", kMostPages);
  } else if (word == "batch:") {
    lists.back().batch = scan_.number("batch", kMostPages);
  }
}

// A counter that is below zero for a moment is printed as one near 2^64: not one to go by.
void ZoneReader::counter(std::string_view name) {
  Counters& to = part_ == Part::node ? into_.node(place_.node).stat : zone().stat;
  const std::string_view word = scan_.word();
  if (word.size() >= 19 && word.find_first_not_of("0123456789") == word.npos) return;
  const std::int64_t n = scan_.number(word, name, std::int64_t{1} << 62);
  if (!scan_.failed()) to.insert_or_assign(std::string(name), n);
}

void ZoneReader::line() {
  if (part_ == Part::none) return;
  if (scan_.take("per-node stats")) {
    part_ = Part::node;
    return;
  }
  if (scan_.take("pagesets")) {
    part_ = Part::pagesets;
    return;
  }
  std::string_view word = scan_.word();
  if (word == "pages") {
    part_ = Part::zone;
    word = scan_.word();
    if (word == "free") zone().free = pages("free");
    return;
  }
  if (word == "protection:") return protection();
  if (word == "start_pfn:") {
    zone().start_pfn = Pfn{scan_.number("start_pfn", kMostPages)};
    return;
  }
  if (part_ == Part::pagesets) return pageset(word);
  if (part_ == Part::zone && zone_number(word)) return;
  const bool counts =
      word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == word.npos &&
      word.find('_') != word.npos;
  if (counts) counter(word);
}

}  // namespace

Result<void> read_zoneinfo(std::string_view text, const Location& at, Observed& into) {
  Scan scan(text, at);
  ZoneReader zones(scan, into);
  while (scan.next_line()) {
    if (const auto place = take_zone_place(scan))
      zones.begin(*place);
    else
      zones.line();
  }
  const auto read = scan.result(zones.found(), "/proc/zoneinfo; it begins with \"Node 0, zone\"");
  if (read) into.found.push_back({"zones, with watermarks", "/proc/zoneinfo"});
  return read;
}

}  // namespace mhp::observed
