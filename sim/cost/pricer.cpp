#include "sim/cost/pricer.hpp"

namespace mhp::cost {

Price Pricer::price(kernel::Primitive primitive, std::int64_t count, NodeId memory) {
  const PrimitiveCost& cost = profile_.of(primitive);
  const NodeId where = memory.valid() ? memory : cpu_node_;
  // 1/1000 of a latency in nanoseconds is a picosecond, so both terms are exact.
  const std::int64_t latency = topology_.latency(cpu_node_, where).value;
  const __int128 ps =
      static_cast<__int128>(count) * (cost.cpu.value + cost.stall_permille * latency) + carry_ps_;
  carry_ps_ = static_cast<std::int64_t>(ps % 1000);
  return {SimTime{static_cast<std::int64_t>(ps / 1000)}, cost.traffic * count, where};
}

}  // namespace mhp::cost
