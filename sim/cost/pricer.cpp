#include "sim/cost/pricer.hpp"

namespace mhp::cost {

namespace {

/// Misses in flight, in 1/1000.
std::int64_t in_flight(const PrimitiveCost& cost, const machine::CoreParams& core) {
  if (cost.access == "stream") return core.misses_in_flight_stream;
  if (cost.access == "stride") return core.misses_in_flight_stride;
  return 1000;
}

std::int64_t divided(std::int64_t n, std::int64_t by) { return (n + by / 2) / by; }

}  // namespace

Pricer::Pricer(const CostProfile& profile, const machine::Topology& topology, NodeId cpu_node)
    : topology_(topology), cpu_node_(cpu_node) {
  const machine::CoreParams& core = topology.core();
  for (std::size_t i = 0; i < kernel::kPrimitives; ++i) {
    const PrimitiveCost& cost = profile.primitives[i];
    units_[i] = {divided(cost.cpu.value * 1000, core.speed),
                 divided(cost.lines * 1'000'000'000, in_flight(cost, core)), cost.moved()};
  }
}

Price Pricer::price(kernel::Primitive primitive, std::int64_t count, NodeId memory) {
  const Unit& unit = units_[static_cast<std::size_t>(primitive)];
  const NodeId where = memory.valid() ? memory : cpu_node_;
  const std::int64_t latency = topology_.latency(cpu_node_, where).value;
  const std::int64_t stall_ps = divided(unit.lines_millionths * latency, 1000);
  const __int128 ps = static_cast<__int128>(count) * (unit.cpu_ps + stall_ps) + carry_ps_;
  carry_ps_ = static_cast<std::int64_t>(ps % 1000);
  const __int128 stalled = static_cast<__int128>(count) * stall_ps / 1000;
  return {SimTime{static_cast<std::int64_t>(ps / 1000)}, unit.moved * count, where,
          SimTime{static_cast<std::int64_t>(stalled)}};
}

}  // namespace mhp::cost
