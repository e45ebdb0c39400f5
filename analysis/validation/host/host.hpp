#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/core/diagnostic.hpp"
#include "sim/core/types.hpp"

struct hwloc_topology;

namespace mhp::host {

/// A NUMA node of the machine at hand that has processors and memory which this process may use.
struct HostNode {
  unsigned os_index = 0;
  Bytes memory;
  Bytes cache;                  ///< all data caches of its processors, together; 0: not told
  std::int64_t cpus = 0;        ///< processors
  std::vector<unsigned> cores;  ///< one processor of each core, as the system numbers them
  Bytes free = memory;          ///< of its memory what this process can have
};

/// What /proc/cpuinfo says of the processors.
struct CpuFlags {
  std::string model = "unknown processor";
  bool hypervisor = false;
  bool pdpe1gb = false;
  bool la57 = false;
  std::int64_t physical_address_bits = 52;
  std::string family = {};  ///< "GenuineIntel family 6 model 106 stepping 6", as far as it is told
};

/// The text of a cpuinfo file; what it does not say keeps its default.
CpuFlags parse_cpuinfo(const std::string& text);

/// The machine that this process runs on: its nodes, and ways to bind threads and memory to them.
/// A container may be allowed neither: the calls then return false and change nothing.
class Host {
 public:
  /// Reads the topology (hwloc) and /proc/cpuinfo. `free`: what is said to be free, instead of what
  /// the system says. hwloc's environment variables (HWLOC_SYNTHETIC, HWLOC_XMLFILE) put another
  /// topology in place of the machine's; nothing is bound then.
  static Result<Host> here(std::optional<Bytes> free = std::nullopt);

  const CpuFlags& cpu() const { return cpu_; }
  /// In the order of the system's numbers; never empty.
  const std::vector<HostNode>& nodes() const { return nodes_; }
  /// Nodes that have no processors or no memory for this process, and are left out.
  std::size_t left_out() const { return left_out_; }
  /// Whether the topology is this machine's.
  bool is_this_system() const;

  /// Lets the calling thread run on one processor only.
  bool pin(unsigned cpu) const;
  /// Lets the calling thread run on any processor of the process again.
  void unpin() const;
  /// Has memory that was not touched yet come from one node only.
  bool bind(void* start, std::size_t bytes, const HostNode& node) const;

 private:
  struct Destroy {
    void operator()(hwloc_topology* t) const;
  };
  Host() = default;

  std::unique_ptr<hwloc_topology, Destroy> topology_;
  CpuFlags cpu_;
  std::vector<HostNode> nodes_;
  std::size_t left_out_ = 0;
};

}  // namespace mhp::host
