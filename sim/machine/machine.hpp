#pragma once

#include <string>
#include <vector>

#include "sim/core/params.hpp"
#include "sim/core/types.hpp"
#include "sim/core/value.hpp"
#include "sim/machine/description.hpp"

namespace mhp::machine {

/// A node as one buys it: memory installed at boot, processors, and what its memory controller can
/// do.
struct NodeParams {
  Bytes memory;
  std::int64_t cpus = 0;
  SimTime latency{80};
  BytesPerSecond bandwidth{100'000'000'000};
  std::int64_t service_variability = -1;  ///< in 1/1000; -1: the machine's
  Bytes access_unit{kLineBytes};          ///< what the medium reads and writes at once
  BytesPerSecond write_bandwidth;         ///< 0: as much as is read
  std::int64_t cores = 0;                 ///< read_machine: as many as processors, if not stated

  static constexpr std::int64_t kLineBytes = 64;
};

/// An interconnect between two nodes; traffic of both directions shares its bandwidth.
struct LinkParams {
  NodeId from;
  NodeId to;
  SimTime latency{55};
  BytesPerSecond bandwidth{50'000'000'000};
};

/// In what a core of the machine differs from the one that the prices are for, which the cost
/// profile describes.
struct CoreParams {
  std::int64_t speed = 1000;                 ///< in 1/1000
  std::int64_t misses_in_flight_stream = 0;  ///< in 1/1000; 0: the cost profile's
  std::int64_t misses_in_flight_stride = 0;  ///< in 1/1000; 0: the cost profile's
  std::int64_t misses_in_flight_locked = 0;  ///< in 1/1000; 0: as misses_in_flight_stream
  std::int64_t stream_start_misses = 0;      ///< in 1/1000
  std::int64_t clock = 0;                    ///< MHz; 0: that of the prices
  std::int64_t threads = 1;                  ///< hardware threads
  std::int64_t second_level_line = -1;       ///< in 1/1000 of a cycle; -1: the cost profile's
};

/// What holds for the machine as a whole.
struct MachineParams {
  std::string name;
  std::string doc;
  std::string architecture;
  bool pdpe1gb = true;
  bool hypervisor = false;
  Bytes host_page_size{2 * kMiB};
  bool la57 = true;
  std::int64_t physical_address_bits = 52;
  Bytes mmio_hole_start{2 * kGiB};
  std::int64_t service_variability = 4000;  ///< in 1/1000
};

/// A machine as a configuration file describes it.
struct Machine {
  MachineParams general;
  CoreParams core;
  std::vector<NodeParams> nodes;
  std::vector<LinkParams> links;
};

ParamSet<MachineParams> machine_params();
ParamSet<CoreParams> core_params();
ParamSet<NodeParams> node_params();
ParamSet<LinkParams> link_params();

/// Reads a [machine] table with its [[node]] and [[link]] arrays, which populate() has put in the
/// place of its sockets. All errors are appended to `errors`.
Machine read_machine(const Value& table, Diagnostics& errors, std::vector<ParamValue>* used);

}  // namespace mhp::machine
