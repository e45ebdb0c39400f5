#include "sim/run/kernel_threads.hpp"

#include <fmt/format.h>

#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::run {

namespace {

NodeId nearest_cpus(const kernel::Mm& mm, NodeId node) {
  NodeId best;
  for (std::size_t n = 0; n < mm.nodes(); ++n) {
    const NodeId other{static_cast<std::int32_t>(n)};
    if (mm.node(other).cpus > 0 &&
        (!best.valid() || mm.distance(node, other) < mm.distance(node, best)))
      best = other;
  }
  return best.valid() ? best : node;
}

Task<void> vmstat(engine::Engine& engine, Host& host, kernel::Mm& mm, SimTime interval) {
  for (;;) {
    kernel::note(host, kernel::TaskState::asleep);
    co_await engine.delay(interval);
    kernel::Receipt receipt = mm.receipt();
    mm.vmstat_update(receipt);
    co_await receipt.spend(host);
  }
}

}  // namespace

std::vector<std::unique_ptr<TimedHost>> start_kernel_threads(engine::Engine& engine, kernel::Mm& mm,
                                                             SimTime stat_interval,
                                                             const MakeHost& make) {
  std::vector<std::unique_ptr<TimedHost>> hosts;
  const auto host = [&](NodeId node, const std::string& name) -> TimedHost& {
    return *hosts.emplace_back(make(nearest_cpus(mm, node), name));
  };
  for (std::size_t n = 0; n < mm.nodes(); ++n) {
    const NodeId node{static_cast<std::int32_t>(n)};
    engine.spawn(mm.reclaim().kswapd(host(node, fmt::format("kswapd{}", n)), node));
    engine.spawn(
        mm.reclaim().compaction().kcompactd(host(node, fmt::format("kcompactd{}", n)), node));
  }
  engine.spawn(mm.reclaim().writeback().run(host(NodeId{0}, "writeback")));
  if (stat_interval > SimTime{})
    engine.spawn(vmstat(engine, host(NodeId{0}, "vmstat"), mm, stat_interval));
  return hosts;
}

}  // namespace mhp::run
