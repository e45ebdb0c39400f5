// The buddy on a zone of 1 TiB: a mixed trace of orders, order 0 alone, onlining and offlining of
// blocks.
#include <benchmark/benchmark.h>

#include <vector>

#include "sim/core/random.hpp"
#include "sim/kernel/mm/buddy.hpp"

namespace {

using mhp::Pfn;
using mhp::PfnRange;
using mhp::kernel::Buddy;
using mhp::kernel::MigrateType;

constexpr std::int64_t kZonePages = std::int64_t{1} << 28;  // 1 TiB

void mixed_orders(benchmark::State& state) {
  Buddy buddy;
  buddy.append({Pfn{0}, Pfn{kZonePages}});
  // Drawn before the clock starts: which of the held blocks is exchanged, and for which order.
  constexpr std::size_t kHeld = 1 << 16;
  constexpr std::size_t kTrace = 1 << 16;
  mhp::Stream random(1, 0, "bench.buddy");
  std::vector<std::pair<std::uint32_t, std::uint8_t>> trace(kTrace);
  for (auto& [slot, order] : trace) {
    slot = static_cast<std::uint32_t>(random.uniform(0, kHeld - 1));
    const auto die = random.uniform(0, 99);
    order = static_cast<std::uint8_t>(die < 80 ? 0 : die < 90 ? 3 : die < 99 ? 9 : 10);
  }
  std::vector<std::pair<Pfn, int>> held(kHeld, {Pfn{0}, -1});
  std::size_t at = 0;
  for (auto _ : state) {
    const auto [slot, order] = trace[at++ & (kTrace - 1)];
    auto& [pfn, old] = held[slot];
    if (old >= 0) buddy.free(pfn, old);
    pfn = *buddy.allocate(order, MigrateType::movable);
    old = order;
  }
  state.SetItemsProcessed(2 * state.iterations());
}
BENCHMARK(mixed_orders);

void order_0_last_in_first_out(benchmark::State& state) {
  Buddy buddy;
  buddy.append({Pfn{0}, Pfn{kZonePages}});
  for (auto _ : state) {
    const Pfn p = *buddy.allocate(0, MigrateType::movable);
    buddy.free(p, 0);
  }
  state.SetItemsProcessed(2 * state.iterations());
}
BENCHMARK(order_0_last_in_first_out);

void online_and_offline_a_block(benchmark::State& state) {
  const std::int64_t pages = state.range(0);
  for (auto _ : state) {
    Buddy buddy;
    buddy.append({Pfn{pages}, Pfn{2 * pages}});
    buddy.take_range({Pfn{pages}, Pfn{2 * pages}});
    benchmark::DoNotOptimize(buddy.free_pages());
  }
}
BENCHMARK(online_and_offline_a_block)->Arg(32768)->Arg(524288);

}  // namespace
