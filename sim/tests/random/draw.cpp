#include "sim/tests/random/draw.hpp"

#include <algorithm>

#include "sim/tests/random/dice.hpp"

namespace mhp::random {
namespace {

const std::vector<std::string> kProfiles{
    "linux-5.13", "linux-5.14", "linux-5.14-rhel9", "linux-5.14-rhel9_2", "linux-5.14-rhel9_4",
    "linux-5.15", "linux-6.1",  "linux-6.4",        "linux-6.6",          "linux-6.8",
    "linux-6.12", "linux-6.12", "linux-6.17",       "linux-6.18",         "linux-7.1",
    "linux-7.3",  "linux-7.4"};
const std::vector<std::string> kPlacements{"boot_memory",
                                           "boot_memory",
                                           "hotplugged_range",
                                           "hotplugged_range",
                                           "altmap_unit",
                                           "boot_reservation",
                                           "by_zone",
                                           "earlier_blocks",
                                           "early_kernel_zone",
                                           "early_kernel_zone_lookup",
                                           "grouped",
                                           "hole",
                                           "hotplugged_range_force",
                                           "late_altmap",
                                           "marked_vmemmap",
                                           "moved_at_remove",
                                           "own_zone",
                                           "per_block",
                                           "per_device",
                                           "subsection_map",
                                           "v5_patch"};
const std::vector<std::string> kPartitions{"ppc64-4k", "ppc64-64k", "ppc64-64k-hash"};
const std::vector<std::string> kArchitectures{"arm64-4k", "arm64-16k", "arm64-64k",
                                              "ppc64-4k", "ppc64-64k", "ppc64-64k-hash",
                                              "riscv64",  "s390"};
const std::vector<std::string> kOnline{"online_kernel", "online_movable", "online", "offline"};

/// How an adder is drawn: which device goes with it.
struct Adder {
  const char* name;
  const char* device;
};
constexpr Adder kAdders[] = {{"acpi_dimm", "virtual-dimm"},    {"acpi_dimm", "virtual-dimm"},
                             {"acpi_dimm", "ddr5-board"},      {"dax_kmem", "cxl-expander"},
                             {"dax_kmem", "grace-gpu-memory"}, {"virtio_mem", "virtio-mem"},
                             {"virtio_mem", "virtio-mem"},     {"hv_balloon", "virtual-dimm"},
                             {"xen_balloon", "virtual-dimm"},  {"fsdax", "pmem-namespace"},
                             {"devdax", "pmem-namespace"}};
constexpr Adder kPartition{"lmb", "virtual-lmb"};

struct Shape {
  std::int64_t nodes = 1;
  bool x86 = true;
  bool ppc = false;
  std::vector<std::string> with_cpus{"0"};  ///< nodes
  bool struct_pages_of_64 = true;
};

std::string file(const std::string& configs, const std::string& path) {
  return fmt::format("\"{}/{}.toml\"", configs, path);
}

void draw_machine(Dice& dice, Shape& shape, Draft& draft) {
  Writer machine(dice, draft.tables.emplace_back(DraftTable{"[machine]", {}}));
  machine.line("name", "\"drawn\"")
      .maybe(50, "hypervisor", [&] { return dice.truth(); })
      .maybe(20, "pdpe1gb", [&] { return dice.truth(); })
      .maybe(20, "la57", [&] { return dice.truth(); })
      .maybe(10, "physical_address_bits", [&] { return dice.integer(40, 52); })
      .maybe(10, "mmio_hole_start", [&] { return dice.amount(1, 4, "GiB"); })
      .maybe(20, "service_variability", [&] { return dice.integer(0, 9000); });
  if (dice.chance(20)) {
    Writer(dice, draft.tables.emplace_back(DraftTable{"[machine.core]", {}}))
        .maybe(50, "speed", [&] { return dice.integer(200, 4000); })
        .maybe(50, "clock", [&] { return dice.integer(1000, 5000); })
        .maybe(30, "misses_in_flight_stream", [&] { return dice.integer(1000, 40000); });
  }
  for (std::int64_t n = 0; n < shape.nodes; ++n) {
    Writer node(dice, draft.tables.emplace_back(DraftTable{"[[machine.node]]", {}}));
    const bool memory = n == 0 || dice.chance(70);
    const bool cpus = n == 0 || dice.chance(70);
    if (n > 0 && cpus) shape.with_cpus.push_back(fmt::format("{}", n));
    node.line("memory", !memory           ? "\"0B\""
                        : dice.chance(30) ? dice.amount(4, 40, "GiB")
                        : dice.chance(50) ? fmt::format("\"{}MiB\"", 128 * dice.number(4, 40))
                                          : dice.amount(1, 8, "GiB"))
        .line("cpus", cpus ? dice.integer(1, 8) : "0")
        .maybe(60, "latency", [&] { return dice.amount(60, 400, "ns"); })
        .maybe(60, "bandwidth", [&] { return dice.amount(2, 200, "GB/s"); })
        .maybe(10, "access_unit",
               [&] {
                 return dice.quoted({"64B", "256B"});
               })
        .maybe(10, "write_bandwidth", [&] { return dice.amount(1, 20, "GB/s"); });
  }
  for (std::int64_t n = 1; n < shape.nodes; ++n)
    Writer(dice, draft.tables.emplace_back(DraftTable{"[[machine.link]]", {}}))
        .line("from", dice.integer(0, n - 1))
        .line("to", fmt::format("{}", n))
        .maybe(60, "latency", [&] { return dice.amount(0, 300, "ns"); })
        .maybe(60, "bandwidth", [&] { return dice.amount(1, 100, "GB/s"); });
}

void draw_kernel(Dice& dice, Shape& shape, const std::string& configs, Draft& draft) {
  const std::string placement = dice.of(kPlacements);
  Writer kernel(dice, draft.tables.emplace_back(DraftTable{"[kernel]", {}}));
  const std::string profile = dice.of(kProfiles);
  if (!shape.x86)
    kernel.line("architecture", file(configs + "/architectures",
                                     dice.of(shape.ppc ? kPartitions : kArchitectures)));
  kernel.line("profile", file(configs + "/kernels", profile))
      .line("memmap_placement", '"' + placement + '"')
      .line("processes", dice.integer(1, 1000));
  if (placement == "per_block") kernel.line("memmap_boot_blocks", dice.integer(0, 6));
  if (placement == "grouped")
    kernel.line("memmap_group", dice.quoted({"256MiB", "512MiB", "1GiB", "2GiB"}));
  if (dice.chance(60))
    kernel.line("memory_block_size",
                dice.quoted({"128MiB", "128MiB", "256MiB", "512MiB", "1GiB", "2GiB"}));
  if (dice.chance(15)) {
    shape.struct_pages_of_64 = false;
    kernel.line("struct_page_size", dice.quoted({"8B", "32B", "56B", "72B", "80B", "96B", "128B"}));
  }
  const bool has_lru_gen = profile >= "linux-6";
  kernel.maybe(60, "reserved_memory", [&] { return dice.amount(8, 300, "MiB"); })
      .maybe(20, "swiotlb",
             [&] {
               return dice.quoted({"default", "force", "65536,4"});
             })
      .maybe(10, "crashkernel",
             [&] {
               return dice.quoted({"64M", "128M", "256M,high"});
             })
      .maybe(40, "online_policy",
             [&] {
               return dice.quoted({"contig-zones", "auto-movable"});
             })
      .maybe(20, "auto_movable_ratio", [&] { return dice.integer(0, 1000); })
      .maybe(20, "auto_movable_numa_aware", [&] { return dice.truth(); })
      .maybe(20, "movable_node", [&] { return dice.truth(); })
      .maybe(30, "transparent_hugepage",
             [&] {
               return dice.quoted({"always", "madvise", "never"});
             })
      .maybe(30, "transparent_hugepage_defrag",
             [&] {
               return dice.quoted({"always", "defer", "defer+madvise", "madvise", "never"});
             })
      .maybe(30, "init_on_alloc", [&] { return dice.truth(); })
      .maybe(10, "panic_on_oops", [&] { return dice.truth(); })
      .maybe(20, "debug_vm", [&] { return dice.truth(); })
      .maybe(20, "hugetlb_free_vmemmap", [&] { return dice.truth(); })
      .maybe(15, "page_ext",
             [&] {
               return dice.quoted({"8B", "64B", "72B", "80B"});
             })
      .maybe(10, "kaslr", [&] { return dice.truth(); })
      .maybe(10, "acpi_hotplug_memory", [&] { return dice.truth(); })
      .maybe(20, "watermark_scale_factor", [&] { return dice.integer(1, 1000); })
      .maybe(20, "watermark_boost_factor", [&] { return dice.integer(0, 30000); })
      .maybe(10, "stat_interval", [&] { return dice.amount(100, 5000, "ms"); })
      .maybe(40, "lru_gen",
             [&] {
               return has_lru_gen ? dice.quoted({"default", "on", "off"}) : "\"default\"";
             })
      .maybe(30, "swappiness", [&] { return dice.integer(0, 200); })
      .maybe(30, "vfs_cache_pressure", [&] { return dice.integer(0, 1000); })
      .maybe(30, "swap", [&] { return dice.amount(0, 4096, "MiB"); })
      .maybe(20, "writeback_requests", [&] { return dice.integer(1, 300); })
      .maybe(20, "numa_demotion", [&] { return dice.truth(); })
      .maybe(20, "numa_balancing_tiering", [&] { return dice.truth(); });
}

/// In GiB, `size` in all.
void draw_requests(Dice& dice, std::int64_t size, Writer& device) {
  const bool blocks = dice.chance(70);
  if (dice.chance(15)) {
    device.line("requested_by", "\"agent\"")
        .line("free_below", dice.amount(64, 1024, "MiB"))
        .line("free_above", dice.amount(2048, 8192, "MiB"))
        .line("request_step", dice.amount(1, size, "GiB"));
  } else if (dice.chance(60)) {
    std::string list;
    std::int64_t at = 0;
    for (std::int64_t left = dice.number(1, 4); left > 0; --left) {
      const std::int64_t unit = blocks ? 1024 : 2;
      list += fmt::format("{}\"{}ms {}MiB\"", list.empty() ? "" : ", ", at,
                          unit * dice.number(0, size * 1024 / unit));
      at += dice.number(100, 3000);
    }
    device.line("requested", fmt::format("[{}]", list));
  }
  if (blocks)
    device.maybe(40, "device_block_size", [&] {
      return dice.quoted({"1MiB", "2MiB", "4MiB", "64MiB", "256MiB", "1GiB"});
    });
  device.maybe(15, "unplug_online", [&] { return dice.truth(); })
      .maybe(15, "force_bbm", [&] { return dice.truth(); })
      .maybe(10, "bbm_block_size", [&] {
        return dice.quoted({"0B", "512MiB", "1GiB", "2GiB"});
      });
}

bool is_one_of(const std::string& name, std::initializer_list<const char*> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string draw_size(Dice& dice, std::int64_t gib) {
  if (dice.chance(5)) return dice.amount(1, 3000, "MiB");
  return dice.chance(15) ? fmt::format("\"{}MiB\"", 128 * dice.number(1, 30))
                         : fmt::format("\"{}GiB\"", gib);
}

void draw_leaving(Dice& dice, Writer& device) {
  if (dice.chance(20))
    device.line("cycles", dice.integer(1, 3)).line("cycle_online", dice.quoted(kOnline));
  if (dice.chance(20))
    device.line("offline_blocks", dice.integer(1, 8)).line("offline_at", dice.amount(0, 4, "s"));
  if (dice.chance(45))
    device.line("unplug", "true")
        .line("unplug_after", dice.amount(0, 2000, "ms"))
        .maybe(30, "unplug_by",
               [&] {
                 return dice.quoted({"driver", "sysfs"});
               })
        .maybe(20, "offline_timeout", [&] { return dice.amount(1, 2000, "ms"); });
}

void draw_hotplug(Dice& dice, const Shape& shape, const std::string& configs, bool ends,
                  Draft& draft) {
  // Namespaces of device memory are simulated on x86-64 with the usual struct pages alone.
  const bool namespaces = shape.x86 && shape.struct_pages_of_64;
  const Adder adder = shape.ppc && dice.chance(80)
                          ? kPartition
                          : kAdders[dice.number(0, std::ssize(kAdders) - (namespaces ? 1 : 3))];
  const std::string name(adder.name);
  const bool virtio = name == "virtio_mem";
  const bool balloon = is_one_of(name, {"hv_balloon", "xen_balloon"});
  const bool device_memory = is_one_of(name, {"fsdax", "devdax"});
  const std::int64_t gib = dice.number(1, dice.chance(20) ? 64 : 8);
  Writer device(dice, draft.tables.emplace_back(DraftTable{"[[hotplug]]", {}}));
  device.line("node", dice.integer(0, shape.nodes - 1))
      .line("size", virtio ? fmt::format("\"{}GiB\"", gib) : draw_size(dice, gib))
      .line("device", file(configs + "/devices", adder.device))
      .line("adder", '"' + name + '"')
      .maybe(40, "at", [&] { return dice.amount(0, 3000, "ms"); })
      .maybe(20, "cpu_node", [&] { return dice.of(shape.with_cpus); });
  if (!device_memory)
    device.line("online", dice.quoted(kOnline))
        .line("online_by", virtio ? "\"kernel\"" : dice.quoted({"kernel", "sysfs", "udev"}))
        .maybe(10, "online_latency", [&] { return dice.amount(0, 20, "ms"); })
        .maybe(10, "online_delay", [&] { return dice.amount(0, 1000, "ms"); })
        .maybe(20, "touched", [&] { return dice.truth(); });
  if (virtio) draw_requests(dice, gib, device);
  if (device_memory)
    device.line("map", dice.quoted({"dev", "mem"})).maybe(50, "align", [&] {
      return dice.quoted({"4KiB", "2MiB", "1GiB"});
    });
  if (!virtio && dice.chance(30))
    device.line("count", dice.integer(2, 4)).line("every", dice.amount(0, 1500, "ms"));
  if (ends && !virtio && dice.chance(15))
    device.line("when", "\"free_below\"").line("free_below", dice.amount(16, 4096, "MiB"));
  if (!balloon && !device_memory) draw_leaving(dice, device);
  device.maybe(5, "start", [&] { return dice.amount(64, 4096, "GiB"); });
  device.maybe(5, "offset", [&] { return dice.quoted({"16MiB", "64MiB", "128MiB", "1GiB"}); });
}

}  // namespace

Draft draw(std::uint64_t seed, std::uint64_t number, const std::string& configs) {
  Dice dice(seed, number);
  Shape shape;
  shape.nodes = dice.chance(40) ? 1 : dice.number(2, dice.chance(10) ? 16 : 4);
  shape.x86 = dice.chance(80);
  shape.ppc = !shape.x86 && dice.chance(40);
  const bool cgroup = dice.chance(15);
  Draft draft;
  Writer run(dice, draft.tables.emplace_back());
  run.line("name", "\"random scenario\"")
      .line("doc", fmt::format("\"number {} of seed {}\"", number, seed))
      .line("seed", dice.integer(1, 1'000'000))
      .line("settle", dice.amount(0, 500, "ms"));
  const bool ends = dice.chance(85);
  if (ends) run.line("until", dice.amount(1, 8, "s"));
  run.line("costs", file(configs + "/costs", "xeon"));
  draw_machine(dice, shape, draft);
  draw_kernel(dice, shape, configs, draft);
  if (cgroup)
    Writer(dice, draft.tables.emplace_back(DraftTable{"[[cgroup]]", {}}))
        .line("name", "\"limited\"")
        .maybe(60, "memory_max", [&] { return dice.amount(32, 4096, "MiB"); })
        .maybe(30, "memory_high", [&] { return dice.amount(32, 2048, "MiB"); })
        .maybe(30, "memory_low", [&] { return dice.amount(0, 512, "MiB"); })
        .maybe(20, "memory_swap_max", [&] { return dice.amount(0, 512, "MiB"); });
  for (std::int64_t left = dice.chance(60) ? 1 : dice.number(1, 3); left > 0; --left)
    draw_hotplug(dice, shape, configs, ends, draft);
  const std::int64_t workloads = dice.chance(35) ? 0 : dice.number(1, dice.chance(30) ? 3 : 1);
  for (std::int64_t n = 1; n <= workloads; ++n)
    draft.tables.push_back(draw_workload(dice, shape.nodes, n, cgroup));
  return draft;
}

}  // namespace mhp::random
