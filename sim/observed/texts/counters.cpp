// Texts that are a list of counters: /proc/meminfo, node meminfo, /proc/vmstat.
#include <fmt/format.h>

#include "sim/observed/texts/texts.hpp"
#include "sim/observed/texts/zone_line.hpp"

namespace mhp::observed {

namespace {

constexpr std::int64_t kMostCounted = std::int64_t{1} << 62;

bool is_name(std::string_view word) {
  return !word.empty() && word.find_first_not_of(
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv"
                              "wxyz0123456789_()") == word.npos;
}

/// A counter that is below zero for a moment is printed as one near 2^64: not one to go by.
bool is_negative(std::string_view word) {
  return word.size() >= 19 && word.find_first_not_of("0123456789") == word.npos;
}

/// "MemTotal:       24683620 kB" at the place where the scan is; nothing if the line is another.
void take_meminfo_line(Scan& scan, Counters& into) {
  std::string_view name = scan.word();
  if (name.size() < 2 || name.back() != ':') return;
  name.remove_suffix(1);
  const std::string_view word = scan.word();
  if (!is_name(name) || word.empty() || is_negative(word)) return;
  const std::int64_t n = scan.number(word, name, kMostCounted);
  if (scan.failed()) return;
  if (const std::string_view unit = scan.rest(); !unit.empty() && unit != "kB")
    return scan.fail(unit, fmt::format("{} has the unit '{}'", name, printable(unit)),
                     "/proc/meminfo counts in kB");
  if (!into.emplace(name, n).second)
    scan.fail(name, fmt::format("{} was there before", name), "one /proc/meminfo at a time");
}

}  // namespace

Result<void> read_meminfo(std::string_view text, const Location& at, Observed& into) {
  Scan scan(text, at);
  Counters counters;
  while (scan.next_line()) take_meminfo_line(scan, counters);
  const auto read =
      scan.result(counters.contains("MemTotal"), "/proc/meminfo; it begins with \"MemTotal:\"");
  if (!read) return read;
  if (counters["MemTotal"] > kMostBytes / kKiB)
    return fail(at, fmt::format("MemTotal: {} kB is too much", counters["MemTotal"]),
                fmt::format("at most {}", kMostBytes / kKiB));
  for (const auto& [name, n] : counters) into.meminfo.insert_or_assign(name, n);
  into.found.push_back({"memory counters", "/proc/meminfo"});
  return {};
}

Result<void> read_vmstat(std::string_view text, const Location& at, Observed& into) {
  Scan scan(text, at);
  bool found = false;
  while (scan.next_line()) {
    const std::string_view name = scan.word();
    const std::string_view word = scan.word();
    if (!is_name(name) || word.empty() || !scan.rest().empty() || is_negative(word)) continue;
    const std::int64_t n = scan.number(word, name, kMostCounted);
    if (scan.failed()) break;
    into.vmstat.insert_or_assign(std::string(name), n);
    found = found || name == "nr_free_pages";
  }
  const auto read = scan.result(found, "/proc/vmstat; it begins with \"nr_free_pages\"");
  if (read) into.found.push_back({"VM counters", "/proc/vmstat"});
  return read;
}

}  // namespace mhp::observed
