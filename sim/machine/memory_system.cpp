#include "sim/machine/memory_system.hpp"

namespace mhp::machine {

// Resources are the nodes' controllers, then the links; routes go by processor and memory.
MemorySystem::MemorySystem(engine::Engine& engine, const Machine& machine, const Topology& topology)
    : nodes_(machine.nodes.size()), network_(engine) {
  const std::int64_t usual = machine.general.service_variability;
  const auto add = [&](BytesPerSecond bandwidth, std::int64_t variability) {
    const double per_ns = static_cast<double>(bandwidth.value) / static_cast<double>(kSecond.value);
    return network_.add_resource({per_ns, true, static_cast<double>(variability) / 1000});
  };
  for (const NodeParams& node : machine.nodes)
    add(node.bandwidth, node.service_variability < 0 ? usual : node.service_variability);
  const auto first_link = static_cast<std::uint32_t>(nodes_);
  for (const LinkParams& link : machine.links) add(link.bandwidth, usual);
  for (std::size_t cpu = 0; cpu < nodes_; ++cpu) {
    for (std::size_t memory = 0; memory < nodes_; ++memory) {
      std::vector<std::uint32_t> resources{static_cast<std::uint32_t>(memory)};
      for (const std::size_t link : topology.route(NodeId{static_cast<std::int32_t>(cpu)},
                                                   NodeId{static_cast<std::int32_t>(memory)}))
        resources.push_back(first_link + static_cast<std::uint32_t>(link));
      network_.add_route(std::move(resources));
    }
  }
}

}  // namespace mhp::machine
