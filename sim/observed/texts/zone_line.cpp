#include "sim/observed/texts/zone_line.hpp"

#include <fmt/format.h>

namespace mhp::observed {

std::optional<kernel::ZoneType> zone_named(std::string_view name) {
  for (int i = 0; i < kernel::kZoneTypes; ++i)
    if (const auto type = static_cast<kernel::ZoneType>(i); kernel::zone_name(type) == name)
      return type;
  return std::nullopt;
}

std::optional<ZonePlace> take_zone_place(Scan& scan) {
  const std::string_view line = scan.rest();
  const auto none = [&] {
    scan.go_on(line);
    return std::nullopt;
  };
  if (!scan.take("Node ")) return none();
  std::string_view node = scan.word();
  if (node.empty() || node.back() != ',' || scan.word() != "zone") return none();
  node.remove_suffix(1);
  std::string_view name = scan.word();
  if (!name.empty() && name.back() == ',') name.remove_suffix(1);
  if (name.empty()) return none();
  const std::int64_t number = scan.number(node, "node", kMostNodes - 1);
  const auto type = zone_named(name);
  if (!type)
    scan.fail(name, fmt::format("zone '{}' is not known", printable(name)),
              "zones are DMA, DMA32, Normal, Movable and Device; HighMem and 32-bit machines are "
              "not modelled");
  if (scan.failed()) return std::nullopt;
  return ZonePlace{NodeId{static_cast<std::int32_t>(number)}, *type};
}

FreeBlocks take_free_blocks(Scan& scan) {
  FreeBlocks blocks;
  while (!scan.failed() && !scan.rest().empty()) {
    std::string_view word = scan.word();
    // "more than": the kernel stopped counting (pagetypeinfo_showfree_print since Linux 5.4).
    take(word, ">");
    blocks.push_back(scan.number(word, "free blocks", kMostPages));
    if (blocks.size() > kMostOrdersShown)
      scan.fail(word, "more orders than any kernel has",
                "a line has the numbers of free blocks of order 0 to 10, with large pages to 13");
  }
  return blocks;
}

}  // namespace mhp::observed
