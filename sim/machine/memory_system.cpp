#include "sim/machine/memory_system.hpp"

namespace mhp::machine {

// Resources are the nodes' controllers, then the links.
MemorySystem::MemorySystem(engine::Engine& engine, const Machine& machine, const Topology& topology)
    : topology_(topology),
      nodes_(machine.nodes.size()),
      routes_(nodes_ * nodes_, kNoRoute),
      network_(engine) {
  const std::int64_t usual = machine.general.service_variability;
  const auto add = [&](BytesPerSecond bandwidth, std::int64_t variability) {
    const double per_ns = static_cast<double>(bandwidth.value) / static_cast<double>(kSecond.value);
    return network_.add_resource({per_ns, true, static_cast<double>(variability) / 1000});
  };
  for (const NodeParams& node : machine.nodes)
    add(node.bandwidth, node.service_variability < 0 ? usual : node.service_variability);
  for (const LinkParams& link : machine.links) add(link.bandwidth, usual);
}

std::uint32_t MemorySystem::add_route(NodeId cpu, NodeId memory) {
  std::vector<std::uint32_t> resources{static_cast<std::uint32_t>(memory.value)};
  for (const std::size_t link : topology_.route(cpu, memory))
    resources.push_back(static_cast<std::uint32_t>(nodes_ + link));
  return routes_[cpu.index() * nodes_ + memory.index()] = network_.add_route(std::move(resources));
}

}  // namespace mhp::machine
