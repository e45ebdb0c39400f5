#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/core/types.hpp"

namespace mhp::machine {

/// The smallest page of any architecture: what a host without huge pages gives a guest.
inline constexpr Bytes kSmallestPage{4 * kKiB};

/// What the processors can do as far as memory hot-add is concerned.
struct CpuFeatures {
  bool pdpe1gb = true;      ///< 1 GiB leaves in the page tables (CPUID flag pdpe1gb)
  bool hypervisor = false;  ///< CPUID says that this is a guest
  bool la57 = true;  ///< five-level page tables (CPUID flag la57, and a kernel that uses them)
  std::int64_t physical_address_bits = 52;  ///< CPUID: address sizes, physical
  Bytes host_page_size{2 * kMiB};           ///< of a guest: by what its host backs its memory
};

/// One NUMA node as the kernel meets it at boot.
struct NodeDescription {
  Bytes memory;           ///< installed at boot; 0 for a node without memory
  std::int64_t cpus = 0;  ///< processors of the node; 0 for a CPU-less node
};

/// The plain description of a machine: what the kernel is told by firmware. No behaviour, no time.
struct Description {
  std::string name;
  CpuFeatures cpu;
  std::vector<NodeDescription> nodes;
  std::vector<std::vector<int>> distance;  ///< [from][to], SLIT units: 10 is local
  Bytes mmio_hole_start{2 * kGiB};  ///< memory below 4 GiB ends here; the rest continues at 4 GiB

  std::int64_t total_cpus() const {
    std::int64_t n = 0;
    for (const auto& node : nodes) n += node.cpus;
    return n;
  }
};

}  // namespace mhp::machine
