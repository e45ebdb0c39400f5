#include <set>
#include <utility>

#include "sim/observed/texts/texts.hpp"
#include "sim/observed/texts/zone_line.hpp"

namespace mhp::observed {

Result<void> read_buddyinfo(std::string_view text, const Location& at, Observed& into) {
  Scan scan(text, at);
  std::set<ZonePlace> seen;
  while (scan.next_line()) {
    const std::string_view line = scan.rest();
    const auto place = take_zone_place(scan);
    if (!place || scan.rest().empty()) continue;
    if (!seen.insert(*place).second)
      scan.fail(line, "this zone was there before", "one /proc/buddyinfo at a time");
    FreeBlocks blocks = take_free_blocks(scan);
    if (!scan.failed()) into.zone(place->node, place->type).free_blocks = std::move(blocks);
  }
  const auto read =
      scan.result(!seen.empty(), "/proc/buddyinfo; a line is \"Node 0, zone Normal\" and numbers");
  if (read) into.found.push_back({"free blocks", "/proc/buddyinfo"});
  return read;
}

}  // namespace mhp::observed
