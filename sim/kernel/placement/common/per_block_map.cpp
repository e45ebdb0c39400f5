#include "sim/kernel/placement/common/per_block_map.hpp"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <optional>
#include <string_view>

#include "sim/kernel/placement/placement.hpp"

namespace mhp::kernel {

namespace {

constexpr const char* kForm = "write \"PLACEMENT*BLOCKS\", the last without a number of blocks";
constexpr std::int64_t kAll = std::numeric_limits<std::int64_t>::max();

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size() || n < 1) return std::nullopt;
  return n;
}

}  // namespace

Result<std::vector<PerBlockRun>> per_block_map(const KernelConfig& config, const Location& where) {
  if (config.memmap_per_block.empty()) {
    std::vector<PerBlockRun> runs;
    if (config.memmap_boot_blocks > 0) runs.push_back({"boot_memory", config.memmap_boot_blocks});
    runs.push_back({"hotplugged_range", kAll});
    return runs;
  }
  std::vector<PerBlockRun> runs;
  for (const std::string& text : config.memmap_per_block) {
    const bool last = &text == &config.memmap_per_block.back();
    const std::size_t star = text.find('*');
    PerBlockRun run{text.substr(0, star), kAll};
    if (star != std::string::npos) {
      const auto blocks = number_of(std::string_view(text).substr(star + 1));
      if (!blocks || last)
        return fail(where, fmt::format("'{}' is no run of memory blocks", text), kForm);
      run.blocks = *blocks;
    } else if (!last) {
      return fail(where, fmt::format("'{}' does not say of how many blocks", text), kForm);
    }
    const PlacementPolicy* policy = placements().find(run.placement);
    if (policy == nullptr || policy->depends_on_others)
      return fail(where, fmt::format("there is no placement '{}' for single blocks", run.placement),
                  policy == nullptr ? did_you_mean(run.placement, placements().names())
                                    : "its plan depends on other blocks");
    runs.push_back(std::move(run));
  }
  return runs;
}

}  // namespace mhp::kernel
