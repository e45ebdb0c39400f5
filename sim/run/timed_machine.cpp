#include "sim/run/timed_machine.hpp"

namespace mhp::run {

TimedMachine::TimedMachine(const machine::Machine& machine, const cost::CostProfile& prices,
                           Bytes struct_page)
    : costs(prices),
      struct_page_size(struct_page),
      topology(machine),
      memory(engine, machine, topology),
      vm_zone_stat(engine, machine, topology, NodeId{0},
                   SimTime{prices.of(kernel::Primitive::percpu_line).cpu.value / 1000}),
      locks(engine, prices.general) {
  locks.vm_zone_stat = &vm_zone_stat;
  for (const machine::NodeParams& node : machine.nodes)
    busy_threads.emplace_back(static_cast<std::size_t>(node.cores));
}

std::unique_ptr<TimedHost> TimedMachine::make_host(NodeId cpus, Ledger* ledger) {
  return std::make_unique<TimedHost>(engine, memory, locks, costs,
                                     cost::Pricer(costs, topology, cpus, struct_page_size), ledger);
}

std::vector<std::unique_ptr<TimedHost>> TimedMachine::make_hosts(NodeId cpus, std::int64_t count) {
  const cost::Pricer pricer(costs, topology, cpus, struct_page_size);
  std::vector<std::unique_ptr<TimedHost>> hosts;
  std::vector<std::int64_t>& cores = busy_threads[cpus.index()];
  for (std::int64_t i = 0; i < count; ++i) {
    hosts.push_back(std::make_unique<TimedHost>(engine, memory, locks, costs, pricer));
    if (!cores.empty()) hosts.back()->belongs_to(cores[static_cast<std::size_t>(i) % cores.size()]);
  }
  return hosts;
}

}  // namespace mhp::run
