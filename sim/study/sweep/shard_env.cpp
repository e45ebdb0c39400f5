#include "sim/study/sweep/shard_env.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace mhp::study {

namespace {

/// Of --shard and of what the environment says alike.
constexpr std::uint64_t kMaxShards = 1'000'000;

std::optional<std::uint64_t> number(const std::string& text) {
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return n;
}

std::optional<std::uint64_t> number(const Environment& environment, const std::string& name) {
  const auto text = environment(name);
  return text ? number(*text) : std::nullopt;
}

struct Launcher {
  const char* rank;
  const char* size;
};

// mpirun first: inside a Slurm job its ranks also see the variables of the step that started them.
// SLURM_STEP_NUM_TASKS and not SLURM_NTASKS, which a batch script has too although it runs once.
constexpr std::array<Launcher, 3> kLaunchers{{{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
                                              {"PMI_RANK", "PMI_SIZE"},
                                              {"SLURM_PROCID", "SLURM_STEP_NUM_TASKS"}}};

}  // namespace

std::optional<FoundShard> shard_from(const Environment& environment) {
  FoundShard found;
  const auto array_id = number(environment, "SLURM_ARRAY_TASK_ID");
  const auto array_count = number(environment, "SLURM_ARRAY_TASK_COUNT");
  if (array_id && array_count && *array_count > 0 && *array_count <= kMaxShards) {
    const std::uint64_t least = number(environment, "SLURM_ARRAY_TASK_MIN").value_or(0);
    const std::uint64_t step = number(environment, "SLURM_ARRAY_TASK_STEP").value_or(1);
    if (step > 0 && *array_id >= least && (*array_id - least) / step < *array_count) {
      found.shard = {(*array_id - least) / step, *array_count};
      found.variables = "SLURM_ARRAY_TASK_ID";
    }
  }
  for (const Launcher& launcher : kLaunchers) {
    const auto rank = number(environment, launcher.rank);
    const auto size = number(environment, launcher.size);
    if (!rank || !size || *rank >= *size || *size > kMaxShards / found.shard.count) continue;
    found.shard = {found.shard.index * *size + *rank, found.shard.count * *size};
    found.variables += fmt::format("{}{}", found.variables.empty() ? "" : " and ", launcher.rank);
    break;
  }
  if (found.variables.empty()) return std::nullopt;
  if (const auto cpus = number(environment, "SLURM_CPUS_PER_TASK"); cpus && *cpus > 0)
    found.cpus = static_cast<unsigned>(std::min<std::uint64_t>(*cpus, 1024));
  return found;
}

Result<Shard> parse_shard(const std::string& text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto index = number(text.substr(0, slash)).value_or(0);
  const auto count = number(text.substr(std::min(slash + 1, text.size()))).value_or(0);
  if (index < 1 || index > count || count > kMaxShards)
    return fail({"--shard", 0, 0}, fmt::format("'{}' is no shard", text),
                "write I/N with I from 1 to N, as in 2/4");
  return Shard{index - 1, count};
}

}  // namespace mhp::study
