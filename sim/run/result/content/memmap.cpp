#include <algorithm>

#include "sim/kernel/placement/placement.hpp"
#include "sim/run/result/content/columns.hpp"
#include "sim/run/result/content/groups.hpp"

namespace mhp::run::content {

void memmap(record::FileContent& file, const config::Scenario&, const RunResult& r) {
  const auto& b = r.blocks;
  Texts zones = zone_names();
  zones.push_back("none");
  const Texts policies = kernel::placements().names();
  const auto policy = static_cast<std::size_t>(
      std::find(policies.begin(), policies.end(), r.placement) - policies.begin());
  const auto boot = static_cast<std::size_t>(
      std::find(policies.begin(), policies.end(), "boot_memory") - policies.begin());
  file.group("memmap")
      .coordinate("block", column(b, [](const BlockState& x) { return x.block.value; }), "1",
                  "memory block, as in /sys/devices/system/memory")
      .variable("start_pfn", {"block"},
                column(b, [](const BlockState& x) { return x.start.value; }), "page",
                "first page frame")
      .variable("pages", {"block"}, column(b, [](const BlockState& x) { return x.pages.value; }),
                "page", "size of the block")
      .variable("memmap_pages", {"block"},
                column(b, [](const BlockState& x) { return x.memmap_pages.value; }), "page",
                "pages that the block's memmap fills")
      .variable("memmap_node", {"block"},
                column(b, [](const BlockState& x) { return x.memmap_node.value; }), "1",
                "node on which the memmap lies")
      .variable("memmap_zone", {"block"},
                flags(b, zones,
                      [&](const BlockState& x) {
                        return x.memmap_zone ? static_cast<std::size_t>(*x.memmap_zone)
                                             : zones.size() - 1;
                      }),
                "1", "zone in which the memmap lies; none while its block is offline")
      .variable("placement", {"block"},
                flags(b, policies,
                      [&](const BlockState& x) { return x.placement_refused ? boot : policy; }),
                "1", "placement that the kernel followed")
      .variable("init_start", {"block"},
                column(b, [](const BlockState& x) { return x.init_start.value; }), "ns",
                "begin of the onlining that initialises the memmap; -1 if it never began")
      .variable("online_at", {"block"},
                column(b, [](const BlockState& x) { return x.online_at.value; }), "ns",
                "when the block was online; -1 if never")
      .variable("unusable_pages", {"block"},
                column(b, [](const BlockState& x) { return x.head_pages.value; }), "page",
                "pages of the block that hold memmap");
}

}  // namespace mhp::run::content
