#include "analysis/validation/host/memory_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/validation/host/kernels.hpp"
#include "sim/core/units.hpp"

namespace mhp::host {

namespace {

/// Calibration and experiments each have their memory.
constexpr std::int64_t kUses = 2;
/// Of what is free; the rest is the system's.
constexpr std::int64_t kLeastShare = 4;
/// A share of 1 would leave no bound at all; some lines come from memory whatever the cache.
constexpr double kMostCached = 0.9;
/// How much longer a random access may take in memory of twice the size, by address translation: a
/// guest on Zen 3 took 167, 190, 188, 231 and 298 ns in 16, 32, 64, 128 and 256 MiB.
constexpr double kFarther = 0.3;
/// Share from which it is worth a word.
constexpr double kTold = 0.25;

Bytes whole_mib(std::int64_t bytes) { return Bytes{round_down(bytes, 2 * kMiB)}; }

Bytes chosen(const HostNode& node, Bytes caches) {
  const Bytes useful = std::max(kUsualMemory, caches * kUsualCaches);
  return std::max(kLeastMemory, std::min(useful, whole_mib(node.free.value / kLeastShare)));
}

}  // namespace

Result<MemoryPlan> plan_memory(const HostNode& node, const Limits& limits) {
  const bool told = node.cache.value > 0;
  const Bytes caches = told ? node.cache : kUntoldCaches;
  MemoryPlan plan;
  plan.size = limits.memory.value_or(chosen(node, caches));
  if (plan.size * kUses > node.free)
    return fail({},
                fmt::format("{} to work in is too much: node {} has {} free",
                            format_bytes(plan.size), node.os_index, format_bytes(node.free)),
                fmt::format("it must be free twice; {} at the least", format_bytes(kLeastMemory)));
  plan.cached = std::min(kMostCached,
                         static_cast<double>(caches.value) / static_cast<double>(plan.size.value));
  plan.flushed = kCanFlush;
  const double halvings =
      std::log2(static_cast<double>(kUsualMemory.value) / static_cast<double>(plan.size.value));
  plan.farther = 1 + kFarther * std::max(0.0, halvings);
  const auto note = [&](const std::string& text) {
    plan.notes.push_back(fmt::format("node {}: {}", node.os_index, text));
  };
  if (!told) note(fmt::format("its caches are not told, taken for {}", format_bytes(caches)));
  if (plan.cached > kTold)
    note(
        fmt::format("{} to work in, {} of caches: they may hold {:.0f} % of what {}; "
                    "the ranges allow for it",
                    format_bytes(plan.size), format_bytes(caches), 100 * plan.cached,
                    plan.flushed ? "threads beside the timed one pass over" : "is passed over"));
  if (plan.farther > 1)
    note(fmt::format(
        "less than {} to work in: where addresses are farther apart, latency may be {:.0f} % "
        "more; its range allows for it",
        format_bytes(kUsualMemory), 100 * (plan.farther - 1)));
  return plan;
}

}  // namespace mhp::host
