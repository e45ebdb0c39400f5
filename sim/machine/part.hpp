#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/core/params.hpp"
#include "sim/core/types.hpp"

namespace mhp::machine {

/// A family of processors as its data sheets have it, of the usual top model: a file of
/// configs/machines/parts. What a machine populates differently, its sockets say.
struct PartParams {
  std::string name;
  std::string doc;
  std::int64_t cores = 0;
  std::int64_t threads = 1;
  std::int64_t clock = 0;  ///< MHz
  std::int64_t l1_misses = 0;
  std::int64_t l2_misses = 0;
  std::int64_t misses_in_flight_stream = 0;  ///< in 1/1000
  std::int64_t second_level_line = -1;       ///< in 1/1000 of a cycle
  SimTime latency{80};
  std::int64_t nodes = 1;
  std::int64_t channels = 0;
  std::string speed;
  std::int64_t efficiency = 750;  ///< in 1/1000
  std::int64_t links = 0;
  BytesPerSecond link_bandwidth{20'000'000'000};
  SimTime link_latency{60};
  BytesPerSecond die_bandwidth{40'000'000'000};
  SimTime die_latency{50};
  std::vector<std::string> cpuid;
};

/// A [[socket]] table of a machine: so many equal sockets, and what is in them. 0 and "": as the
/// processor's family has it.
struct SocketParams {
  std::int64_t count = 1;
  std::int64_t cores = 0;
  std::int64_t threads = 0;
  std::int64_t clock = 0;  ///< MHz
  std::int64_t nodes = 0;
  std::int64_t channels = 0;
  std::string speed;
  std::int64_t transfers = 0;  ///< in millions a second
  std::int64_t dimms = 0;
  Bytes dimm;
  Bytes memory;
  std::int64_t links = 0;
};

ParamSet<PartParams> part_params();
ParamSet<SocketParams> socket_params();

}  // namespace mhp::machine
