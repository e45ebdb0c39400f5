#include "sim/cost/pricer.hpp"

#include <algorithm>

namespace mhp::cost {

namespace {

/// Misses in flight, in 1/1000.
std::int64_t in_flight(const PrimitiveCost& cost, const machine::CoreParams& core) {
  switch (cost.access) {
    case Access::stream:
      return core.misses_in_flight_stream;
    case Access::stride:
      return core.misses_in_flight_stride;
    case Access::dependent:
      break;
  }
  return 1000;
}

std::int64_t divided(std::int64_t n, std::int64_t by) { return (n + by / 2) / by; }

}  // namespace

Pricer::Pricer(const CostProfile& profile, const machine::Topology& topology, NodeId cpu_node)
    : profile_(profile), topology_(topology), cpu_node_(cpu_node) {
  for (std::size_t i = 0; i < kernel::kPrimitives; ++i) units_[i] = unit_of(profile.primitives[i]);
}

Pricer::Unit Pricer::unit_of(const PrimitiveCost& cost) const {
  const machine::CoreParams& core = topology_.core();
  return {divided(cost.cpu.value * 1000, core.speed),
          divided(cost.lines * 1'000'000'000, in_flight(cost, core)), cost.moved()};
}

Price Pricer::price(kernel::Pass pass, std::int64_t count, NodeId memory, std::int64_t starts) {
  Unit unit = units_[static_cast<std::size_t>(pass.first)];
  if (pass.with != 0) {
    PrimitiveCost sum = profile_.of(pass.first);
    for (std::size_t i = 0; i < kernel::kPrimitives; ++i) {
      if ((pass.with >> i & 1) == 0) continue;
      const PrimitiveCost& other = profile_.primitives[i];
      sum.cpu.value += other.cpu.value;
      if (other.lines > sum.lines) sum.access = other.access;
      sum.lines = std::max(sum.lines, other.lines);
      sum.writes = sum.writes || other.writes;
      sum.traffic += other.traffic;
    }
    unit = unit_of(sum);
  }
  return price_units(unit, count, memory, starts);
}

Price Pricer::price_units(const Unit& unit, std::int64_t count, NodeId memory,
                          std::int64_t starts) {
  const NodeId where = memory.valid() ? memory : cpu_node_;
  const std::int64_t latency = topology_.latency(cpu_node_, where).value;
  const std::int64_t unit_stall_ps = divided(unit.lines_millionths * latency, 1000);
  // A thousandth of a miss at a latency in ns is a latency in ps.
  const __int128 starting = static_cast<__int128>(starts) * topology_.core().stream_start_misses;
  const __int128 stall = static_cast<__int128>(count) * unit_stall_ps + starting * latency;
  const __int128 ps = static_cast<__int128>(count) * unit.cpu_ps + stall + carry_ps_;
  carry_ps_ = static_cast<std::int64_t>(ps % 1000);
  return {SimTime{static_cast<std::int64_t>(ps / 1000)}, unit.moved * count, where,
          SimTime{static_cast<std::int64_t>(stall / 1000)}};
}

}  // namespace mhp::cost
