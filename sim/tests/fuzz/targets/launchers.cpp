// What Slurm, MPI launchers and --shard say of the part of a study that a process has.
#include <map>

#include "sim/study/sweep/shard_env.hpp"
#include "sim/study/sweep/sweep.hpp"
#include "sim/tests/fuzz/target.hpp"
#include "sim/tests/fuzz/tools.hpp"

namespace mhp::fuzz {

namespace launchers_target {
namespace {

void in_bounds(const study::Shard& shard) {
  MHP_INVARIANT(shard.count >= 1 && shard.index < shard.count && shard.count <= 1'000'000,
                "{} of {}", shard.index, shard.count);
}

/// Lines NAME=VALUE; each also as a --shard.
void read(const std::string& text) {
  std::map<std::string, std::string> variables;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    const std::size_t equal = std::min(line.find('='), line.size());
    variables[line.substr(0, equal)] = line.substr(std::min(equal + 1, line.size()));
    if (const auto shard = study::parse_shard(line); checked(shard)) in_bounds(*shard);
    at = end + 1;
  }
  const auto found = study::shard_from([&](const std::string& name) {
    const auto at = variables.find(name);
    return at == variables.end() ? std::nullopt : std::optional(at->second);
  });
  if (!found) return;
  in_bounds(found->shard);
  MHP_INVARIANT(!found->cpus || (*found->cpus >= 1 && *found->cpus <= 1024), "{} CPUs",
                found->cpus.value_or(0));
}

std::vector<std::string> written() {
  return {
      "SLURM_ARRAY_TASK_ID=3\nSLURM_ARRAY_TASK_COUNT=4\nSLURM_ARRAY_TASK_MIN=1\n"
      "SLURM_ARRAY_TASK_STEP=2\nSLURM_CPUS_PER_TASK=8\n",
      "SLURM_PROCID=0\nSLURM_STEP_NUM_TASKS=4294967296\nSLURM_ARRAY_TASK_ID=0\n"
      "SLURM_ARRAY_TASK_COUNT=4294967296\n",
      "OMPI_COMM_WORLD_RANK=1\nOMPI_COMM_WORLD_SIZE=2\nPMI_RANK=1\nPMI_SIZE=2\n", "2/4\n1/1\n"};
}

}  // namespace
}  // namespace launchers_target

void register_fuzz_target_launchers(TargetRegistry& registry) {
  registry.add({"launchers", "variables of Slurm and MPI, and --shard", launchers_target::written,
                launchers_target::read, 20'000});
}

}  // namespace mhp::fuzz
