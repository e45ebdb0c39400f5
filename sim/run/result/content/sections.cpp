#include "sim/run/recording/recording.hpp"
#include "sim/run/result/content/columns.hpp"
#include "sim/run/result/content/groups.hpp"

namespace mhp::run::content {

void sections(record::FileContent& file, const config::Scenario&, const RunResult& r) {
  if (!r.recording) return;
  using S = SectionRun;
  const auto& all = r.recording->sections;
  Texts zones = zone_names();
  zones.push_back("none");
  const auto zone = [&](std::optional<kernel::ZoneType> z) {
    return z ? static_cast<std::size_t>(*z) : zones.size() - 1;
  };
  file.group("sections")
      .coordinate("run", count_up(all.size()), "1",
                  "neighbouring sections of which the same is to be said, by address")
      .variable("start_pfn", {"run"}, column(all, [](const S& s) { return s.memory.start.value; }),
                "page", "first page frame")
      .variable("pages", {"run"}, column(all, [](const S& s) { return s.memory.pages().value; }),
                "page", "their size")
      .variable("kind", {"run"},
                flags(all, all_words<S::Kind>(), [](const S& s) { return s.kind; }), "1",
                "how the memory came")
      .variable("state", {"run"},
                flags(all, {"offline", "online"}, [](const S& s) { return s.online ? 1 : 0; }), "1",
                "state of the memory block at the end")
      .variable("node", {"run"}, column(all, [](const S& s) { return s.node.value; }), "1",
                "node of the memory")
      .variable("block", {"run"}, column(all, [](const S& s) { return s.block.value; }), "1",
                "first memory block, as in /sys/devices/system/memory")
      .variable("zone", {"run"}, flags(all, zones, [&](const S& s) { return zone(s.zone); }), "1",
                "zone of the memory; none while it is offline")
      .variable("memmap_pages", {"run"},
                column(all, [](const S& s) { return s.memmap_pages.value; }), "page",
                "pages that the memmap fills")
      .variable("memmap_pfn", {"run"}, column(all, [](const S& s) { return s.memmap.value; }),
                "page", "first page frame of the memmap; -1 if nobody knows it")
      .variable("memmap_node", {"run"}, column(all, [](const S& s) { return s.memmap_node.value; }),
                "1", "node on which the memmap lies; -1 if nobody knows it")
      .variable("memmap_zone", {"run"},
                flags(all, zones, [&](const S& s) { return zone(s.memmap_zone); }), "1",
                "zone in which the memmap lies; none if in no zone, or its block is offline")
      .variable("memmap_owner", {"run"},
                flags(all, all_words<S::Owner>(), [](const S& s) { return s.owner; }), "1",
                "whose memory holds the memmap");
}

}  // namespace mhp::run::content
