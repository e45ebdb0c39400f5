// Growth: the time and the memory of adding and onlining against the number of blocks, up to 64 TiB
// in blocks of 128 MiB and 1 PiB in blocks of 2 GiB.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <fstream>
#include <string>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"

namespace {

using namespace mhp;

/// Makes this process's memory in use its peak.
void forget_peak_memory() { std::ofstream("/proc/self/clear_refs") << "5"; }

/// Peak memory of this process in bytes since forget_peak_memory (VmHWM).
std::int64_t peak_memory() {
  std::ifstream status("/proc/self/status");
  std::string word;
  std::int64_t kib = 0;
  while (status >> word)
    if (word == "VmHWM:") status >> kib;
  return kib * kKiB;
}

/// A fresh node gets range(0) blocks in one add; each is onlined to Movable, in ascending order.
void add_and_online(benchmark::State& state, const char* placement, Bytes block, Bytes boot) {
  kernel::KernelConfig config;
  config.memmap_placement = placement;
  config.memory_block_size = block;
  const kernel::KernelProfile profile;
  const machine::Description machine{.nodes = {{boot, 64}, {Bytes{0}, 0}},
                                     .distance = {{10, 20}, {20, 10}}};
  const kernel::BootState start = kernel::boot(machine, config);
  const std::int64_t blocks = state.range(0);
  const std::int64_t from = 4 * kTiB;
  const PfnRange range{pfn_of(Bytes{from}), pfn_of(Bytes{from + blocks * block.value})};
  forget_peak_memory();
  for (auto _ : state) {
    kernel::Mm mm(start, config, profile);
    kernel::MemoryHotplug hotplug(mm, start, config);
    kernel::CountingHost host;
    if (kernel::CountingHost::run(hotplug.add(host, {NodeId{1}, range, NodeId{0}})).status !=
        kernel::Status::ok)
      return state.SkipWithError("the range does not fit");
    for (Pfn p = range.start; p < range.end; p += hotplug.block_pages())
      kernel::CountingHost::run(
          hotplug.online(host, hotplug.block_of(p), kernel::OnlineType::online_movable));
    benchmark::DoNotOptimize(mm.mem_total());
  }
  using benchmark::Counter;
  state.counters["per_block"] =
      Counter(static_cast<double>(blocks), Counter::kIsIterationInvariantRate | Counter::kInvert);
  state.counters["peak_memory"] =
      Counter(static_cast<double>(peak_memory()), Counter::kDefaults, Counter::kIs1024);
  state.SetComplexityN(blocks);
}

void sizes(benchmark::internal::Benchmark* b) {
  b->RangeMultiplier(8)
      ->Range(1024, 524288)
      ->Complexity(benchmark::oAuto)
      ->Unit(benchmark::kMillisecond);
}
BENCHMARK_CAPTURE(add_and_online, range_128MiB, "hotplugged_range", Bytes{128 * kMiB},
                  Bytes{64 * kGiB})
    ->Apply(sizes);
BENCHMARK_CAPTURE(add_and_online, boot_128MiB, "boot_memory", Bytes{128 * kMiB}, Bytes{2 * kTiB})
    ->Apply(sizes);
BENCHMARK_CAPTURE(add_and_online, range_2GiB, "hotplugged_range", Bytes{2 * kGiB}, Bytes{64 * kGiB})
    ->Apply(sizes);

}  // namespace
