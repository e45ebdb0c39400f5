#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/kernel/mm/migrate_type.hpp"
#include "sim/kernel/mm/zone_type.hpp"

namespace mhp::observed {

/// A number that a machine says of itself, or does not.
template <class T>
using Said = std::optional<T>;

/// Numbers by name, as a text lists them, in its own units.
using Counters = std::map<std::string, std::int64_t, std::less<>>;

/// Free blocks by order. Where the kernel counts no further (">100000" in /proc/pagetypeinfo since
/// Linux 5.4), what it counted and no more.
using FreeBlocks = std::vector<std::int64_t>;

/// The migrate types whose lists and pageblocks /proc/pagetypeinfo shows, under its names.
enum class FreeType : std::uint8_t { unmovable, movable, reclaimable, highatomic, cma, isolate };
inline constexpr std::array<std::string_view, 6> kFreeTypes{"Unmovable",  "Movable", "Reclaimable",
                                                            "HighAtomic", "CMA",     "Isolate"};

/// The free lists of a zone that one CPU has (pagesets of /proc/zoneinfo).
struct PerCpuList {
  std::int64_t cpu = 0;
  std::int64_t count = 0;  ///< free pages
  std::int64_t high = 0;
  std::int64_t batch = 0;
};

/// A zone of a node; names are those of /proc/zoneinfo, sizes are pages.
struct Zone {
  NodeId node;
  kernel::ZoneType type = kernel::ZoneType::dma;
  Said<Pfn> start_pfn;
  Said<PageCount> spanned;
  Said<PageCount> present;
  Said<PageCount> managed;
  Said<PageCount> cma;
  Said<PageCount> free;
  Said<PageCount> boost;  ///< is in the watermarks as zoneinfo prints them
  Said<PageCount> min;
  Said<PageCount> low;
  Said<PageCount> high;
  std::vector<PageCount> protection;  ///< lowmem_reserve, in the order in which the node has zones
  std::vector<PerCpuList> pagesets;
  Said<PageCount> free_pcp;  ///< sum over the CPUs, where they are not listed one by one
  Counters stat;             ///< nr_free_pages, nr_zone_active_anon, ... in pages

  Said<FreeBlocks> free_blocks;  ///< /proc/buddyinfo
  std::map<FreeType, FreeBlocks> free_blocks_of;
  std::map<FreeType, std::int64_t> pageblocks;  ///< so many of a type
};

/// A node: CPUs, distances, and what its memory is known to be.
struct Node {
  NodeId id;
  Said<bool> online;
  std::vector<std::int64_t> cpus;  ///< their numbers; empty where `cpu_count` alone is known
  Said<std::int64_t> cpu_count;
  std::vector<std::pair<NodeId, int>> distance;  ///< to online nodes, SLIT units
  Said<Bytes> memory;                            ///< MemTotal of the node, or its size
  Said<Bytes> free;
  Counters meminfo;  ///< node/nodeN/meminfo, in kB
  Counters stat;     ///< per-node stats, in pages
  /// Page frames that belong to it, where known (boot messages, SRAT).
  std::vector<PfnRange> ranges;
  Said<int> memory_tier;

  /// What the memory is said to do for the nearest initiator (access0 of HMAT).
  Said<std::int64_t> read_latency_ns;
  Said<std::int64_t> write_latency_ns;
  Said<std::int64_t> read_bandwidth_mbs;  ///< MB/s, 10^6 bytes
  Said<std::int64_t> write_bandwidth_mbs;
  std::vector<NodeId> initiators;
};

/// A run of memory blocks that are alike.
struct Blocks {
  std::int64_t first = 0;  ///< number: address by size of a block
  std::int64_t last = 0;
  std::string state;        ///< "online", "offline", "going-offline"
  std::string valid_zones;  ///< as the file says: "DMA32", "Normal Movable", "none"; may be unknown
  Said<NodeId> node;
  Said<bool> removable;
  bool operator==(const Blocks&) const = default;
};

/// A pool of persistent huge pages of a node.
struct HugePages {
  Said<NodeId> node;  ///< of the machine if not said
  Bytes size;
  std::int64_t total = 0;
  Said<std::int64_t> free;
  Said<std::int64_t> surplus;
};

struct Swap {
  std::string kind;  ///< "partition", "file"; what it is called is left out
  Bytes size;
  Said<Bytes> used;
};

/// A word of the kernel's command line.
struct BootOption {
  std::string name;
  std::string value;  ///< empty without "="
};

/// Processors, as lscpu or /proc/cpuinfo tell.
struct Processors {
  Said<std::int64_t> count;
  std::string model;   ///< "model name"
  std::string vendor;  ///< "GenuineIntel"; of arm64 the implementer, "0x41"
  Said<std::int64_t> family;
  Said<std::int64_t> model_number;  ///< of arm64 the "CPU part"
  Said<std::int64_t> stepping;
  std::vector<std::string> flags;
  Said<std::int64_t> physical_address_bits;
  Said<std::int64_t> sockets;
  Said<std::int64_t> cores_per_socket;
  Said<std::int64_t> threads_per_core;
};

/// What was found, and where, or what is assumed, and why: one line of either list.
struct Remark {
  std::string what;   ///< "zones", "free blocks by migrate type"
  std::string where;  ///< "/proc/zoneinfo"; of what is assumed: why, and what instead
  bool operator==(const Remark&) const = default;
};

/// What a machine says of itself, as far as it was asked. Texts fill it in, one after the other, in
/// any order; what none of them says stays unsaid, and nothing is guessed here.
struct Observed {
  std::string architecture;  ///< "x86_64"; of the machine, as uname and lscpu print it
  Said<Bytes> page_size;
  std::string kernel_release;  ///< "6.12.117+deb12-amd64"
  std::vector<BootOption> cmdline;
  Processors processors;

  std::vector<Node> nodes;  ///< ascending
  std::vector<Zone> zones;  ///< by node, then type; of zones without pages too, where told
  Counters meminfo;         ///< /proc/meminfo, in kB (HugePages_*: pages)
  Counters vmstat;
  Counters sysctl;                   ///< "vm.min_free_kbytes", ...
  std::vector<PfnRange> system_ram;  ///< of /proc/iomem; empty where addresses are hidden

  Said<Bytes> block_size;  ///< of a memory block
  std::vector<Blocks> blocks;
  /// Parameters and switches by path below /sys,
  /// "module/memory_hotplug/parameters/memmap_on_memory", and what they say: "Y", of a choice the
  /// word in brackets.
  std::map<std::string, std::string, std::less<>> settings;
  std::vector<HugePages> huge_pages;
  std::vector<Swap> swaps;
  /// Nodes of ACPI's proximity domains, where SRAT told; otherwise that of the same number.
  std::map<std::int64_t, NodeId> domains;

  std::vector<Remark> found;
  std::vector<Remark> assumed;

  /// The zone, or node, made if it is not there yet; order is kept.
  Zone& zone(NodeId node, kernel::ZoneType type);
  Node& node(NodeId id);
  const Zone* find_zone(NodeId node, kernel::ZoneType type) const;
  const Node* find_node(NodeId id) const;
  /// The value of an option of the command line, the last if there are several.
  Said<std::string> boot_option(std::string_view name) const;
  Said<std::string> setting(std::string_view path) const;
};

}  // namespace mhp::observed
