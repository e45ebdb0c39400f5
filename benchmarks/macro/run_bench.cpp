// Whole runs: the quickstart under both placements, and the cost of a block against the number of
// blocks.
#include <benchmark/benchmark.h>

#include <string>

#include "sim/config/scenario.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/study/run.hpp"

namespace {

void quickstart(benchmark::State& state) {
  const auto scenario =
      mhp::config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/quickstart.toml", {});
  if (!scenario) return state.SkipWithError("the scenario does not load");
  const char* placement = state.range(0) == 0 ? "boot_memory" : "hotplugged_range";
  std::int64_t events = 0;
  for (auto _ : state)
    events += mhp::study::run(*scenario, {.placement = placement}).engine.executed;
  state.SetItemsProcessed(events);
  state.SetLabel(placement);
}
BENCHMARK(quickstart)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

// Adds and onlines blocks of 128 MiB to a fresh node; the time of a block should not depend on how
// many there are.
void add_and_online(benchmark::State& state) {
  using namespace mhp;
  kernel::KernelConfig config;
  config.memmap_placement = "hotplugged_range";
  config.memory_block_size = Bytes{128 * kMiB};
  const kernel::KernelProfile profile;
  const machine::Description machine{.nodes = {{Bytes{64 * kGiB}, 64}, {Bytes{0}, 0}},
                                     .distance = {{10, 20}, {20, 10}}};
  const kernel::BootState boot = kernel::boot(machine, config);
  const std::int64_t blocks = state.range(0);
  const PfnRange range{pfn_of(Bytes{kTiB}), pfn_of(Bytes{kTiB + blocks * 128 * kMiB})};
  for (auto _ : state) {
    kernel::Mm mm(boot, config, profile);
    kernel::MemoryHotplug hotplug(mm, boot, config, profile);
    kernel::CountingHost host;
    if (kernel::CountingHost::run(hotplug.add(host, {NodeId{1}, range, NodeId{0}})).status !=
        kernel::Status::ok)
      return state.SkipWithError("the range does not fit");
    for (Pfn p = range.start; p < range.end; p += hotplug.block_pages())
      kernel::CountingHost::run(
          hotplug.online(host, hotplug.block_of(p), kernel::OnlineType::online_movable));
    benchmark::DoNotOptimize(mm.mem_total());
  }
  state.SetItemsProcessed(state.iterations() * blocks);
  state.SetComplexityN(blocks);
}
BENCHMARK(add_and_online)
    ->RangeMultiplier(8)
    ->Range(1024, 524288)
    ->Complexity()
    ->Unit(benchmark::kMillisecond);

}  // namespace
