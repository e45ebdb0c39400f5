#include <fmt/format.h>

#include <algorithm>

#include "sim/observed/texts/lines.hpp"
#include "sim/observed/texts/texts.hpp"

namespace mhp::observed {

namespace {

constexpr std::int64_t kMostAddress = kMostBytes - 1;

/// A line "00100000-bfffffff : System RAM": addresses from its first to its last byte.
struct Resource {
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::string_view name;
};

std::optional<Resource> take_resource(Scan& scan) {
  std::string_view rest = scan.rest();
  const auto end_of_hex = [](std::string_view t) {
    return std::min(t.find_first_not_of("0123456789abcdef"), t.size());
  };
  const std::string_view first = rest.substr(0, end_of_hex(rest));
  rest.remove_prefix(first.size());
  if (first.empty() || !take(rest, "-")) return std::nullopt;
  const std::string_view last = rest.substr(0, end_of_hex(rest));
  rest.remove_prefix(last.size());
  if (last.empty() || !take(rest, " : ")) return std::nullopt;
  Resource r;
  r.name = trimmed(rest);
  // What lies beyond is for devices.
  if (!r.name.starts_with("System RAM")) return r;
  r.first = scan.number(first, "start", kMostAddress, 16);
  r.last = scan.number(last, "end", kMostAddress, 16);
  if (r.last < r.first)
    scan.fail(last, fmt::format("the range ends at {}, before it begins", last));
  return r;
}

}  // namespace

Result<void> read_iomem(std::string_view text, const Location& at, Observed& into) {
  Scan scan(text, at);
  const std::int64_t page = into.page_size.value_or(Bytes{4 * kKiB}).value;
  bool any = false;
  bool hidden = false;
  std::vector<PfnRange> ram;
  while (scan.next_line()) {
    const auto resource = take_resource(scan);
    if (scan.failed()) break;
    if (!resource) continue;
    any = true;
    // "System RAM (kmem)", "System RAM (virtio_mem)": added by drivers, below their device.
    if (!resource->name.starts_with("System RAM")) continue;
    hidden = hidden || resource->last == 0;
    const PfnRange pages{Pfn{round_up(resource->first, page) / page},
                         Pfn{(resource->last + 1) / page}};
    if (!pages.empty()) ram.push_back(pages);
  }
  const auto read = scan.result(any, "/proc/iomem; a line is \"00100000-bfffffff : System RAM\"");
  if (!read) return read;
  // To others than root all addresses read 0.
  if (hidden || ram.empty()) return {};
  std::sort(ram.begin(), ram.end(),
            [](const PfnRange& a, const PfnRange& b) { return a.start < b.start; });
  for (std::size_t i = 1; i < ram.size(); ++i)
    if (ram[i].start < ram[i - 1].end)
      return fail(
          at, fmt::format("System RAM at {:x} overlaps that before it", ram[i].start.value * page),
          "one /proc/iomem at a time");
  into.system_ram = std::move(ram);
  into.found.push_back({"addresses of System RAM", "/proc/iomem"});
  return {};
}

}  // namespace mhp::observed
