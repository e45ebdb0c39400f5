#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sim/core/diagnostic.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/arch/architecture.hpp"
#include "sim/kernel/config.hpp"
#include "sim/kernel/placement/common/memmap_parameter.hpp"

namespace mhp::validation {

/// A recorded session with a real kernel: the machine it ran on, the steps done and what the kernel
/// reported after each. The format is that of the captures in analysis/validation/captures (README
/// there); snapshots stay as JSON.
struct Capture {
  struct Step {
    std::string op;
    nlohmann::json args;      ///< the operation's words after its name
    nlohmann::json recorded;  ///< the whole record of the step
    const nlohmann::json* snapshot() const;
    /// The operation and its first word, for messages.
    std::string name() const;
  };
  std::string name;
  kernel::Architecture arch;
  kernel::Geometry geometry;  ///< that follows from it
  std::string kernel;  ///< series, for example "6.12", and the flavour, if it has one: "6.12c"
  /// The kernel panicked, and the recording ends there.
  bool panicked = false;
  /// The series without the flavour.
  std::string series() const;
  std::vector<Step> steps;

  /// A recorded sequence of single page allocations, which snapshots of another kind describe.
  bool allocator_sequence = false;
  std::vector<std::string> boot_log;  ///< messages of the boot, if they were kept
  /// Steps that were not the same in two recordings because of more than counters that lag.
  std::int64_t steps_that_differ = 0;

  kernel::MemmapOnMemory memmap_on_memory = kernel::MemmapOnMemory::off;
  std::string default_state = "offline";  ///< memhp_default_state
  kernel::OnlinePolicy online_policy = kernel::OnlinePolicy::contig_zones;
  std::int64_t auto_movable_ratio = 301;
  bool auto_movable_numa_aware = true;
  bool transparent_hugepage = true;
  bool kaslr = false;
  bool movable_node = false;
  kernel::Rodata rodata = kernel::Rodata::full;
  std::int64_t kfence_sample_interval = 0;
  bool la57 = true;
  bool gigabyte_pages = true;
  /// CPUs and boot memory of each node that the emulator was told of; one entry without NUMA
  /// options.
  struct Node {
    std::int64_t cpus = 0;
    bool boot_memory = false;
  };
  std::vector<Node> nodes;
  std::map<std::pair<int, int>, int> distance;

  /// Index of the step whose snapshot is called `boot`.
  std::optional<std::size_t> boot_step() const;
  /// The kernel's node for a proximity domain that the emulator was told (README: "Nodes under
  /// QEMU/ACPI").
  NodeId kernel_node(int proximity) const;
  /// Whether the firmware's affinity table has an entry for a proximity domain.
  bool described(int proximity) const;
  /// Number of nodes the kernel knows as possible.
  std::size_t possible_nodes() const;

 private:
  std::vector<int> described_nodes() const;
};

/// Reads a capture; a diagnostic with the file if it cannot be read or is not a capture.
Result<Capture> load_capture(const std::string& path);
/// The same for many: with the architectures that the model knows (config::load_architectures).
using Architectures = std::vector<kernel::Architecture>;
Result<Capture> load_capture(const std::string& path, const Architectures& architectures);

}  // namespace mhp::validation
