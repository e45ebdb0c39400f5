#include "sim/machine/memory_system.hpp"

#include <algorithm>

namespace mhp::machine {

namespace {

/// Time to move `amount` at `rate`, rounded up to whole nanoseconds.
SimTime service_time(Bytes amount, BytesPerSecond rate) {
  const __int128 nanoseconds = static_cast<__int128>(amount.value) * kSecond.value;
  return SimTime{static_cast<std::int64_t>((nanoseconds + rate.value - 1) / rate.value)};
}

}  // namespace

MemorySystem::MemorySystem(engine::Engine& engine, const Machine& machine, const Topology& topology)
    : machine_(machine), topology_(topology) {
  for (std::size_t i = 0; i < machine.nodes.size(); ++i)
    controllers_.push_back(std::make_unique<engine::FifoServer>(engine));
  for (std::size_t i = 0; i < machine.links.size(); ++i)
    links_.push_back(std::make_unique<engine::FifoServer>(engine));
}

SimTime MemorySystem::transfer(NodeId cpu, NodeId memory, Bytes amount) {
  SimTime done = controllers_[memory.index()]->submit(
      service_time(amount, machine_.nodes[memory.index()].bandwidth));
  for (const std::size_t link : topology_.route(cpu, memory))
    done =
        std::max(done, links_[link]->submit(service_time(amount, machine_.links[link].bandwidth)));
  return done;
}

}  // namespace mhp::machine
