#include <fmt/format.h>

#include <algorithm>

#include "sim/run/recording/recorder.hpp"

namespace mhp::run {

namespace {

/// Names of links are those of their nodes; of several between the same two, the second is .1.
std::string link_name(const std::vector<machine::LinkParams>& links, std::size_t link) {
  const NodeId from = links[link].from, to = links[link].to;
  const auto before =
      std::count_if(links.begin(), links.begin() + static_cast<std::ptrdiff_t>(link),
                    [&](const machine::LinkParams& l) { return l.from == from && l.to == to; });
  std::string name = fmt::format("link{}-{}", from.value, to.value);
  if (before > 0) name += fmt::format(".{}", before);
  return name;
}

}  // namespace

// What the kernel has asked for is counted when it asks, and so may run ahead of what has moved.
std::vector<TrafficRecord> traffic_of(const System& system) {
  const machine::Machine& machine = system.scenario.machine;
  const std::size_t nodes = machine.nodes.size();
  std::vector<TrafficRecord> out;
  for (std::size_t n = 0; n < nodes; ++n) {
    const NodeId node{static_cast<std::int32_t>(n)};
    out.push_back(
        {fmt::format("node{}", n), false, node, node, machine.nodes[n].bandwidth, 0, 0, {}});
  }
  for (std::size_t l = 0; l < machine.links.size(); ++l)
    out.push_back({link_name(machine.links, l),
                   true,
                   machine.links[l].from,
                   machine.links[l].to,
                   machine.links[l].bandwidth,
                   0,
                   0,
                   {}});
  const SimTime now = system.engine.now();
  if (const auto& asked = system.locks.kernel_traffic)
    for (std::size_t way = 0; way < asked->size(); ++way) {
      const NodeId cpu{static_cast<std::int32_t>(way / nodes)};
      const NodeId memory{static_cast<std::int32_t>(way % nodes)};
      out[memory.index()].by_kernel += (*asked)[way];
      for (const std::size_t link : system.topology.route(cpu, memory))
        out[nodes + link].by_kernel += (*asked)[way];
    }
  for (std::size_t r = 0; r < out.size(); ++r) {
    out[r].moved = system.memory.moved(r, now);
    out[r].by_kernel = std::min(out[r].by_kernel, out[r].moved);
  }
  return out;
}

}  // namespace mhp::run
