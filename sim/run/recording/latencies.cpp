#include <algorithm>
#include <bit>
#include <limits>

#include "sim/core/histogram.hpp"
#include "sim/run/recording/recorder.hpp"

namespace mhp::run {

namespace {

/// Each power of two is cut into 2^3 bins; what is smaller has bins of its own.
constexpr int kBits = 3;

LatencyRecord::Bin bin_of(std::int64_t value) {
  if (value < (1 << kBits)) return {value, value + 1};
  const int shift = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(value))) - kBits - 1;
  const std::int64_t first = value >> shift << shift;
  const std::int64_t length = std::int64_t{1} << shift;
  constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();
  return {first, first > kLast - length ? kLast : first + length};
}

}  // namespace

// The buckets of a histogram are narrower than the bins, and none lies in two of them.
LatencyRecord latencies(const Workloads& workloads, const std::vector<std::string>& names) {
  LatencyRecord out;
  std::int64_t least = std::numeric_limits<std::int64_t>::max(), most = -1;
  for (const auto& w : workloads) {
    if (w->latency() == nullptr) continue;
    w->latency()->for_each([&](std::int64_t first, std::int64_t) {
      least = std::min(least, first);
      most = std::max(most, first);
    });
  }
  for (std::int64_t next = least; next <= most; next = out.bins.back().end)
    out.bins.push_back(bin_of(next));
  for (std::size_t i = 0; i < workloads.size(); ++i) {
    LatencyRecord::Of of{names[i], std::vector<std::int64_t>(out.bins.size()), {}, {}};
    if (const Histogram* h = workloads[i]->latency(); h != nullptr) {
      of.most = SimTime{h->max()};
      of.sum = SimTime{h->sum()};
      h->for_each([&](std::int64_t first, std::int64_t count) {
        const auto bin = std::upper_bound(
            out.bins.begin(), out.bins.end(), first,
            [](std::int64_t value, const LatencyRecord::Bin& b) { return value < b.end; });
        of.operations[static_cast<std::size_t>(bin - out.bins.begin())] += count;
      });
    }
    out.workloads.push_back(std::move(of));
  }
  return out;
}

}  // namespace mhp::run
