#pragma once

#include <functional>
#include <optional>
#include <string>

#include "sim/core/diagnostic.hpp"
#include "sim/study/sweep/sweep.hpp"

namespace mhp::study {

/// A shard that the environment names.
struct FoundShard {
  Shard shard;
  std::string variables;         ///< that said so, for messages
  std::optional<unsigned> cpus;  ///< that the shard may use, if the environment says
};

/// The value of an environment variable; nothing if it is not set.
using Environment = std::function<std::optional<std::string>(const std::string&)>;

/// The shard of this process by what started it: a Slurm job array, the tasks of srun, mpirun (Open
/// MPI) or another launcher with PMI, or tasks within an array. Nothing if none of them did.
std::optional<FoundShard> shard_from(const Environment& environment);

/// "2/4": the second of four.
Result<Shard> parse_shard(const std::string& text);

}  // namespace mhp::study
