#include "sim/record/tests/miniature.hpp"

#include <limits>

namespace mhp::record {
namespace {

using Integers = std::vector<std::int64_t>;
using Doubles = std::vector<double>;
using Strings = std::vector<std::string>;

const char* const kTimeDoc = "simulated time since the start of the run";

void add_axes(Group& group) {
  group.coordinate("time", Integers{0, 1'000'000'000}, "ns", kTimeDoc)
      .coordinate("node", Integers{0, 3}, "1", "NUMA node")
      .coordinate("zone", Strings{"DMA32", "Normal", "Movable"}, "1", "zone");
}

// 0, 1, 2, ... in row-major order, so that any exchange of axes shows.
Integers counting(std::int64_t n) {
  Integers values;
  for (std::int64_t i = 0; i < n; ++i) values.push_back(i);
  return values;
}

void add_zones(FileContent& file) {
  Group& zones = file.group("zones");
  add_axes(zones);
  Integers present = counting(12);
  present[0] = std::numeric_limits<std::int64_t>::min();
  present[11] = std::numeric_limits<std::int64_t>::max();
  zones
      .variable("nr_free_pages", {"time", "node", "zone"}, counting(12), "page",
                "free pages of the zone")
      .variable("present_pages", {"time", "node", "zone"}, present, "page",
                "pages of the zone that exist");
}

void add_buddy(FileContent& file) {
  Group& buddy = file.group("buddy");
  add_axes(buddy);
  buddy.coordinate("order", Integers{0, 9, 10}, "1", "order of the block")
      .variable("free_blocks", {"time", "node", "zone", "order"}, counting(36), "1",
                "free blocks of the order");
}

void add_memmap(FileContent& file) {
  const double missing = std::numeric_limits<double>::quiet_NaN();
  file.group("memmap")
      .coordinate("block", Integers{32, 33}, "1", "memory block")
      .variable("start_pfn", {"block"}, Integers{1'048'576, 1'081'344}, "page",
                "first page frame of the block")
      .variable("placement", {"block"}, Flags{{1, 0}, {"boot-memory", "hotplugged_range"}}, "1",
                "where the memmap of the block lies",
                {{"better", "lower"}, {"count", std::int64_t{2}}})
      .variable("init_share", {"block"}, Doubles{0.25, missing}, "1",
                "share of the time spent on initialising");
}

void add_hotplug(FileContent& file, bool empty) {
  Group& hotplug = file.group("hotplug");
  const auto some = [&](auto values) { return empty ? decltype(values){} : values; };
  hotplug.coordinate("op", some(Integers{0, 1}), "1", "operation")
      .variable("kind", {"op"},
                Flags{some(std::vector<std::uint8_t>{0, 2}), {"add", "online", "offline"}}, "1",
                "kind of the operation")
      .variable("started", {"op"}, some(Integers{5, 1'000'000'007}), "ns", "start of the operation")
      .variable("slowdown", {"op"}, some(Doubles{1.5, -0.0}), "1", "time over time alone")
      .variable("failure_reason", {"op"}, some(Strings{"", "Übergröße: no memory"}), "1",
                "why the operation failed; empty when it did not");
}

FileContent compose(bool empty) {
  FileContent file;
  file.attribute("Conventions", "CF-1.8")
      .attribute("schema", "mhpsim-run/2")
      .attribute("study", "")
      .attribute("seed", std::int64_t{42})
      .attribute("status", "complete");
  add_zones(file);
  add_buddy(file);
  add_memmap(file);
  add_hotplug(file, empty);
  file.group("provenance")
      .attribute("note", "every constant and its source")
      .coordinate("param", Integers{0, 1}, "1", "parameter")
      .text("resolved_config", "[machine]\nnodes = 4\n", "the whole configuration, as TOML")
      .variable("name", {"param"}, Strings{"page_size", "struct_page"}, "1", "name");
  return file;
}

}  // namespace

FileContent miniature() { return compose(false); }

FileContent without_operations() { return compose(true); }

}  // namespace mhp::record
